"""Label images that cpretrain wrote: each number is an object, so nobody has to guess what they mean.

The file itself says so, in its TIFF tag *Software*, wherever it is copied to and whatever it is called; a program that
changes it writes its own tag. Of folders that earlier versions wrote, ``masks.json`` says it.
"""

import io
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.storage.atomic import write_aside
from cpretrain.storage.json_file import read_json

RECORD = "masks.json"
"""The record of ``cpretrain masks``, beside its label images."""

SOFTWARE = "cpretrain, one number for each object"
ENCODING = "label image of cpretrain"


def as_tiff(labels: NDArray[Any]) -> bytes:
    """Give the TIFF of a label image (axes y, x) as ImageJ and QuPath open it: one plane, deflate."""
    file = io.BytesIO()
    tifffile.imwrite(
        file, labels, compression="zlib", photometric="minisblack", metadata=None, software=SOFTWARE
    )
    return file.getvalue()


def write_labels(path: Path, labels: NDArray[Any]) -> None:
    """Write a label image like `as_tiff`, whole or not at all."""
    with write_aside(path) as aside:
        aside.write_bytes(as_tiff(labels))


def is_own(page: tifffile.TiffPage) -> bool:
    """Whether a page of a TIFF says that cpretrain wrote it as a label image."""
    return str(page.software).strip("\0 ") == SOFTWARE


def in_record(path: str | os.PathLike, labels: NDArray[Any]) -> bool:
    """Whether the record beside a label image lists it, with as many objects as it has."""
    record = Path(path).parent / RECORD
    if labels.ndim != 2 or labels.dtype.kind != "u":
        return False
    try:
        objects = _objects(record, record.stat().st_mtime_ns).get(Path(path).name)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return objects is not None and objects == len(np.setdiff1d(labels, [0]))


@lru_cache(maxsize=8)
def _objects(record: Path, _changed: int) -> dict[str, int]:
    """Number of objects in each file that a record of ``cpretrain masks`` lists."""
    facts = read_json(record)
    return {row["file"]: row["objects"] for row in facts["masks"]} if facts["step"] == "masks" else {}
