"""Correct the drift of time-lapses: choose the engine, write the corrected movie and what was measured."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from numpy.typing import NDArray

from cpretrain.batch import Batch, for_each
from cpretrain.canvas import canvas_for
from cpretrain.covered import Area, covered
from cpretrain.crops import beside
from cpretrain.drift_checks import beyond_plugin, check_options
from cpretrain.drift_curve import DriftCurve
from cpretrain.errors import BadInput
from cpretrain.image_writer import write_frames
from cpretrain.movies import corrected_name, folder_of, list_movies
from cpretrain.progress import say
from cpretrain.provenance import Provenance, is_current
from cpretrain.settings import DriftSettings
from cpretrain.shifts_table import read_shifts, shifts_for, write_shifts
from cpretrain.timelapse import TimeLapse
from cpretrain.zarr_movie import is_ome_zarr

if TYPE_CHECKING:
    from cpretrain.drift_verification import Verifier

EngineName = Literal["fiji", "native"]


@dataclass(frozen=True)
class Corrected:
    """A movie whose drift was undone: the measured curve, and the frames on the grown canvas.

    Parameters
    ----------
    curve : DriftCurve
        What the sample did.
    shape : tuple of int
        Lengths of the corrected movie in t, z, c, y, x.
    frames : callable
        Gives the corrected frames in turn, axes z, c, y, x.
    facts : dict
        What else the record should say, for example the plugin's log.
    """

    curve: DriftCurve
    shape: tuple[int, int, int, int, int]
    frames: Callable[[], Iterator[NDArray[Any]]]
    facts: dict[str, Any]


class Engine(Protocol):
    """Something that measures and undoes drift."""

    name: EngineName
    facts: dict[str, Any]

    def correct(self, movie: TimeLapse, settings: DriftSettings) -> Corrected:
        """Correct one movie."""


@dataclass(frozen=True)
class CorrectedMovie:
    """What was written for one movie."""

    source: Path
    corrected: Path
    engine: str
    curve: DriftCurve


def correct_drift(
    raw: Path, out: Path | None = None, settings: DriftSettings | None = None
) -> Batch[CorrectedMovie]:
    """Correct the drift of a time-lapse, or of every time-lapse in a folder.

    Parameters
    ----------
    raw : pathlib.Path
        A TIFF, an OME-Zarr, a pattern of single-frame TIFFs such as ``raw/img_*.tif``, or a folder of TIFFs and
        OME-Zarrs.
    out : pathlib.Path, optional
        Where to; by default ``corrected`` beside the folder.
    settings : DriftSettings, optional
        Engine, and the options of "Correct 3D drift".

    Returns
    -------
    Batch of CorrectedMovie
        For each ``NAME.tif`` the corrected movie of the same name, ``NAME.shifts.csv``, ``NAME.drift.png`` and
        ``NAME.json``; and the movies that failed. What is complete and unchanged is not done again.

    Raises
    ------
    BadInput
        When no movie can be used, or ``--engine fiji`` is asked for and there is no Fiji.
    """
    from cpretrain.drift_verification import Verifier

    settings = settings or DriftSettings()
    check_options(settings)
    files = list_movies(raw)
    folder = out or beside(folder_of(raw), "corrected")
    if folder.resolve() == files[0].resolve().parent:
        raise BadInput(f"{folder}: corrected movies would replace the raw ones", cure="choose another --out")
    _check_names(files)
    with ExitStack() as stack:
        verifier = Verifier(settings, stack)
        engine: list[Engine] = []  # chosen, and started, when the first movie needs it

        def correct(path: Path) -> CorrectedMovie:
            target = folder / corrected_name(path)
            _check_table_stays(path, target, settings)
            if _is_done(path, target, settings):
                return CorrectedMovie(path, target, "none: unchanged", read_shifts(_shifts(target)))
            if not engine:
                engine.append(choose_engine(settings, stack))
            return _correct(path, target, settings, engine[0], verifier)

        return for_each(files, correct, "drift")


def choose_engine(settings: DriftSettings, stack: ExitStack) -> Engine:
    """Take the plugin where it is asked for or can be had, else the native engine; `stack` ends what it starts.

    Raises
    ------
    BadInput
        When the plugin is asked for and cannot be had.
    """
    from cpretrain.native_engine import NativeEngine

    if settings.engine == "native":
        return NativeEngine()
    beyond = beyond_plugin(settings)
    if beyond:
        say(f"drift: native engine, because the plugin has no {' and no '.join(beyond)}")
        return NativeEngine()
    from cpretrain.fiji_engine import FijiEngine, why_not

    if settings.engine == "auto":
        reason = why_not(settings.fiji)
        if reason:
            say(f"drift: native engine, because {reason}")
            return NativeEngine()
    fiji = FijiEngine(settings.fiji, stack)
    say(f"drift: Fiji's own Correct 3D drift, {fiji.description}")
    return fiji


def _correct(
    path: Path, target: Path, settings: DriftSettings, engine: Engine, verifier: "Verifier"
) -> CorrectedMovie:
    from cpretrain.drift_picture import Seen, draw_drift

    with TimeLapse(path, settings.axes) as movie:
        provenance = Provenance("drift", settings, _inputs(movie, settings))
        corrected = engine.correct(movie, settings)
        verified = verifier.verify(movie, corrected)
        before, after = Seen(), Seen()
        areas = _areas(corrected, movie, settings)

        def frames() -> Iterator[NDArray[Any]]:
            for t, frame in enumerate(corrected.frames()):
                before.add(movie.frame(t)[:, settings.channel - 1])
                after.add(frame[:, settings.channel - 1], areas(t))
                yield frame

        write_frames(target, frames(), corrected.shape, movie.dtype, movie.calibration)
        write_shifts(_shifts(target), corrected.curve)
        draw_drift(target.with_suffix(".drift.png"), path.name, corrected.curve, before, after, engine.name)
        provenance.write(
            _record(target),
            engine=engine.name,
            **engine.facts,
            **corrected.facts,
            **({"verification": asdict(verified) | {"equal": verified.equal}} if verified else {}),
            shape={"raw": movie.shape, "corrected": corrected.shape, "axes": "TZCYX"},
            clipped_pairs=corrected.curve.clipped_pairs,
            uncertain_pairs=corrected.curve.uncertain_pairs,
            neighbour_correlation={"before": before.correlation, "after": after.correlation},
        )
    how = f"{engine.name}, {verified}" if verified else engine.name
    return CorrectedMovie(path, target, how, corrected.curve)


def _areas(corrected: Corrected, movie: TimeLapse, settings: DriftSettings) -> Callable[[int], Area | None]:
    """Which part of the corrected movie each frame covers; None means all."""
    canvas = canvas_for(corrected.curve, movie.shape[1:], settings.sub_pixel)
    if canvas.shape != corrected.shape[1:]:
        return lambda _: None
    return lambda t: covered(canvas, t)


def _is_done(path: Path, target: Path, settings: DriftSettings) -> bool:
    """Whether the result is complete and neither movie nor settings have changed since.

    The pixels of an OME-Zarr are not compared, so it is corrected again.
    """
    if not target.is_file() or not _record(target).is_file() or is_ome_zarr(path):
        return False
    with TimeLapse(path, settings.axes) as movie:
        return is_current(_record(target), settings, _inputs(movie, settings))


def _inputs(movie: TimeLapse, settings: DriftSettings) -> list[Path]:
    """Files that the result depends on."""
    shifts = [shifts_for(settings.shifts, movie.path)] if settings.shifts else []
    mask = [settings.mask] if settings.mask else []
    return [*movie.files, *shifts, *mask]


def _check_names(files: list[Path]) -> None:
    """Make sure that no result would take the place of another one."""
    of_name: dict[str, Path] = {}
    for path in files:
        other = of_name.setdefault(Path(corrected_name(path)).stem, path)
        if other != path:
            raise BadInput(
                f"{path}: its results would have the names of those of {other.name}",
                cure="rename one of them, or put it into another folder",
            )


def _check_table_stays(path: Path, target: Path, settings: DriftSettings) -> None:
    if settings.shifts and shifts_for(settings.shifts, path).resolve() == _shifts(target).resolve():
        raise BadInput(
            f"{settings.shifts}: the shifts to apply would be replaced",
            cure="choose another folder with --out",
        )


def _record(target: Path) -> Path:
    return target.with_suffix(".json")


def _shifts(target: Path) -> Path:
    return target.with_suffix(".shifts.csv")
