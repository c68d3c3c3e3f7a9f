"""Import ground truth of any format as one clean label TIFF per training image: all of them, or none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import NAME as CROPS
from cpretrain.dataset.crops_table import read_crops
from cpretrain.dataset.reading import read_image
from cpretrain.errors import BadFolder, BadInput, Problem
from cpretrain.images.discovery import list_images
from cpretrain.images.tiff.image_facts import describe_image
from cpretrain.labels.encodings import INSTANCE_ENCODINGS
from cpretrain.labels.foreign import describe, holds_annotations
from cpretrain.labels.ignored import ignored_as_tiff, ignored_file, wrote_ignored
from cpretrain.labels.label_image import EMPTY, LabelImage
from cpretrain.labels.measure import TINY, edge_objects, inside_border
from cpretrain.labels.outline_file import looks_like_geojson
from cpretrain.labels.own_file import RECORD, as_tiff
from cpretrain.labels.pairing import (
    NamedMatch,
    is_mask_file,
    match_by_name,
    take_out_ignored,
    without_masks,
)
from cpretrain.labels.unknown_area import NO_REGION
from cpretrain.masks.fit import MaskFit, common_shift, mask_fit
from cpretrain.masks.reading import read_ground_truth
from cpretrain.masks.report import Picture, draw, write_report
from cpretrain.masks.result import MaskRow, MasksResult, as_rows
from cpretrain.masks.size import BORDER
from cpretrain.runtime.console import info, progress
from cpretrain.runtime.listing import first_names
from cpretrain.runtime.spelling import option
from cpretrain.runtime.wording import counted
from cpretrain.settings.masks import MaskSettings
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.csv_table import open_table
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import done_record

TABLE = "masks.csv"
OBJECTS = "mask_objects.csv"
REPORT = "masks_report.html"
_HARMLESS = ("framed", "cut by", "put together", "ignored:")
_OUTLINES = ("GeoJSON", "ImageJ ROIs")
_UNSAVED = " (where cells were drawn, save in QuPath with Ctrl+S, and export again)"
_CLASSES = " (if these are cells of one class, export with .useInstanceLabels())"
_PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
_SAVE_AS_TIFF = "open the images in Fiji and save them with File > Save As > Tiff"


@dataclass(frozen=True)
class _Ready:
    """Results for one image, ready to be written; pixels are kept as a compressed TIFF, so that many fit in memory."""

    row: MaskRow
    notes: tuple[str, ...]
    objects: list[tuple[str, int, str, str, int]]
    tiff: bytes
    ignored: bytes | None
    fit: MaskFit | None
    jpeg: bytes

    @property
    def to_check(self) -> tuple[str, ...]:
        """Notes that the user should check."""
        texts = [note for note in self.notes if note != EMPTY and not note.startswith(_HARMLESS)]
        return (*texts, *([self.fit.warning] if self.fit and self.fit.warning else []))


def import_masks(
    ground_truth: PathLike, images: PathLike, *, out: PathLike, settings: MaskSettings | None = None
) -> MasksResult:
    """Turn ground truth drawn in QuPath (or elsewhere) into one label image for each training image.

    Parameters
    ----------
    ground_truth : path-like
        Folder of label images, GeoJSON files and ImageJ ROIs; see `cpretrain.labels.pairing.match_by_name` for their
        names. Beside them, ``NAME_ignore`` in any of these formats marks pixels of ``NAME.tif`` to be ignored.
    images : path-like
        Folder of training images; ``crops.csv`` in it states the width of their border.
    out : path-like
        Result folder: a label TIFF (uint16 or uint32, shape (Y, X)) for each image under the image's own name,
        ``masks.csv``, ``mask_objects.csv`` (class, name and area of each object), ``masks_report.html`` (every
        mask on its image, those to check first) and ``masks.json``; and ``NAME_ignore.tif`` for each image with
        ignored pixels.
    settings : MaskSettings, optional
        Options for reading.

    Returns
    -------
    MasksResult

    Raises
    ------
    BadFolder
        With all problems of the folder at once. Nothing is written then.
    """
    ground_truth, images, out = to_path(ground_truth), to_path(images), to_path(out)
    settings = settings or MaskSettings()
    if out.resolve() in (ground_truth.resolve(), images.resolve()):
        raise BadInput(
            f"{out}: is one of the input folders", cure=f"choose another folder with {option('out')}"
        )
    found = _two_folders(ground_truth, images)
    matches = match_by_name(found.images, found.drawn, found.unread)
    inputs = [*_inputs(matches.pairs), *found.ignored.values()]
    if not matches.problems and (earlier := _unchanged(out, settings, inputs, matches.pairs, images)):
        info(f"masks: {out} is complete and unchanged")
        return earlier
    provenance = Provenance("masks", settings, [*inputs, *_table(images)])
    ready, problems = _read_all(matches.pairs, images, settings, found.ignored)
    problems = [*matches.problems, *problems]
    selected = settings.classes or settings.take != "all"
    if selected and not problems and not any(one.row.objects for one in ready):
        problems.append(_none_selected(ground_truth, settings, ready))
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise BadFolder(f"{ground_truth}: {count}, nothing was written", problems)
    return _write(ground_truth, out, ready, provenance, found.foreign())


def _unchanged(
    out: Path, settings: MaskSettings, inputs: Sequence[Path], pairs: Sequence[NamedMatch], images: Path
) -> MasksResult | None:
    """Return the result of an earlier import of the same files, if it is still intact."""
    outputs = _outputs(out, [found.image.name for found in pairs])
    record = done_record(out / RECORD, settings, inputs, outputs, _table(images))
    return MasksResult(out, record["masks"], record["warnings"]) if record else None


def _inputs(pairs: Sequence[NamedMatch]) -> list[Path]:
    return [path for found in pairs for path in (found.image, *found.masks)]


def _folder(images: Path) -> Path:
    return images if images.is_dir() else images.parent


def _table(images: Path) -> list[Path]:
    """List the crop table, which states the width of the borders, if it exists."""
    table = _folder(images) / CROPS
    return [table] if table.is_file() else []


def _outputs(out: Path, names: Iterable[str]) -> list[Path]:
    return [out / name for name in (TABLE, OBJECTS, REPORT, *names)]


@dataclass(frozen=True)
class _Found:
    """Files of the two folders: training images, ground truth, others, and ignored pixels by image."""

    images: list[Path]
    drawn: list[Path]
    unread: list[Path]
    ignored: dict[Path, Path]

    def foreign(self) -> list[str]:
        """Return a note on files that hold annotations in a form that is not read."""
        files = [path for path in self.unread if holds_annotations(path)]
        if not files:
            return []
        found, cure = describe(files)
        return [f"not read: {found}: {cure}"]


def _two_folders(ground_truth: Path, images: Path) -> _Found:
    files = _images_in(images)
    here = sorted(path for path in ground_truth.iterdir() if path.is_file()) if ground_truth.is_dir() else []
    drawn = [path for path in here if _is_drawn(path)]
    if ground_truth.is_file():
        drawn = [ground_truth] if is_mask_file(ground_truth) else []
        here = [ground_truth]
    if not drawn:
        found, cure = describe(path for path in here if not path.name.startswith("."))
        raise BadInput(
            f"{ground_truth}: no ground truth here",
            found=found if ground_truth.exists() else "no such file or folder",
            expected="label images (.tif, .png), outlines (.geojson, .json), ImageJ ROIs (.roi, .zip) or masks of "
            "Cellpose's window (_seg.npy)",
            cure=cure,
        )
    unread = [path for path in here if path not in set(drawn)]
    ignored = take_out_ignored(files, drawn)
    files, drawn = ignored.images, ignored.masks
    if ground_truth.resolve() == images.resolve():
        files = without_masks(files)
        drawn = [path for path in drawn if path not in set(files)]
    elif images.is_dir():
        unread += [path for path in images.iterdir() if path.is_file() and path not in set(files)]
    unread = [path for path in unread if not path.name.startswith(".")]
    return _Found(files, drawn, unread, ignored.by_image)


def _images_in(images: Path) -> list[Path]:
    """List the training images.

    Raises
    ------
    BadInput
        When there is none; the error names pictures of other formats and the cure.
    """
    try:
        return list_images(images)
    except BadInput as error:
        pictures = images.is_dir() and any(path.suffix.lower() in _PICTURES for path in images.iterdir())
        raise BadInput(
            error.problem,
            found=error.found,
            expected=error.expected,
            cure=_SAVE_AS_TIFF if pictures else error.cure,
        ) from error


def _is_drawn(path: Path) -> bool:
    """Return whether a file holds ground truth, unlike other JSON files such as the records of cpretrain."""
    return is_mask_file(path) and (path.suffix.lower() != ".json" or looks_like_geojson(path))


def _none_selected(ground_truth: Path, settings: MaskSettings, ready: Sequence[_Ready]) -> Problem:
    classes = f"object of class {', '.join(settings.classes)}" if settings.classes else "of the"
    kinds = f" {settings.take} asked for" if settings.take != "all" else ""
    return Problem(
        ground_truth.name,
        f"holds no {classes}" + (f" among the{kinds}" if settings.classes and kinds else kinds),
        found="; ".join(sorted({note for one in ready for note in one.notes if note != EMPTY})),
        cure="write the class as in QuPath"
        if settings.classes
        else f"choose another {option('take')}, or leave it out",
    )


def _names(found: NamedMatch) -> str:
    first = found.masks[0].name
    return f"{found.image.name} ← {first}" + (f" and {len(found.masks) - 1} tiles" if found.masks[1:] else "")


def _read_all(
    pairs: Sequence[NamedMatch], images: Path, settings: MaskSettings, ignored: Mapping[Path, Path]
) -> tuple[list[_Ready], list[Problem]]:
    origins = read_crops(_folder(images))
    ready, problems = [], []
    with progress("masks", len(pairs)) as step:
        for found in pairs:
            border = origins[found.image.name].border if found.image.name in origins else BORDER
            try:
                size, pixels = describe_image(found.image).size, read_image(found.image)
            except BadInput as error:
                problems.append(Problem.of(found.image.name, error, (found.image,)))
                continue
            try:
                drawn = read_ground_truth(found, size, border, settings, ignored.get(found.image))
                ready.append(_prepare(found, drawn, pixels, border))
            except BadInput as error:
                problems.append(Problem.of(_names(found), error, (found.image, *found.masks)))
            step(found.image.name)
    return ready, problems


def _prepare(found: NamedMatch, image: LabelImage, pixels: NDArray[Any], border: int) -> _Ready:
    fit = mask_fit(pixels, image.labels, border)
    return _Ready(
        _row(found, image, fit, border),
        image.notes,
        _objects(found.image.name, image),
        as_tiff(image.labels),
        ignored_as_tiff(image.ignored) if image.ignored is not None and image.ignored.any() else None,
        fit,
        draw(pixels, image.labels, image.ignored),
    )


def _row(found: NamedMatch, image: LabelImage, fit: MaskFit | None, border: int) -> MaskRow:
    height, width = image.labels.shape
    areas = np.bincount(image.labels.reshape(-1))[1:]
    return MaskRow(
        file=found.image.name,
        mask="|".join(mask.name for mask in found.masks),
        encoding=image.encoding,
        height=height,
        width=width,
        objects=image.objects,
        touching_border=edge_objects(image.labels, border),
        tiny=int((areas < TINY).sum()),
        in_pieces=image.in_pieces,
        overlapping=image.overlapping,
        fit=fit.strength if fit else None,
        notes="; ".join((*image.notes, *([fit.warning] if fit and fit.warning else []))),
        ignored=_share(image.ignored, border),
    )


def _share(ignored: NDArray[np.bool_] | None, border: int) -> float | None:
    """Return the share of ignored pixels inside the border; None if there are none."""
    if ignored is None or not ignored.any():
        return None
    return round(float(inside_border(ignored, border).mean()), 4)


def _objects(name: str, image: LabelImage) -> list[tuple[str, int, str, str, int]]:
    areas = np.bincount(image.labels.reshape(-1))[1:].tolist()
    classes, names = (list(texts) or [""] * len(areas) for texts in (image.classes, image.names))
    numbers = range(1, len(areas) + 1)
    return [(name, *facts) for facts in zip(numbers, classes, names, areas, strict=True)]


def _write(
    ground_truth: Path,
    out: Path,
    ready: Sequence[_Ready],
    provenance: Provenance,
    foreign: Sequence[str],
) -> MasksResult:
    for one in ready:
        with write_aside(out / one.row.file) as aside:
            aside.write_bytes(one.tiff)
    _write_ignored(out, ready)
    rows = as_rows([one.row for one in ready])
    with open_table(out / TABLE, list(rows[0])) as table:
        table.writerows(row.values() for row in rows)
    objects = [line for one in ready for line in one.objects]
    with open_table(out / OBJECTS, ("file", "label", "class", "name", "area")) as table:
        table.writerows(objects)
    result = MasksResult(out, rows, [*_warnings(ready), *foreign, *_left_behind(out, rows)])
    common = [
        text for text in result.warnings if not any(text.startswith(f"{row['file']}: ") for row in rows)
    ]
    write_report(out / REPORT, [_picture(one) for one in ready], common)
    provenance.write(
        out / RECORD,
        outputs=[*_outputs(out, [row["file"] for row in rows]), *_ignored_files(out, ready)],
        ground_truth=str(ground_truth),
        images=result.images,
        objects=result.objects,
        warnings=result.warnings,
        masks=rows,
    )
    return result


def _ignored_files(out: Path, ready: Sequence[_Ready]) -> list[Path]:
    return [ignored_file(out / one.row.file) for one in ready if one.ignored]


def _write_ignored(out: Path, ready: Sequence[_Ready]) -> None:
    """Write the ignored pixels of each image, and remove those that an earlier import wrote for the others."""
    for one in ready:
        path = ignored_file(out / one.row.file)
        if one.ignored:
            with write_aside(path) as aside:
                aside.write_bytes(one.ignored)
        elif wrote_ignored(path):
            path.unlink()


def _picture(one: _Ready) -> Picture:
    row = one.row
    objects = counted(row.objects, "object")
    at_edge = f", {row.touching_border} of them at the edge" if row.touching_border else ""
    ignored = f", {row.ignored:.0%} ignored" if row.ignored else ""
    facts = f"{row.height} × {row.width} pixels, {objects}{at_edge}{ignored}"
    return Picture(row.file, row.mask, row.encoding, facts, one.to_check, one.jpeg)


def _warnings(ready: Sequence[_Ready]) -> list[str]:
    """Return warnings for the user: notes on single images, then counts over all images."""
    shift = common_shift([one.fit for one in ready if one.fit])
    warnings = [shift] if shift else []
    warnings += [f"{one.row.file}: {note}" for one in ready for note in one.to_check if note != NO_REGION]
    complete = [one.row.file for one in ready if NO_REGION in one.notes]
    empty = [one.row for one in ready if not one.row.objects]
    split = [one.row for one in ready if one.row.in_pieces]
    tiny = sum(one.row.tiny for one in ready)
    in_pieces = sum(row.in_pieces for row in split)
    unsaved = _UNSAVED if any(row.encoding in _OUTLINES for row in empty) else ""
    classes = _CLASSES if any(row.encoding not in (*_OUTLINES, *INSTANCE_ENCODINGS) for row in split) else ""
    counts = (
        (
            len(complete),
            f"{counted(len(complete), 'image has', 'images have')} no region of class Region* and "
            f"{'counts' if len(complete) == 1 else 'count'} as drawn completely: {first_names(complete)}",
        ),
        (len(empty), f"{counted(len(empty), 'image holds', 'images hold')} no object{unsaved}"),
        (in_pieces, f"{counted(in_pieces, 'object is', 'objects are')} in several separate pieces{classes}"),
        (tiny, f"{counted(tiny, 'object is', 'objects are')} smaller than {TINY} pixels"),
    )
    return warnings + [text for count, text in counts if count]


def _left_behind(out: Path, rows: Sequence[dict[str, Any]]) -> list[str]:
    written = {name for row in rows for name in (row["file"], ignored_file(out / row["file"]).name)}
    others = [path.name for path in list_images(out) if path.name not in written]
    if not others:
        return []
    names = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
    return [f"{out} also holds images that this import did not write: {names}"]
