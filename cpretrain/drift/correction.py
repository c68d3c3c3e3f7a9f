"""Correct the drift of time-lapses: write the corrected movies and what was measured."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cpretrain.batch.runner import Batch, for_each
from cpretrain.drift.engine import Corrected, Engine
from cpretrain.drift.engine_choice import choose_engine, may_take_fiji
from cpretrain.drift.files import DriftFiles, inputs_of
from cpretrain.drift.pair_warnings import warn_of_pairs
from cpretrain.drift.shifts_table import read_shifts, write_shifts
from cpretrain.drift.verification import Verifier, check_verifiable
from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside, check_names, corrected_name, folder_of, list_movies
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.registration.canvas import canvas_for
from cpretrain.registration.checks import check_options
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.measure import measure_drift as measure_drift
from cpretrain.registration.valid_area import Area, covered
from cpretrain.runtime.console import progress, warn
from cpretrain.runtime.process_cache import kept
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.file_snapshot import Unchanged
from cpretrain.storage.provenance import Provenance


@dataclass(frozen=True)
class CorrectedMovie:
    """What was written for one movie."""

    source: Path
    corrected: Path
    engine: str
    curve: DriftCurve


def correct_drift(
    raw: Path,
    out: Path | None = None,
    settings: DriftSettings | None = None,
    batch: BatchSettings | None = None,
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
    batch : BatchSettings, optional
        Where many movies are corrected; by default one after the other in this process.

    Returns
    -------
    Batch of CorrectedMovie
        For each ``NAME.tif`` the corrected movie of the same name, ``NAME.shifts.csv``, ``NAME.drift.png`` and
        ``NAME.json``; and the movies that failed. What is complete and unchanged is not done again. Of several movies
        ``batch.csv`` says what became of each.

    Raises
    ------
    BadInput
        When no movie can be used, or ``--engine fiji`` is asked for and there is no Fiji.
    """
    settings = settings or DriftSettings()
    check_options(settings)
    files = list_movies(raw)
    folder = out or beside(folder_of(raw), "corrected")
    if folder.resolve() == files[0].resolve().parent:
        raise BadInput(f"{folder}: corrected movies would replace the raw ones", cure="choose another --out")
    check_names(files)
    check_verifiable(settings)
    return for_each(
        files,
        partial(correct_movie, folder=folder, settings=settings),
        "drift",
        batch=None
        if settings.verify
        else batch,  # the first movies are verified, so one comes after the other
        memory=partial(memory_of_movie, settings=settings, in_fiji=may_take_fiji(settings)),
        results=folder,
    )


def correct_movie(source: Path, folder: Path, settings: DriftSettings) -> CorrectedMovie:
    """Correct the drift of one movie; what it needs can travel to another process."""
    target = DriftFiles(source, folder / corrected_name(source))
    target.check_table_stays(settings)
    if target.are_current(settings):
        return CorrectedMovie(source, target.corrected, "unchanged", read_shifts(target.shifts))
    engine = kept(("engine", settings), partial(choose_engine, settings))
    return _correct(target, settings, engine, kept(("verifier", settings), partial(Verifier, settings)))


def memory_of_movie(source: Path, settings: DriftSettings, in_fiji: bool) -> int:
    """Bytes that the correction of a movie takes, from its header; Fiji holds the movie, if it may take as much.

    Raises
    ------
    BadInput
        When it is not a movie.
    """
    from psutil import virtual_memory

    from cpretrain.registration.memory import memory_needed
    from fiji_bridge.drift import HEAP
    from fiji_bridge.java import MOST_PERCENT

    with TimeLapse(source, settings.axes) as movie:
        if not in_fiji:
            return memory_needed(movie, settings)
        heap = HEAP * movie.frame_bytes * movie.shape[0]
        return min(heap, virtual_memory().total * MOST_PERCENT // 100)


def _correct(
    target: DriftFiles, settings: DriftSettings, engine: Engine, verifier: Verifier
) -> CorrectedMovie:
    from cpretrain.drift.picture import Seen, draw_drift

    name = target.source.name
    with TimeLapse(target.source, settings.axes) as movie:
        if movie.images > 1:
            warn(f"{name}: holds {movie.images} images; the first one is corrected")
        inputs = Unchanged(movie.files)
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
            inputs.check()

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
