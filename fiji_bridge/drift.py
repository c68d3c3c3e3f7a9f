"""Run the actual "Correct 3D drift" of the user's Fiji on one movie: pixels, drift, clipped pairs and log."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import Frames
from cpretrain.registration.checks import check_drift_settings, check_pixels
from cpretrain.runtime.resources import check_disk
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings
from fiji_bridge.child.plugin import COMMAND
from fiji_bridge.errors import FijiError, missing_class
from fiji_bridge.find import UPDATE
from fiji_bridge.frames_file import map_frames, write_frames
from fiji_bridge.macro_options import macro_options
from fiji_bridge.plugin_log import FramePair, clipped_in, complaint_in, drift_in, drift_in_file, frames_in

if TYPE_CHECKING:
    from fiji_bridge.session import FijiSession

HEAP = 4
"""Memory that Fiji needs, as a multiple of a movie's size: the movie, its corrected copy, and work on a frame."""

ROOM = 3
"""Disk space for the handover, as a multiple of a movie's size: the movie, and its corrected canvas."""


@dataclass(frozen=True, eq=False)
class FijiDrift:
    """Result of "Correct 3D drift" for one movie.

    Parameters
    ----------
    pixels : ndarray, shape (T, Z, C, Y, X), or None
        The corrected movie, in the movie's own type, on the grown canvas; read-only, mapped from a file that is
        removed together with the array. None if only the drift was computed.
    drift : ndarray of float32, shape (T, 3)
        Movement of the sample relative to frame 0, in z, y, x, in pixels, as printed by the plugin: whole pixels, or
        two decimals in sub-pixel mode.
    clipped_pairs : tuple of (int, int)
        Pairs of frames, from 0, whose measured shift was clipped to max_shift.
    log : str
        Everything that the plugin printed.
    seconds : float
        Duration of the plugin's own work.
    """

    pixels: NDArray[Any] | None
    drift: NDArray[np.float32]
    clipped_pairs: tuple[FramePair, ...]
    log: str
    seconds: float = 0.0


def correct_drift(
    session: "FijiSession",
    movie: Frames,
    settings: DriftSettings,
    calibration: Calibration | None = None,
    on_frame: Callable[[int], None] | None = None,
    *,
    only_compute: bool = False,
    virtual: bool | None = None,
) -> FijiDrift:
    """Correct the drift of a movie with Fiji's own plugin.

    Parameters
    ----------
    session : FijiSession
        The Fiji to run it in; started if necessary.
    movie : Frames
        The movie; each frame is read once.
    settings : DriftSettings
        Options of the plugin.
    calibration : Calibration, optional
        Pixel size and frame interval; by default the movie's own, if it has one.
    on_frame : callable, optional
        Called with a frame (from 0) each time the plugin reports measuring it, and again on correcting it.
    only_compute : bool
        Only compute the drift ("Only compute drift vectors"): no pixels are returned, and the drift is not rounded.
    virtual : bool, optional
        Let the plugin write the corrected planes to disk ("Use virtualstack"); by default only if the movie and its
        corrected copy would not fit in Fiji's memory.

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or it cannot be read.
    FijiError
        When the plugin fails on this movie, with its output.

    References
    ----------
    "Correct 3D drift" of Fiji: Parslow, Cardona, Bryson-Richardson, J. Vis. Exp. 86 (2014), e51086.
    """
    check_drift_settings(movie, settings)
    calibration = calibration or getattr(movie, "calibration", None) or Calibration()
    with session.turn:
        session.start()
        files = _Files(Path(tempfile.mkdtemp(dir=session.folder)))
        size = int(np.prod(movie.shape)) * movie.dtype.itemsize
        by_planes = HEAP * size > session.heap_limit if virtual is None else virtual
        try:
            return _correct(
                session, _Handover(movie, settings, calibration, files, only_compute, by_planes), on_frame
            )
        except FijiError as error:
            raise _named(error, movie) from error
        finally:  # mapped files stay readable; Windows keeps them until the session ends
            shutil.rmtree(files.folder, ignore_errors=True)


class _Files:
    """The files of one handover."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.movie, self.corrected = folder / "movie.raw", folder / "corrected.raw"
        self.drift, self.planes = folder / "drift.txt", folder / "planes"
        self.planes.mkdir()


@dataclass(frozen=True)
class _Handover:
    """A movie on its way to the plugin, and how the plugin is to take it."""

    movie: Frames
    settings: DriftSettings
    calibration: Calibration
    files: _Files
    only_compute: bool
    virtual: bool

    @property
    def options(self) -> str:
        """Return the options of the plugin in a macro's form."""
        return macro_options(
            self.settings,
            self.movie.shape[1],
            drift_file=self.files.drift if self.only_compute else None,
            plane_folder=self.files.planes if self.virtual else None,
        )


def _correct(
    session: "FijiSession", handover: _Handover, on_frame: Callable[[int], None] | None
) -> FijiDrift:
    movie, files, only_compute = handover.movie, handover.files, handover.only_compute
    check_disk(
        files.folder,
        (ROOM + handover.virtual) * int(np.prod(movie.shape)) * movie.dtype.itemsize,
        f"{files.folder}: not enough disk space to hand the movie over to Fiji",
        "set TMPDIR to a folder on a larger disk",
    )
    write_frames(files.movie, _frames(movie))
    told = session.journal.mark()
    answer = session.call(
        "drift",
        movie=str(files.movie),
        dtype=movie.dtype.newbyteorder("=").name,
        shape=movie.shape,
        calibration=asdict(handover.calibration),
        options=handover.options,
        roi=handover.settings.roi,
        corrected=None if only_compute else str(files.corrected),
        on_text=_teller(on_frame),
    )
    log, seconds = told.all(), answer.pop("seconds")
    drift = drift_in_file(_text(files.drift)) if only_compute else drift_in(log, movie.shape[0])
    if drift is None or len(drift) != movie.shape[0]:
        raise FijiError(f'"{COMMAND}" did not report the drift of each frame', log)
    pixels = None if only_compute else map_frames(files.corrected, **answer)
    return FijiDrift(pixels, drift, clipped_in(log), log, seconds)


def _frames(movie: Frames) -> Iterator[NDArray[Any]]:
    for t in range(movie.shape[0]):
        frame = movie.frame(t)
        check_pixels(movie, frame, t)
        yield frame


def _teller(on_frame: Callable[[int], None] | None) -> Callable[[str], None] | None:
    if on_frame is None:
        return None

    def tell(text: str) -> None:
        for frame in frames_in(text):
            on_frame(frame)

    return tell


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() else ""


def _named(error: FijiError, movie: Frames) -> FijiError:
    """Add the movie's name and the plugin's complaint to an error."""
    name = f"{movie.path}: " if hasattr(movie, "path") else ""
    missing = missing_class(error.text)
    if missing:
        problem = f"{name}{error.problem}: this Fiji is incomplete, there is no {missing} in its jars"
        return FijiError(problem, error.text, f"{UPDATE}, or use {option('engine', 'native')}")
    complaint = complaint_in(error.text)
    problem = f"{name}{error.problem}" + (f": {complaint}" if complaint else "")
    return FijiError(problem, error.text, error.cure)
