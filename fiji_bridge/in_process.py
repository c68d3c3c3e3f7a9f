"""Run the plugin in a Fiji inside this very process: Fiji's Python mode, or PyImageJ in a notebook.

Nothing is started here, and open images stay open. For many movies, or where a crash must not end this process, use
`fiji_bridge.FijiSession`.
"""

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.registration.checks import beyond_plugin, check_drift_settings
from cpretrain.runtime.spelling import command, option
from cpretrain.settings.drift import DriftSettings
from fiji_bridge.errors import FijiError

if TYPE_CHECKING:
    import xarray as xr


def correct_drift(image: Any, settings: DriftSettings | None = None) -> "xr.DataArray":
    """Correct the drift of an image in the running Fiji with "Correct 3D drift".

    Parameters
    ----------
    image : ij.ImagePlus
        An image of 8, 16 or 32 bits; its pixels are not changed. The drift is measured inside the selection drawn on
        it, unless the settings name another box, which is then drawn on it. If the settings name its axes
        (``axes="TYX"``), its planes are renamed in Fiji too.
    settings : DriftSettings, optional
        Options of the plugin.

    Returns
    -------
    xarray.DataArray
        A copy of the corrected movie, with axes t, z, c, y, x, and ``pixel_size``, ``unit``, ``frame_interval`` and
        ``colours`` in ``attrs``; the corrected movie itself stays open in Fiji as "registered time points".
        ``ij.py.to_java`` converts the copy back.

    Raises
    ------
    BadInput
        When there is no image, or the settings do not fit it.
    FijiError
        When the plugin produced no corrected movie.
    """
    from fiji_bridge.child import plugin
    from fiji_bridge.imageplus import from_imageplus

    if image is None:
        raise BadInput("No image is open in Fiji", cure="open a time-lapse, or pass one as an ij.ImagePlus")
    settings = (settings or DriftSettings()).replace(engine="fiji")
    planes = _checked(image, settings)
    if settings.roi is not None:
        image.setRoi(*settings.roi)
    before = {int(each.getID()) for each in plugin.opened()}
    plugin.run_on(image, plugin.COMMAND, _options(settings, planes))
    new = [each for each in plugin.opened() if int(each.getID()) not in before]
    made = [each for each in new if str(each.getTitle()) == plugin.RESULT]
    if not made:
        raise FijiError(
            f'"{plugin.COMMAND}" made no corrected movie', cure="see what it printed to Fiji's console"
        )
    return from_imageplus(made[-1])


def _options(settings: DriftSettings, planes: int) -> str:
    from fiji_bridge.macro_options import macro_options

    return macro_options(settings, planes)


def _checked(image: Any, settings: DriftSettings) -> int:
    """Check settings and image, name the image's axes as in the settings, and count its z planes."""
    from cpretrain.images.timelapse import ArrayFrames
    from fiji_bridge.imageplus import described

    beyond = [option(name) for name in beyond_plugin(settings)]
    if beyond:
        raise BadInput(
            f"{', '.join(beyond)}: the plugin has no such option",
            cure=f"leave out {' and '.join(beyond)}, or use {command('drift', engine='native')}",
        )
    if settings.axes is not None:
        _name_axes(image, settings.axes)
    dtype, shape = described(image)
    check_drift_settings(ArrayFrames(np.broadcast_to(np.zeros((), dtype), shape)), settings)
    return shape[1]


def _name_axes(image: Any, axes: str) -> None:
    """Make the planes of a stack frames, z planes or channels, according to `axes`."""
    from fiji_bridge.imageplus import described

    lengths = [length for length in described(image)[1][:3] if length > 1]
    named = axes.upper().removesuffix("YX")
    if len(named) != len(lengths) or not re.fullmatch("T?Z?C?YX", axes.upper()):
        raise BadInput(
            f"{image.getTitle()}: {option('axes', axes)} does not fit this image",
            found=" × ".join(map(str, lengths)) + " planes",
            expected="letters from TZCYX in this order, one for each of these lengths, then YX",
        )
    found = dict(zip(named, lengths, strict=True))
    image.setDimensions(*(found.get(letter, 1) for letter in "CZT"))
    image.setOpenAsHyperStack(True)
