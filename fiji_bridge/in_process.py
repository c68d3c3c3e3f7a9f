"""The plugin in the Fiji that runs in this very process: Fiji's Python mode, or PyImageJ in a notebook.

Nothing is started here, and what is open stays open. For many movies, or where a crash must not take this process
with it, use `fiji_bridge.FijiSession`.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from cpretrain.settings.drift import DriftSettings
from fiji_bridge.errors import FijiError

if TYPE_CHECKING:
    import xarray as xr


def correct_drift(image: Any, settings: DriftSettings | None = None) -> "xr.DataArray":
    """Correct the drift of an image of the running Fiji with "Correct 3D drift".

    Parameters
    ----------
    image : ij.ImagePlus
        8, 16 or 32 bit; its pixels stay as they are. A selection drawn on it is where the drift is measured, unless
        the settings name another, which then is drawn on it.
    settings : DriftSettings, optional
        Options of the plugin.

    Returns
    -------
    xarray.DataArray
        A copy of the corrected movie, axes t, z, c, y, x, with ``calibration`` and ``colours`` in ``attrs``; the movie
        itself stays open in Fiji as "registered time points".

    Raises
    ------
    BadInput
        When the settings do not fit the image.
    FijiError
        When the plugin made no corrected movie.
    """
    from cpretrain.images.timelapse import ArrayFrames
    from cpretrain.registration.checks import check_drift_settings
    from fiji_bridge.child import plugin
    from fiji_bridge.imageplus import described, from_imageplus
    from fiji_bridge.macro_options import macro_options

    settings = (settings or DriftSettings()).replace(engine="fiji")
    dtype, shape = described(image)
    check_drift_settings(ArrayFrames(np.broadcast_to(np.zeros((), dtype), shape)), settings)
    if settings.roi is not None:
        image.setRoi(*settings.roi)
    before = {int(each.getID()) for each in plugin.opened()}
    plugin.run_on(image, plugin.COMMAND, macro_options(settings, shape[1]))
    new = [each for each in plugin.opened() if int(each.getID()) not in before]
    made = [each for each in new if str(each.getTitle()) == plugin.RESULT]
    if not made:
        raise FijiError(
            f'"{plugin.COMMAND}" made no corrected movie', cure="see what it printed in Fiji's console"
        )
    return from_imageplus(made[-1])
