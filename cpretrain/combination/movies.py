"""Combine the results of several models: one label image, a table of classes, and a rule for conflicts."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.combination.matching import MatchedMovie, match_movies
from cpretrain.combination.overlaps import Combined, settle
from cpretrain.errors import BadInput
from cpretrain.images.discovery import name_in_format
from cpretrain.images.dtypes import label_type
from cpretrain.images.ome_zarr_facts import check_can_write
from cpretrain.images.ome_zarr_labels import check_place, place_beside, write_labels
from cpretrain.images.replaced import placed_name, remove_other_format
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.labels.geojson import write_planes_geojson
from cpretrain.labels.outlines import Outline, outlines_of
from cpretrain.labels.pairing import stem
from cpretrain.labels.predicted import as_labels
from cpretrain.runtime.console import info, progress
from cpretrain.runtime.spelling import command, option
from cpretrain.runtime.summary import Summary
from cpretrain.settings.base import Settings
from cpretrain.settings.combination import CombineSettings
from cpretrain.storage.csv_table import open_table
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import done_record

TABLE, RECORD = "classes.csv", "combine.json"
COLUMNS = ("file", "frame", "label", "class", "area", "label_before", "kept")


class CombinationOrigin(Settings):
    """Settings and classes of a combination, for its record."""

    combine: CombineSettings
    classes: tuple[str, ...]


@dataclass(frozen=True)
class CombineResult:
    """Result of a combination.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the label images, ``classes.csv``, ``combine.json``, and GeoJSON.
    classes : dict of str to dict
        Numbers per class: its objects, objects that lost pixels to other classes, and objects left out.
    """

    folder: Path
    classes: dict[str, dict[str, int]]

    def summary(self) -> Summary:
        """Return the numbers for each class."""
        lines = [
            f"{name}: {facts['objects']} objects, {facts['cut']} of them lost pixels to another class; "
            f"{facts['dropped']} left "
            "out"
            for name, facts in self.classes.items()
        ]
        return Summary([*lines, f"results in {self.folder}"], vars(self))


def combine(
    folders: Mapping[str, PathLike], *, out: PathLike, settings: CombineSettings | None = None
) -> CombineResult:
    """Combine label images of several classes.

    Parameters
    ----------
    folders : mapping of str to path-like
        Folder of label images for each class, as ``cpretrain predict`` writes them, with the same movies and sizes.
    out : path-like
        Result folder: for each movie ``NAME.tif`` (shape (T, Z, Y, X); objects of all classes numbered 1…N in each
        frame) and ``NAME.geojson``, and ``classes.csv`` with the class of every number.
    settings : CombineSettings, optional
        Rule for pixels where objects of several classes overlap.

    Returns
    -------
    CombineResult

    Raises
    ------
    BadInput
        When movies do not match, or the rule needs tables that do not exist. Nothing is written then.
    """
    settings, out = settings or CombineSettings(), to_path(out)
    read = {name: to_path(folder) for name, folder in folders.items()}
    _check(read, out, settings)
    movies = match_movies(read)
    origin = CombinationOrigin(combine=settings, classes=tuple(folders))
    inputs = _inputs(movies, settings)
    outputs = _outputs(movies, out, settings)
    if earlier := done_record(out / RECORD, origin, inputs, outputs):
        info(f"combine: {out} is complete and unchanged")
        return CombineResult(out, earlier["classes"])
    notes = _notes(movies, settings)
    provenance = Provenance("combine", origin, inputs)
    _remove_other_format(movies, out, settings)
    (out / RECORD).unlink(missing_ok=True)
    counted = {name: Counter(objects=0, cut=0, dropped=0) for name in folders}
    with open_table(out / TABLE, COLUMNS) as table, progress("combine", len(movies)) as step:
        for movie in movies:
            _combine_movie(movie, out, settings, [*folders], table, counted)
            step(movie.name)
    classes = {name: dict(counts) for name, counts in counted.items()}
    provenance.write(out / RECORD, outputs=outputs, movies=len(movies), classes=classes, notes=notes)
    return CombineResult(out, classes)


def _check(folders: Mapping[str, Path], out: Path, settings: CombineSettings) -> None:
    """Check that there are several classes, and that their results can be written."""
    if settings.format == "ome-zarr":
        check_can_write()
    if len(folders) < 2:
        raise BadInput("combine: needs two or more classes", expected="CLASS=FOLDER CLASS=FOLDER")
    if out.resolve() in [folder.resolve() for folder in folders.values()]:
        raise BadInput(
            f"{out}: is one of the input folders", cure=f"choose another folder with {option('out')}"
        )


def _notes(movies: Sequence[MatchedMovie], settings: CombineSettings) -> dict[str, list[str]]:
    """Return what was left out of each label movie, is missing or was guessed, and warn of it."""
    notes: dict[str, list[str]] = {}
    for movie in movies:
        with movie.opened(settings.axes) as opened:
            for one in opened:
                one.warn_of_notes()
                notes |= {placed_name(one.path): one.notes} if one.notes else {}
    return notes


def _outputs(movies: Sequence[MatchedMovie], out: Path, settings: CombineSettings) -> list[Path]:
    outlines = [_outlines_file(movie, out) for movie in movies if settings.geojson]
    return [out / TABLE, *(_labels_file(movie, out, settings) for movie in movies), *outlines]


def _labels_file(movie: MatchedMovie, out: Path, settings: CombineSettings) -> Path:
    """Return the path of a result: inside the movie if all its inputs are there, else in the folder."""
    beside = movie.image and place_beside(movie.image, out.resolve().name)
    if settings.format == "ome-zarr" and beside:
        return beside
    return out / name_in_format(movie.name, settings.format)


def _remove_other_format(movies: Sequence[MatchedMovie], out: Path, settings: CombineSettings) -> None:
    """Remove results of an earlier run in another format, and refuse to replace any that are not its own."""
    other = settings.replace(format="tiff" if settings.format == "ome-zarr" else "ome-zarr")
    for movie in movies:
        check_place(_labels_file(movie, out, settings), out)
        remove_other_format(out / RECORD, _labels_file(movie, out, other))


def _outlines_file(movie: MatchedMovie, out: Path) -> Path:
    return out / f"{stem(movie.name)}.geojson"


def _inputs(movies: Sequence[MatchedMovie], settings: CombineSettings) -> list[Path]:
    files = [file for movie in movies for file in movie.files]
    if settings.rule != "probability":
        return files
    tables = [table for movie in movies for table in movie.tables]
    missing = [table for table in tables if not table.is_file()]
    if missing:
        raise BadInput(
            f"{missing[0]}: does not exist, and {option('rule', 'probability')} needs it",
            found=f"{len(missing)} of {len(tables)} tables missing",
            expected=f"a table of objects for each label image, from {command('predict')}",
            cure="choose another rule: smaller, larger or order",
        )
    return [*files, *tables]


def _combine_movie(
    movie: MatchedMovie,
    out: Path,
    settings: CombineSettings,
    names: Sequence[str],
    table: Any,
    counted: dict[str, Counter[str]],
) -> None:
    classes: list[NDArray[np.int64]] = []  # of the objects in each frame

    def frames(opened: Sequence[TimeLapse], dtype: np.dtype) -> Iterator[NDArray[Any]]:
        for t, combined in enumerate(_settled(movie, opened, settings)):
            table.writerows(_rows(movie.name, t, names, combined))
            for number, name in enumerate(names):
                objects = int((combined.classes == number).sum())
                counted[name].update(
                    objects=objects, cut=int(combined.cut[number]), dropped=int(combined.dropped[number])
                )
            classes.append(combined.classes)
            yield combined.labels.astype(dtype)[:, np.newaxis]

    with movie.opened(settings.axes) as opened:
        t = opened[0].shape[0]
        most = max(sum(int(one.frame(frame).max(initial=0)) for one in opened) for frame in range(t))
        dtype = label_type(most)
        path, shape, calibration = _labels_file(movie, out, settings), opened[0].shape, opened[0].calibration
        if settings.format == "ome-zarr":
            write_labels(path, frames(opened, dtype), shape, dtype, calibration, out)
        else:
            write_frames(path, frames(opened, dtype), shape, dtype, calibration)
    if settings.geojson:
        named = [[names[number] for number in of_frame] for of_frame in classes]
        write_planes_geojson(_outlines_file(movie, out), _outlines(path, named))


def _settled(
    movie: MatchedMovie, opened: Sequence[TimeLapse], settings: CombineSettings
) -> Iterator[Combined]:
    frames = opened[0].shape[0]
    known = movie.probabilities(frames) if settings.rule == "probability" else iter([[]] * frames)
    for t, probabilities in zip(range(frames), known, strict=True):
        layers = [as_labels(one.frame(t), one.path) for one in opened]
        try:
            yield settle(layers, settings, probabilities)
        except KeyError as error:
            raise BadInput(
                f"{movie.tables[0].name}: lacks objects of the label images",
                found=f"no probability of object {error} in frame {t}",
                cure="predict again; a table belongs to the label images written with it",
            ) from error


def _rows(file: str, t: int, names: Sequence[str], combined: Combined) -> Iterator[tuple[Any, ...]]:
    columns = (combined.classes, combined.areas, combined.before, combined.kept)
    for label, (number, area, before, kept) in enumerate(zip(*columns, strict=True), 1):
        yield file, t, label, names[number], int(area), int(before), f"{kept:.4f}"


def _outlines(
    path: Path, classes: Sequence[Sequence[str]]
) -> Iterator[tuple[list[Outline], tuple[int, int]]]:
    with TimeLapse(path) as labels:
        for t, of_frame in enumerate(classes):
            for z, plane in enumerate(labels.frame(t)[:, 0]):
                yield outlines_of(plane, of_frame), (z, t)
