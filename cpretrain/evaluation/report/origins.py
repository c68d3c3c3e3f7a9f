"""Origin of images: movie, frame and position of a crop, and the drift correction of its movie."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cpretrain.dataset.crops_table import RECORD, Crop, crop_of
from cpretrain.evaluation.report.wording import listed
from cpretrain.images.discovery import beside
from cpretrain.storage.json_file import read_json


def crops_of(images: Iterable[Path]) -> dict[Path, Crop]:
    """Find the crops among images, from the ``crops.csv`` beside them."""
    return {image: crop for image in images if (crop := crop_of(image))}


def describe_origins(images: Iterable[Path]) -> list[tuple[str, str]]:
    """Describe how images were cut and the drift of their movies corrected, as far as records beside them tell.

    Returns
    -------
    list of (str, str)
        Topic and facts; empty if nothing is known.
    """
    crops = crops_of(images)
    folders = sorted({image.parent for image in crops})
    facts = []
    for folder in folders:
        cut = read_record(folder / RECORD).get("settings")
        if isinstance(cut, dict):
            facts.append(("crops", listed(cut)))
    movies = {
        beside(image.parent, "corrected") / f"{Path(crop.source).stem}.json" for image, crop in crops.items()
    }
    records = [record for record in map(read_record, sorted(movies)) if record.get("step") == "drift"]
    if records:
        engines = sorted({str(record.get("engine")) for record in records})
        clipped = sum(bool(record.get("clipped_pairs")) for record in records)
        facts.append(
            (
                "drift",
                f"corrected in {len(records)} movies by the engine {' and '.join(engines)}"
                + (f"; in {clipped} of them the largest allowed shift was reached" if clipped else ""),
            )
        )
    return facts


def read_record(path: Path) -> dict[str, Any]:
    """Read a record; return an empty dict on errors, since these facts are not worth failing for."""
    try:
        record = read_json(path)
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
