"""Correct the drift of time-lapses: write the corrected movies and what was measured."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cpretrain.batch import Batch, for_each
from cpretrain.canvas import canvas_for
from cpretrain.covered import Area, covered
from cpretrain.crops import beside
from cpretrain.drift_checks import check_options
from cpretrain.drift_curve import DriftCurve
from cpretrain.drift_engine import Corrected, Engine, choose_engine
from cpretrain.drift_files import DriftFiles, check_names, inputs_of
from cpretrain.drift_measurement import measure_drift as measure_drift
from cpretrain.drift_warnings import warn_of_pairs
from cpretrain.errors import BadInput
from cpretrain.image_writer import write_frames
from cpretrain.movies import corrected_name, folder_of, list_movies
from cpretrain.progress import progress, warn
from cpretrain.provenance import Provenance
from cpretrain.settings import DriftSettings
from cpretrain.shifts_table import read_shifts, write_shifts
from cpretrain.timelapse import TimeLapse

if TYPE_CHECKING:
    from cpretrain.drift_verification import Verifier


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
    check_names(files)
    with ExitStack() as stack:
        verifier = Verifier(settings, stack)
        engine: list[Engine] = []  # chosen, and started, when the first movie needs it

        def correct(path: Path) -> CorrectedMovie:
            target = DriftFiles(path, folder / corrected_name(path))
            target.check_table_stays(settings)
            if target.are_current(settings):
                return CorrectedMovie(path, target.corrected, "none: unchanged", read_shifts(target.shifts))
            if not engine:
                engine.append(choose_engine(settings, stack))
            return _correct(target, settings, engine[0], verifier)

        return for_each(files, correct, "drift")


def _correct(
    target: DriftFiles, settings: DriftSettings, engine: Engine, verifier: "Verifier"
) -> CorrectedMovie:
    from cpretrain.drift_picture import Seen, draw_drift

    name = target.source.name
    with TimeLapse(target.source, settings.axes) as movie:
        if movie.images > 1:
            warn(f"{name}: holds {movie.images} images; the first one is corrected")
        provenance = Provenance("drift", settings, inputs_of(movie, settings))
        corrected = engine.correct(movie, settings)
        verified = verifier.verify(movie, corrected)
        before, after = Seen(), Seen()
        areas = _areas(corrected, movie, settings)

        def frames() -> Iterator[NDArray[Any]]:
            with progress(f"writing {name}", corrected.shape[0]) as step:
                for t, frame in enumerate(corrected.frames()):
                    before.add(movie.frame(t)[:, settings.channel - 1])
                    after.add(frame[:, settings.channel - 1], areas(t))
                    yield frame
                    step(f"frame {t}")

        write_frames(
            target.corrected, frames(), corrected.shape, movie.dtype, movie.calibration, movie.channels
        )
        curve = corrected.curve
        write_shifts(target.shifts, curve)
        draw_drift(target.picture, name, curve, before, after, engine.name)
        provenance.write(
            target.record,
            engine=engine.name,
            **engine.facts,
            **corrected.facts,
            **({"verification": asdict(verified) | {"equal": True}} if verified else {}),
            shape={"raw": movie.shape, "corrected": corrected.shape, "axes": "TZCYX"},
            clipped_pairs=curve.clipped_pairs,
            large_pairs=curve.large_pairs,
            uncertain_pairs=curve.uncertain_pairs,
            neighbour_correlation={"before": before.correlation, "after": after.correlation},
        )
    warn_of_pairs(name, curve, settings)
    how = f"{engine.name}, {verified}" if verified else engine.name
    return CorrectedMovie(target.source, target.corrected, how, curve)


def _areas(corrected: Corrected, movie: TimeLapse, settings: DriftSettings) -> Callable[[int], Area | None]:
    """Which part of the corrected movie each frame covers; None means all."""
    canvas = canvas_for(corrected.curve, movie.shape[1:], settings.sub_pixel)
    if canvas.shape != corrected.shape[1:]:
        return lambda _: None
    return lambda t: covered(canvas, t)
