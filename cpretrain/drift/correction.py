"""Correct the drift of time-lapses: write the corrected movies and the measurements."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.batch.runner import Batch, for_each
from cpretrain.batch.workload import Workload
from cpretrain.drift.engine import Corrected, Engine
from cpretrain.drift.engine_choice import choose_engine, may_take_fiji
from cpretrain.drift.files import DriftFiles, inputs_of
from cpretrain.drift.findings import Finding
from cpretrain.drift.inspection import Inspected, Inspection
from cpretrain.drift.judgement import judge
from cpretrain.drift.mask_proposal import propose_mask
from cpretrain.drift.pair_certainty import with_certainty
from cpretrain.drift.picture import draw_drift
from cpretrain.drift.shifts_table import write_shifts
from cpretrain.drift.verification import Verifier, check_verifiable
from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside, check_names, folder_of, list_movies
from cpretrain.images.ome_zarr_facts import check_can_write
from cpretrain.images.passed_over import passed_over
from cpretrain.images.replaced import check_holdings, placed_name, remove_other_format, warn_of_replaced
from cpretrain.images.running_mean import RunningMean
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.registration.checks import check_options
from cpretrain.registration.curve import DriftCurve, RobustFacts
from cpretrain.registration.measure import measure_drift as measure_drift
from cpretrain.registration.shifts_table import read_shifts
from cpretrain.runtime.console import progress, warning
from cpretrain.runtime.process_cache import cached_in_process
from cpretrain.runtime.spelling import option
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.file_snapshot import FileSnapshot
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance, warnings_in


@dataclass(frozen=True)
class CorrectedMovie:
    """Results for one movie."""

    source: Path
    corrected: Path
    engine: str
    curve: DriftCurve
    warnings: tuple[str, ...] = ()

    def line(self) -> str:
        """Return one line for the user."""
        return f"{self.source.name} → {self.corrected} ({self.engine})"

    def as_data(self) -> dict[str, Any]:
        """Return the same for programs."""
        return {
            "source": self.source,
            "corrected": self.corrected,
            "engine": self.engine,
            "clipped_pairs": self.curve.clipped_pairs,
            "uncertain_pairs": self.curve.uncertain_pairs,
            "warnings": self.warnings,
        }


def correct_drift(
    raw: PathLike,
    *,
    settings: DriftSettings | None = None,
    out: PathLike | None = None,
    batch: BatchSettings | None = None,
) -> Batch[CorrectedMovie]:
    """Correct the drift of a time-lapse, or of every time-lapse in a folder.

    Parameters
    ----------
    raw : path-like
        A TIFF, an OME-Zarr, a pattern of single-frame TIFFs such as ``raw/img_*.tif``, or a folder of TIFFs and
        OME-Zarrs.
    out : path-like, optional
        Result folder; by default ``corrected`` beside the input folder.
    settings : DriftSettings, optional
        Engine, and the options of "Correct 3D drift".
    batch : BatchSettings, optional
        Where many movies are corrected; by default one after the other in this process.

    Returns
    -------
    Batch of CorrectedMovie
        For each ``NAME.tif``, the corrected movie of the same name, ``NAME.shifts.csv``, ``NAME.drift.png`` and
        ``NAME.json``; also the movies that failed. Complete and unchanged results are not computed again. For several
        movies, ``batch.csv`` lists the state of each.

    Raises
    ------
    BadInput
        When no movie can be used, or ``--engine fiji`` is requested and there is no Fiji.
    """
    settings = settings or DriftSettings()
    check_options(settings)
    if settings.format == "ome-zarr":
        check_can_write()
    raw = to_path(raw)
    files = list_movies(raw)
    folder = to_path(out) or beside(folder_of(raw), "corrected")
    if folder.resolve() == files[0].resolve().parent:
        raise BadInput(
            f"{folder}: corrected movies would replace the raw ones", cure=f"choose another {option('out')}"
        )
    check_names(files)
    check_verifiable(settings)
    for note in passed_over(raw, [*files, *([settings.mask] if settings.mask else [])]):
        warning(note)
    return for_each(
        files,
        Workload(
            partial(correct_movie, folder=folder, settings=settings),
            partial(memory_of_movie, settings=settings, in_fiji=may_take_fiji(settings)),
        ),
        "drift",
        batch=None
        if settings.verify
        else batch,  # the first movies are verified, so they are processed in order
        results=folder,
    )


def correct_movie(source: Path, folder: Path, settings: DriftSettings) -> CorrectedMovie:
    """Correct the drift of one movie; all arguments can be pickled for another process."""
    target = DriftFiles(source, folder, settings.format)
    target.check_table_stays(settings)
    if target.are_current(settings):
        warnings = tuple(warnings_in(target.record))
        _warn(source.name, warnings)
        return CorrectedMovie(source, target.corrected, "unchanged", read_shifts(target.shifts), warnings)
    engine = cached_in_process(("engine", settings), partial(choose_engine, settings))
    return _correct(
        target, settings, engine, cached_in_process(("verifier", settings), partial(Verifier, settings))
    )


def memory_of_movie(source: Path, settings: DriftSettings, in_fiji: bool) -> int:
    """Return the bytes that the correction of a movie takes, from its header; Fiji holds the whole movie if it may.

    Raises
    ------
    BadInput
        When it is not a movie.
    """
    from psutil import virtual_memory

    from cpretrain.registration.memory import memory_needed
    from fiji_bridge.drift import HEAP
    from fiji_bridge.java import MOST_PERCENT

    with TimeLapse(source, settings.axes, settings.convert) as movie:
        if not in_fiji:
            return memory_needed(movie, settings)
        heap = HEAP * movie.frame_bytes * movie.shape[0]
        return min(heap, virtual_memory().total * MOST_PERCENT // 100)


def _correct(
    target: DriftFiles, settings: DriftSettings, engine: Engine, verifier: Verifier
) -> CorrectedMovie:
    name = target.source.name
    with TimeLapse(target.source, settings.axes, settings.convert) as movie:
        movie.warn_of_notes()
        warn_of_replaced(target.record, target.source)
        check_holdings(target.corrected)
        inputs = FileSnapshot(movie.files)
        provenance = Provenance("drift", settings, inputs_of(movie, settings))
        corrected = engine.correct(movie, settings)
        verified = verifier.verify(movie, corrected)
        corrected = replace(corrected, curve=with_certainty(movie, corrected.curve, settings))
        means, inspected = _write_movie(target, movie, corrected, settings, inputs)
        mask = propose_mask(target.mask_to_propose(settings), inspected, corrected.curve, movie, settings)
        findings = judge(corrected.curve, inspected, settings, mask)
        _write_beside(target, engine, corrected, means, inspected, findings)
        remove_other_format(target.record, target.in_other_format)
        provenance.write(
            target.record,
            outputs=target.outputs,
            engine=engine.name,
            **engine.facts,
            **corrected.facts,
            **({"verification": asdict(verified) | {"equal": True}} if verified else {}),
            movie=placed_name(target.source),
            notes=movie.notes,
            shape={"raw": movie.shape, "corrected": corrected.shape, "axes": "TZCYX"},
            **_facts(corrected.curve, inspected, findings),
        )
    warnings = tuple(finding.message for finding in findings)
    _warn(name, warnings)
    how = f"{engine.name}, {verified}" if verified else engine.name
    return CorrectedMovie(target.source, target.corrected, how, corrected.curve, warnings)


def _write_movie(
    target: DriftFiles, movie: TimeLapse, corrected: Corrected, settings: DriftSettings, inputs: FileSnapshot
) -> tuple[tuple[RunningMean, RunningMean], Inspected]:
    """Write the corrected frames, and inspect each while it is in memory."""
    before, after = RunningMean(), RunningMean()
    inspection = Inspection(movie, settings, corrected.curve)

    def frames() -> Iterator[NDArray[Any]]:
        with progress(f"writing {target.source.name}", corrected.shape[0]) as step:
            for t, frame in enumerate(corrected.frames()):
                recorded = movie.frame(t)
                inspection.add(t, recorded)
                before.add(recorded[:, settings.channel - 1])
                after.add(frame[:, settings.channel - 1])
                yield frame
                step(f"frame {t}")
        inputs.check()

    write_frames(target.corrected, frames(), corrected.shape, movie.dtype, movie.calibration, movie.channels)
    return (before, after), inspection.result()


def _write_beside(
    target: DriftFiles,
    engine: Engine,
    corrected: Corrected,
    means: tuple[RunningMean, RunningMean],
    inspected: Inspected,
    findings: list[Finding],
) -> None:
    """Write the table of shifts and the picture."""
    write_shifts(target.shifts, corrected.curve, inspected, findings)
    title = f"{target.source.name} (engine: {engine.name})"
    draw_drift(
        target.picture, title, corrected.curve, means, inspected, [finding.message for finding in findings]
    )


def _facts(curve: DriftCurve, inspected: Inspected, findings: list[Finding]) -> dict[str, Any]:
    """Return the record's entries on the drift."""
    return {
        "clipped_pairs": curve.clipped_pairs,
        "large_pairs": curve.large_pairs,
        "uncertain_pairs": curve.uncertain_pairs,
        "bridged_frames": curve.bridged,
        **({} if curve.angle is None else {"largest_angle": round(float(np.abs(curve.angle).max()), 4)}),
        **({"robust": _robust_facts(curve.robust)} if curve.robust else {}),
        "agreement": {
            "before": inspected.mean(inspected.before),
            "after": inspected.mean(inspected.after),
            "area": {axis: [part.start, part.stop] for axis, part in zip("zyx", inspected.area, strict=True)},
        },
        "warnings": [asdict(finding) for finding in findings],
    }


def _robust_facts(robust: RobustFacts) -> dict[str, Any]:
    return {
        "rests_on": robust.rests_on,
        "agreement": {way: round(value, 6) for way, value in robust.agreement.items()},
        "pairs": robust.pairs,
        "dropped_pairs": robust.dropped_pairs,
        "pixels_left_out": 0 if robust.left_out is None else int(robust.left_out.sum()),
    }


def _warn(name: str, warnings: Iterable[str]) -> None:
    for message in warnings:
        warning(f"{name}: {message}")
