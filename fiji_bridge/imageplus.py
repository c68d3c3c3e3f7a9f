"""Images to ImageJ and back, preserving axes, pixel type, pixel size, frame interval and channel colours.

For code in a process with a running Java: the child of `fiji_bridge.session`, Fiji's Python mode, a notebook. Each
plane is copied once, into an ordinary stack in Java's memory; nothing is a view of Java's memory, and no stack is
virtual (the plugin reads single voxels, which a virtual stack cannot provide).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.axes import DIMS, in_order
from cpretrain.images.metadata import Calibration
from cpretrain.runtime.spelling import option

_TYPES: dict[int, np.dtype] = {
    0: np.dtype(np.uint8),
    1: np.dtype(np.uint16),
    2: np.dtype(np.float32),
    3: np.dtype(np.uint8),
}
_RGB = 4


def check_dtype(dtype: np.dtype, name: str = "the image") -> None:
    """Refuse pixel types that ImageJ does not have.

    Raises
    ------
    BadInput
        When it is not uint8, uint16 or float32: ImageJ would take others for 32-bit floats, and bool for 8 bit.
    """
    if np.dtype(dtype).newbyteorder("=") not in _TYPES.values():
        raise BadInput(
            f"{name}: pixels of type {np.dtype(dtype)} would be changed by Fiji",
            expected="uint8, uint16 or float32",
            cure=f"save it as 8-bit, 16-bit or 32-bit in Fiji (Image > Type), or use {option('engine', 'native')}",
        )


def to_imageplus(
    image: xr.DataArray,
    calibration: Calibration | None = None,
    *,
    title: str = "movie",
    colours: NDArray[np.uint8] | None = None,
) -> Any:
    """Convert an image to an ImageJ hyperstack.

    Parameters
    ----------
    image : xarray.DataArray
        uint8, uint16 or float32, with named axes in any order; it may be memory-mapped.
    calibration : Calibration, optional
        Pixel size and frame interval (default: those in the image's ``attrs``, as written by `from_imageplus`, else
        one pixel, no interval).
    title : str
        Title of the hyperstack.
    colours : ndarray of uint8, shape (C, 3, 256), optional
        Red, green and blue for the 256 levels of each channel (default: those in the image's ``attrs``, else
        ImageJ's).

    Returns
    -------
    ij.ImagePlus

    Raises
    ------
    BadInput
        When it has another pixel type, or axes that are not understood.
    """
    check_dtype(image.dtype, title)
    ordered = in_order(image)
    t, z, c, y, x = ordered.shape
    stack = _java("ij.ImageStack")(x, y)
    for plane in _planes(ordered.data):
        stack.addSlice("", _java_array(plane))
    result = _java("ij.ImagePlus")(title, stack)
    result.setDimensions(c, z, t)
    result.setOpenAsHyperStack(t * z * c > 1)
    if colours is None and "colours" in image.attrs:
        colours = np.array(image.attrs["colours"], np.uint8)
    if c > 1 or colours is not None:
        result = _in_colours(result, c, colours)
    _calibrate(result, calibration or _calibration_in(image.attrs))
    return result


def from_imageplus(image: Any) -> xr.DataArray:
    """Copy an ImageJ image to a labelled array.

    Parameters
    ----------
    image : ij.ImagePlus
        An image of 8, 16 or 32 bits, possibly a virtual stack.

    Returns
    -------
    xarray.DataArray
        All five axes t, z, c, y, x, with coordinates in the unit of length and in seconds. Its ``attrs`` hold plain
        values, which can be passed to Java (``ij.py.to_java``) and written to files: ``pixel_size`` (z, y, x),
        ``unit``, ``frame_interval`` (seconds), and if the image has channels, ``colours`` (lists of shape
        (C, 3, 256)).

    Raises
    ------
    BadInput
        When it is an RGB image.
    """
    dtype, shape = described(image)
    pixels = np.empty(shape, dtype)
    for into, plane in zip(_planes(pixels), planes_of(image), strict=True):
        into[:] = plane
    calibration = calibration_of(image)
    attrs: dict[str, Any] = calibration.as_attrs()
    if image.isComposite():
        attrs["colours"] = colours_of(image).tolist()
    return xr.DataArray(pixels, dims=DIMS, coords=_coordinates(shape, calibration), attrs=attrs)


def described(image: Any) -> tuple[np.dtype, tuple[int, int, int, int, int]]:
    """Return pixel type and lengths in t, z, c, y, x of an ``ij.ImagePlus``.

    Raises
    ------
    BadInput
        When it is an RGB image.
    """
    kind = int(image.getType())
    if kind == _RGB:
        raise BadInput(
            f"{image.getTitle()}: an RGB image",
            expected="grey values in channels",
            cure="in Fiji: Image > Type > RGB Stack, or Image > Color > Split Channels",
        )
    x, y, c, z, t = (int(length) for length in image.getDimensions())
    return _TYPES[kind], (t, z, c, y, x)


def planes_of(image: Any) -> Iterator[NDArray[Any]]:
    """Yield copies of the planes of an ``ij.ImagePlus`` in the order of t, z, c; each has shape (Y, X)."""
    dtype, (frames, planes, channels, y, x) = described(image)
    stack = image.getStack()
    for t in range(frames):
        for z in range(planes):
            for c in range(channels):
                values = stack.getProcessor(image.getStackIndex(c + 1, z + 1, t + 1)).getPixels()
                yield np.array(memoryview(values)).view(dtype).reshape(y, x)


def calibration_of(image: Any) -> Calibration:
    """Return pixel size and frame interval of an ``ij.ImagePlus``."""
    facts = image.getCalibration()
    size = (float(facts.pixelDepth), float(facts.pixelHeight), float(facts.pixelWidth))
    unit = str(facts.getUnit())
    seconds = {"msec": 1e-3, "ms": 1e-3, "min": 60.0, "h": 3600.0, "hour": 3600.0, "hours": 3600.0}
    interval = float(facts.frameInterval) * seconds.get(str(facts.getTimeUnit()), 1.0)
    return Calibration(size, "µm" if unit in ("um", "micron", "microns") else unit, interval)


def colours_of(image: Any) -> NDArray[np.uint8]:
    """Return the channel colours of an ``ij.ImagePlus``, ndarray of uint8, shape (C, 3, 256)."""
    tables = []
    for table in image.getLuts():
        parts = _java_bytes(256), _java_bytes(256), _java_bytes(256)
        table.getReds(parts[0])
        table.getGreens(parts[1])
        table.getBlues(parts[2])
        tables.append([np.array(memoryview(part)).view(np.uint8) for part in parts])
    return np.array(tables)


def _coordinates(shape: tuple[int, ...], calibration: Calibration) -> dict[str, NDArray[np.float64]]:
    """Return coordinates of frames, planes and pixels; none for an axis of length 1 or without a stated step."""
    steps = dict(zip("tzyx", (calibration.frame_interval, *calibration.pixel_size), strict=True))
    lengths = dict(zip(DIMS, shape, strict=True))
    return {
        dim: np.arange(lengths[dim]) * np.float64(step)
        for dim, step in steps.items()
        if lengths[dim] > 1 and step > 0
    }


def _calibration_in(attrs: Mapping[Any, Any]) -> Calibration:
    known = {name: attrs[name] for name in ("pixel_size", "unit", "frame_interval") if name in attrs}
    if "pixel_size" in known:
        known["pixel_size"] = tuple(known["pixel_size"])
    return Calibration(**known)


def _planes(pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the planes as views in the order of t, z, c, that of an ImageJ stack."""
    t, z, c, _, _ = pixels.shape
    for index in np.ndindex(t, z, c):
        yield pixels[index]


def _java(name: str) -> Any:
    import scyjava

    return scyjava.jimport(name)


def _java_array(plane: NDArray[Any]) -> Any:
    """Copy a plane into a Java array of the signed type with the same width, as ImageJ stores it."""
    import jpype

    native = plane.astype(plane.dtype.newbyteorder("="), copy=False)
    signed = {1: (np.int8, jpype.JByte), 2: (np.int16, jpype.JShort), 4: (np.float32, jpype.JFloat)}
    of_numpy, of_java = signed[native.dtype.itemsize]
    values = jpype.JArray(of_java)(native.size)
    values[:] = np.ascontiguousarray(native).view(of_numpy).ravel()
    return values


def _java_bytes(length: int) -> Any:
    import jpype

    return jpype.JArray(jpype.JByte)(length)


def _calibrate(image: Any, calibration: Calibration) -> None:
    facts = image.getCalibration()
    facts.pixelDepth, facts.pixelHeight, facts.pixelWidth = calibration.pixel_size
    facts.setUnit(calibration.unit)
    facts.frameInterval = calibration.frame_interval
    facts.setTimeUnit("sec")


def _in_colours(image: Any, channels: int, colours: NDArray[np.uint8] | None) -> Any:
    composite = _java("ij.CompositeImage")(image, _java("ij.CompositeImage").COMPOSITE)
    if colours is not None:
        for channel in range(channels):
            parts = [_java_array(part) for part in colours[channel]]
            composite.setChannelLut(_java("ij.process.LUT")(*parts), channel + 1)
    return composite
