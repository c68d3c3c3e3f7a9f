"""Runs in the child: passes an image to a plugin of ImageJ 1, and finds its result."""

import time
from pathlib import Path
from typing import Any

from fiji_bridge.errors import JobFailed
from fiji_bridge.frames_file import Shape, map_frames, write_frames

COMMAND = "Correct 3D drift"
RESULT = "registered time points"


def correct(
    *,
    movie: str,
    dtype: str,
    shape: Shape,
    calibration: dict[str, Any],
    options: str,
    roi: tuple[int, int, int, int] | None,
    corrected: str | None,
) -> dict[str, Any]:
    """Run "Correct 3D drift" on a movie.

    Parameters
    ----------
    movie, dtype, shape
        File of its frames, their pixel type, and their shape.
    calibration : dict
        Arguments of `cpretrain.images.Calibration`.
    options : str
        Options of the plugin, in a macro's form.
    roi : tuple of int or None
        Box to measure in: x, y, width, height in pixels.
    corrected : str or None
        File to write the corrected frames to; None if the plugin only computes the drift.

    Returns
    -------
    dict
        ``seconds`` that the plugin took, and ``dtype`` and ``shape`` of the corrected frames.

    Raises
    ------
    JobFailed
        When the plugin made no corrected movie.
    """
    import xarray as xr

    from cpretrain.images.axes import DIMS
    from cpretrain.images.metadata import Calibration
    from fiji_bridge.imageplus import described, planes_of, to_imageplus

    image = to_imageplus(
        xr.DataArray(map_frames(Path(movie), dtype, shape), dims=DIMS), Calibration(**calibration)
    )
    if roi is not None:
        image.setRoi(*roi)
    try:
        seconds = run(COMMAND, options, image)
        if corrected is None:
            return {"seconds": seconds}
        result = made(RESULT)
        if result is None:
            raise JobFailed(
                f'"{COMMAND}" made no corrected movie', "try other settings, or the native engine"
            )
        kind, lengths = described(result)
        write_frames(Path(corrected), planes_of(result))
        return {"seconds": seconds, "dtype": kind.name, "shape": lengths}
    finally:
        close_all()


def run(command: str, options: str, image: Any) -> float:
    """Run a command of ImageJ's menu on `image` alone, and return the seconds that it took.

    Raises
    ------
    JobFailed
        When options are empty: the plugin would open a dialog.

    Notes
    -----
    A plugin written as a script runs on a thread from a pool. In batch mode ImageJ remembers a current image and
    options for each thread, and those of an earlier run would silently be used instead of the ones given here. And if
    such a thread finds no image at all, ImageJ ends Java, with exit code 0.
    """
    if not options.strip():
        raise JobFailed(f'"{command}" needs options: without a screen it cannot ask for them')
    close_all()
    begun = time.perf_counter()
    run_on(image, command, options)
    return time.perf_counter() - begun


def run_on(image: Any, command: str, options: str) -> None:
    """Run a command of ImageJ's menu on `image`, which is shown meanwhile; other images stay open."""
    import scyjava

    if scyjava.jimport("java.awt.GraphicsEnvironment").isHeadless():
        scyjava.jimport("ij.macro.Interpreter").batchMode = True
    forget()
    image.show()
    window = image.getWindow()
    if window is not None:  # the plugin takes the current image, not the one passed to it
        scyjava.jimport("ij.WindowManager").setCurrentWindow(window)
    scyjava.jimport("ij.IJ").run(image, command, options)


def forget() -> None:
    """Forget the current image and the options of every thread."""
    import scyjava

    windows, macro = scyjava.jimport("ij.WindowManager"), scyjava.jimport("ij.Macro")
    for thread in scyjava.jimport("java.lang.Thread").getAllStackTraces().keySet():
        windows.setTempCurrentImage(thread, None)
        macro.setOptions(thread, None)


def opened() -> list[Any]:
    """List the open images, in batch mode too."""
    import scyjava

    windows = scyjava.jimport("ij.WindowManager")
    return [windows.getImage(number) for number in windows.getIDList() or ()]


def made(title: str) -> Any:
    """Find the newest open image with this title; None if there is none."""
    found = [image for image in opened() if str(image.getTitle()) == title]
    return found[-1] if found else None


def close_all() -> None:
    """Close all images without asking, and forget the current one."""
    import scyjava

    interpreter = scyjava.jimport("ij.macro.Interpreter")
    for image in opened():
        image.changes = False
        interpreter.removeBatchModeImage(image)
        image.close()
    forget()
