"""Names of axes: letters of TZCYX for files, and t, z, c, y, x for labelled arrays."""

from pathlib import Path
from typing import TYPE_CHECKING

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option

if TYPE_CHECKING:
    import xarray as xr

AXES = "TZCYX"
DIMS = ("t", "z", "c", "y", "x")
_SAME_AS = {"I": "T", "Q": "T", "S": "C"}  # tifffile's names for an unnamed sequence, and for samples
_NAMES = {
    "t": "t", "time": "t", "frame": "t",
    "z": "z", "pln": "z", "plane": "z", "slice": "z",
    "c": "c", "ch": "c", "channel": "c",
    "y": "y", "row": "y",
    "x": "x", "col": "x",
}  # fmt: skip


def named_axes(path: Path, stated: str, shape: tuple[int, ...], wanted: str | None) -> str:
    """Name the axes of a file, as stated in it or by the user.

    Parameters
    ----------
    path : pathlib.Path
        The file, for errors.
    stated : str
        Axes as the file states them, in tifffile's letters.
    shape : tuple of int
        Lengths of the axes.
    wanted : str or None
        Axes as the user states them; they override the file's.

    Returns
    -------
    str
        A letter of TZCYX per axis.

    Raises
    ------
    BadInput
        When the axes do not fit the file, or are not understood.
    """
    if wanted is None:
        named = "".join(_SAME_AS.get(axis, axis) for axis in stated)
    else:
        named = wanted.upper()
        if len(named) != len(shape):
            raise BadInput(
                f"{path}: {option('axes', wanted)} names {len(named)} axes",
                found=f"{len(shape)} axes, {stated} of lengths {shape}",
                expected="one letter for each axis of the file",
            )
    if len(set(named)) != len(named) or not set(named) <= set(AXES) or not {"Y", "X"} <= set(named):
        raise BadInput(
            f"{path}: axes {named} are not understood",
            found=f"{stated} of lengths {shape}",
            expected="letters from TZCYX, each at most once, including Y and X",
            cure=f"name them with {option('axes')}, for example {option('axes', 'TYX')}",
        )
    return named


def in_order(image: "xr.DataArray") -> "xr.DataArray":
    """Transpose an image with named axes to the order t, z, c, y, x; missing axes get length 1.

    Axes may be called ``t``, ``z``, ``c``, ``y``, ``x`` or, as in PyImageJ, ``t``, ``pln``, ``ch``, ``row``, ``col``.

    Raises
    ------
    BadInput
        When an axis has another name: a wrong guess would turn frames into channels.
    """
    names = {dim: _NAMES.get(str(dim).lower()) for dim in image.dims}
    known = [name for name in names.values() if name]
    if len(set(known)) < image.ndim or not {"y", "x"} <= set(known):
        raise BadInput(
            "the axes of the image are not understood",
            found=", ".join(map(str, image.dims)),
            expected="names from t, z, c, y, x, each at most once, including y and x",
            cure="name them: xarray.DataArray(pixels, dims=('t', 'y', 'x'))",
        )
    named = image.rename(names)
    return named.expand_dims([dim for dim in DIMS if dim not in named.dims]).transpose(*DIMS)
