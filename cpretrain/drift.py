"""Correct the drift of time-lapses: choose the engine, write the corrected movie and what was measured."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from cpretrain.batch import Batch, for_each
from cpretrain.canvas import canvas_for
from cpretrain.covered import Area, covered
from cpretrain.crops import beside
from cpretrain.drift_curve import DriftCurve
from cpretrain.errors import BadInput
from cpretrain.image_writer import write_frames
from cpretrain.progress import say
from cpretrain.provenance import Provenance, is_current
from cpretrain.settings import DriftSettings
from cpretrain.shifts_table import read_shifts, write_shifts
from cpretrain.timelapse import TimeLapse, list_images

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
        A TIFF, or a folder of them.
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
    settings = settings or DriftSettings()
    files = list_images(raw)
    folder = out or beside(raw, "corrected")
    if folder.resolve() == files[0].resolve().parent:
        raise BadInput(f"{folder}: corrected movies would replace the raw ones", cure="choose another --out")
    with ExitStack() as stack:
        engine: list[Engine] = []  # chosen, and started, when the first movie needs it

        def correct(path: Path) -> CorrectedMovie:
            target = folder / path.name
            if is_current(_record(target), settings, [path]) and target.is_file():
                return CorrectedMovie(path, target, "none: unchanged", read_shifts(_shifts(target)))
            if not engine:
                engine.append(choose_engine(settings, stack))
            return _correct(path, target, settings, engine[0])

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
    from cpretrain.fiji_engine import FijiEngine, why_not

    if settings.engine == "auto":
        reason = why_not(settings.fiji)
        if reason:
            say(f"drift: native engine, because {reason}")
            return NativeEngine()
    fiji = FijiEngine(settings.fiji, stack)
    say(f"drift: Fiji's own Correct 3D drift, {fiji.description}")
    return fiji


def _correct(path: Path, target: Path, settings: DriftSettings, engine: Engine) -> CorrectedMovie:
    from cpretrain.drift_picture import Seen, draw_drift

    provenance = Provenance("drift", settings, [path])
    with TimeLapse(path, settings.axes) as movie:
        corrected = engine.correct(movie, settings)
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
            shape={"raw": movie.shape, "corrected": corrected.shape, "axes": "TZCYX"},
            clipped_pairs=corrected.curve.clipped_pairs,
            uncertain_pairs=corrected.curve.uncertain_pairs,
            neighbour_correlation={"before": before.correlation, "after": after.correlation},
        )
    return CorrectedMovie(path, target, engine.name, corrected.curve)


def _areas(corrected: Corrected, movie: TimeLapse, settings: DriftSettings) -> Callable[[int], Area | None]:
    """Which part of the corrected movie each frame covers; None means all."""
    canvas = canvas_for(corrected.curve, movie.shape[1:], settings.sub_pixel)
    if canvas.shape != corrected.shape[1:]:
        return lambda _: None
    return lambda t: covered(canvas, t)


def _record(target: Path) -> Path:
    return target.with_suffix(".json")


def _shifts(target: Path) -> Path:
    return target.with_suffix(".shifts.csv")
