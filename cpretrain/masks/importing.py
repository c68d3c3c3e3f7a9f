"""Ground truth of any make in, one clean label TIFF per training image out: all of them, or none."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.dataset.crops_table import NAME as CROPS
from cpretrain.dataset.crops_table import read_crops
from cpretrain.dataset.reading import read_image
from cpretrain.errors import BadFolder, BadInput, Problem
from cpretrain.images.discovery import list_images
from cpretrain.labels.label_image import EMPTY, LabelImage
from cpretrain.labels.measure import TINY, edge_objects
from cpretrain.labels.outline_file import looks_like_geojson
from cpretrain.labels.pairing import Match, is_mask_file, match, without_masks
from cpretrain.masks.fit import MaskFit, common_shift, mask_fit
from cpretrain.masks.reading import read_ground_truth
from cpretrain.masks.report import Picture, draw, write_report
from cpretrain.masks.result import MaskRow, MasksResult
from cpretrain.masks.size import BORDER
from cpretrain.runtime.console import progress, say
from cpretrain.settings.masks import MaskSettings
from cpretrain.storage.atomic import write_aside, write_text
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import done_record

TABLE = "masks.csv"
OBJECTS = "mask_objects.csv"
REPORT = "masks_report.html"
RECORD = "masks.json"
_HARMLESS = ("framed", "cut by", "put together")


@dataclass(frozen=True)
class _Ready:
    """What is about to be written for one image; the pixels as a compressed TIFF, so that many fit in memory."""

    row: MaskRow
    notes: tuple[str, ...]
    objects: list[tuple[str, int, str, str, int]]
    tiff: bytes
    fit: MaskFit | None
    jpeg: bytes

    @property
    def to_check(self) -> tuple[str, ...]:
        """What a person should look at."""
        texts = [note for note in self.notes if note != EMPTY and not note.startswith(_HARMLESS)]
        return (*texts, *([self.fit.warning] if self.fit and self.fit.warning else []))


def import_masks(
    ground_truth: PathLike, images: PathLike, out: PathLike, settings: MaskSettings | None = None
) -> MasksResult:
    """Turn ground truth drawn in QuPath (or elsewhere) into one label image for each training image.

    Parameters
    ----------
    ground_truth : path-like
        Folder of label images, GeoJSON files and ImageJ ROIs; see `cpretrain.qupath.pairing.match` for their names.
    images : path-like
        Folder of training images; ``crops.csv`` in it gives the width of their border.
    out : path-like
        Gets a label TIFF (axes y, x; uint16 or uint32) for each image under the image's own name,
        ``masks.csv``, ``mask_objects.csv`` (class, name and area of each object), ``masks_report.html`` (every
        mask on its image, those to check first) and ``masks.json``.
    settings : MaskSettings, optional
        How to read.

    Returns
    -------
    MasksResult

    Raises
    ------
    BadFolder
        All problems of the folder in one go; then nothing was written.
    """
    ground_truth, images, out = to_path(ground_truth), to_path(images), to_path(out)
    settings = settings or MaskSettings()
    if out.resolve() in (ground_truth.resolve(), images.resolve()):
        raise BadInput(f"{out}: is one of the folders read from", cure="name another folder with --out")
    files, drawn = _two_folders(ground_truth, images)
    matches = match(files, drawn)
    if not matches.problems and (earlier := _unchanged(out, settings, matches.pairs, images)):
        say(f"masks: {out} is complete and unchanged")
        return earlier
    provenance = Provenance("masks", settings, [*_inputs(matches.pairs), *_table(images)])
    ready, problems = _read_all(matches.pairs, images, settings)
    problems = [*matches.problems, *problems]
    if settings.classes and not problems and not any(one.row.objects for one in ready):
        problems.append(_no_such_class(ground_truth, settings, ready))
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise BadFolder(f"{ground_truth}: {count}, nothing was written", problems)
    return _write(ground_truth, out, ready, provenance)


def _unchanged(out: Path, settings: MaskSettings, pairs: Sequence[Match], images: Path) -> MasksResult | None:
    """Return the result of an earlier import of the same files, if it is still whole."""
    outputs = _outputs(out, [found.image.name for found in pairs])
    record = done_record(out / RECORD, settings, _inputs(pairs), outputs, _table(images))
    return MasksResult(out, record["masks"], record["warnings"]) if record else None


def _inputs(pairs: Sequence[Match]) -> list[Path]:
    return [path for found in pairs for path in (found.image, *found.masks)]


def _folder(images: Path) -> Path:
    return images if images.is_dir() else images.parent


def _table(images: Path) -> list[Path]:
    """List the table of crops, which says how wide their borders are, where there is one."""
    table = _folder(images) / CROPS
    return [table] if table.is_file() else []


def _outputs(out: Path, names: Iterable[str]) -> list[Path]:
    return [out / name for name in (TABLE, OBJECTS, REPORT, *names)]


def write_labels(path: Path, labels: NDArray[Any]) -> None:
    """Write a label image (axes y, x) as ImageJ and QuPath open it: one plane, deflate; whole or not at all."""
    with write_aside(path) as aside:
        aside.write_bytes(_as_tiff(labels))


def _as_tiff(labels: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, labels, compression="zlib", photometric="minisblack", metadata=None)
    return file.getvalue()


def _two_folders(ground_truth: Path, images: Path) -> tuple[list[Path], list[Path]]:
    files = list_images(images)
    if ground_truth.is_dir():
        drawn = [path for path in ground_truth.iterdir() if path.is_file() and _is_drawn(path)]
    else:
        drawn = [ground_truth] if ground_truth.is_file() else []
    if not drawn:
        raise BadInput(
            f"{ground_truth}: no ground truth here",
            found="no such file or folder" if not ground_truth.exists() else "none of the files looked for",
            expected="label images (.tif, .png), outlines (.geojson, .json) or ImageJ ROIs (.roi, .zip)",
            cure="export from QuPath into this folder",
        )
    if ground_truth.resolve() == images.resolve():
        files = without_masks(files)
        drawn = [path for path in drawn if path not in set(files)]
    return files, drawn


def _is_drawn(path: Path) -> bool:
    """Leave out JSON files of other kinds, such as the records that cpretrain writes."""
    return is_mask_file(path) and (path.suffix.lower() != ".json" or looks_like_geojson(path))


def _no_such_class(ground_truth: Path, settings: MaskSettings, ready: Sequence[_Ready]) -> Problem:
    return Problem(
        ground_truth.name,
        f"holds no object of class {', '.join(settings.classes)}",
        found="; ".join(sorted({note for one in ready for note in one.notes if note != EMPTY})),
        cure="name the class as it is written in QuPath",
    )


def _names(found: Match) -> str:
    first = found.masks[0].name
    return f"{found.image.name} ← {first}" + (f" and {len(found.masks) - 1} tiles" if found.masks[1:] else "")


def _read_all(
    pairs: Sequence[Match], images: Path, settings: MaskSettings
) -> tuple[list[_Ready], list[Problem]]:
    origins = read_crops(_folder(images))
    ready, problems = [], []
    with progress("masks", len(pairs)) as step:
        for found in pairs:
            border = origins[found.image.name].border if found.image.name in origins else BORDER
            try:
                ready.append(_prepare(found, read_ground_truth(found, border, settings), border))
            except BadInput as error:
                problems.append(Problem.of(_names(found), error, (found.image, *found.masks)))
            step(found.image.name)
    return ready, problems


def _prepare(found: Match, image: LabelImage, border: int) -> _Ready:
    pixels = read_image(found.image)
    fit = mask_fit(pixels, image.labels, border)
    return _Ready(
        _row(found, image, fit),
        image.notes,
        _objects(found.image.name, image),
        _as_tiff(image.labels),
        fit,
        draw(pixels, image.labels),
    )


def _row(found: Match, image: LabelImage, fit: MaskFit | None) -> MaskRow:
    height, width = image.labels.shape
    areas = np.bincount(image.labels.reshape(-1))[1:]
    return MaskRow(
        file=found.image.name,
        mask="|".join(mask.name for mask in found.masks),
        encoding=image.encoding,
        height=height,
        width=width,
        objects=image.objects,
        touching_border=edge_objects(image.labels),
        tiny=int((areas < TINY).sum()),
        in_pieces=image.in_pieces,
        overlapping=image.overlapping,
        fit=fit.strength if fit else None,
        notes="; ".join((*image.notes, *([fit.warning] if fit and fit.warning else []))),
    )


def _objects(name: str, image: LabelImage) -> list[tuple[str, int, str, str, int]]:
    areas = np.bincount(image.labels.reshape(-1))[1:].tolist()
    classes, names = (list(texts) or [""] * len(areas) for texts in (image.classes, image.names))
    numbers = range(1, len(areas) + 1)
    return [(name, *facts) for facts in zip(numbers, classes, names, areas, strict=True)]


def _write(ground_truth: Path, out: Path, ready: Sequence[_Ready], provenance: Provenance) -> MasksResult:
    for one in ready:
        with write_aside(out / one.row.file) as aside:
            aside.write_bytes(one.tiff)
    rows = [asdict(one.row) for one in ready]
    _write_table(out / TABLE, [column.name for column in fields(MaskRow)], [row.values() for row in rows])
    objects = [line for one in ready for line in one.objects]
    _write_table(out / OBJECTS, ("file", "label", "class", "name", "area"), objects)
    result = MasksResult(out, rows, _warnings(ready) + _left_behind(out, rows))
    common = [
        text for text in result.warnings if not any(text.startswith(f"{row['file']}: ") for row in rows)
    ]
    write_report(out / REPORT, [_picture(one) for one in ready], common)
    provenance.write(
        out / RECORD,
        outputs=_outputs(out, [row["file"] for row in rows]),
        ground_truth=str(ground_truth),
        images=result.images,
        objects=result.objects,
        warnings=result.warnings,
        masks=rows,
    )
    return result


def _picture(one: _Ready) -> Picture:
    row = one.row
    facts = (
        f"{row.height} × {row.width} pixels, {row.objects} objects, {row.touching_border} of them at the edge"
    )
    return Picture(row.file, row.mask, row.encoding, facts, one.to_check, one.jpeg)


def _write_table(path: Path, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(columns)
    table.writerows(rows)
    write_text(path, text.getvalue())


def _warnings(ready: Sequence[_Ready]) -> list[str]:
    """What a person should look at: notes of single images, then what is counted over all."""
    shift = common_shift([one.fit for one in ready if one.fit])
    warnings = [shift] if shift else []
    warnings += [f"{one.row.file}: {note}" for one in ready for note in one.to_check]
    counted = (
        (sum(one.row.objects == 0 for one in ready), "images hold no object"),
        (sum(one.row.in_pieces for one in ready), "objects are in several separate pieces"),
        (sum(one.row.tiny for one in ready), f"objects are smaller than {TINY} pixels"),
    )
    return warnings + [f"{count} {text}" for count, text in counted if count]


def _left_behind(out: Path, rows: Sequence[dict[str, Any]]) -> list[str]:
    written = {row["file"] for row in rows}
    others = [path.name for path in list_images(out) if path.name not in written]
    if not others:
        return []
    names = ", ".join(others[:5]) + (" …" if len(others) > 5 else "")
    return [f"{out} also holds images that this import did not write: {names}"]
