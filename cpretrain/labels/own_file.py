"""Label images that cpretrain wrote: each number is known to be an object, so that nothing needs guessing.

The file itself states it in its TIFF tag *Software*, wherever it is copied and however it is named; a program that
changes the file writes its own tag. For label images without that tag, written by earlier versions and by ``predict``,
the record beside them states it.
"""

import io
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.labels.pairing import stem
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.json_file import read_json

RECORD, COMBINED = "masks.json", "combine.json"
"""The records of ``cpretrain masks`` and ``combine``, beside their label images."""

SOFTWARE = "cpretrain, one number for each object"
ENCODING = "label image of cpretrain"


def as_tiff(labels: NDArray[Any], software: str = SOFTWARE) -> bytes:
    """Encode a label image as a TIFF that ImageJ and QuPath open: one plane, deflate.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        0 is background.
    software : str
        What the tag *Software* states.
    """
    file = io.BytesIO()
    tifffile.imwrite(
        file, labels, compression="zlib", photometric="minisblack", metadata=None, software=software
    )
    return file.getvalue()


def write_labels(path: Path, labels: NDArray[Any]) -> None:
    """Write a label image, ndarray of int, shape (Y, X), like `as_tiff`, atomically."""
    with write_aside(path) as aside:
        aside.write_bytes(as_tiff(labels))


def is_own(page: tifffile.TiffPage, software: str = SOFTWARE) -> bool:
    """Return whether the tag of a TIFF page marks it as written by cpretrain; by default, as a label image."""
    return str(page.software).strip("\0 ") == software


def in_record(path: str | os.PathLike, labels: NDArray[Any]) -> bool:
    """Return whether a record beside a label image states that a step of cpretrain wrote it.

    ``masks.json`` lists its files with their numbers of objects, which must agree; ``combine.json`` covers its whole
    folder, and the ``NAME.json`` of ``predict`` one file.

    Parameters
    ----------
    path : path-like
        The label image.
    labels : ndarray of int, shape (Y, X)
        Its content.
    """
    file = Path(path)
    if labels.ndim != 2 or labels.dtype.kind != "u":
        return False
    objects = _objects_in(file.with_name(RECORD)).get(file.name)
    if objects is not None and objects == len(np.setdiff1d(labels, [0])):
        return True
    one = file.with_name(f"{stem(file.name)}.json")
    return _step_of(file.with_name(COMBINED)) == "combine" or _step_of(one) == "predict"


def _objects_in(record: Path) -> dict[str, int]:
    """Return the number of objects in each file that a record of ``cpretrain masks`` lists."""
    try:
        facts = _read(record, record.stat().st_mtime_ns)
        return {row["file"]: row["objects"] for row in facts["masks"]} if facts["step"] == "masks" else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _step_of(record: Path) -> object:
    try:
        return _read(record, record.stat().st_mtime_ns)["step"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=8)
def _read(record: Path, _changed: int) -> Any:
    return read_json(record)
