"""The real QuPath annotations that several test modules read."""

from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from tests.support.paths import DATA

QUPATH = DATA / "qupath"
NAME = "Edu+_RFP+_(3)"
IMAGE = QUPATH / "images" / f"{NAME}.tif"
LABELS = QUPATH / "labels" / f"{NAME}-labels.tif"
GEOJSON = QUPATH / "geojson" / f"{NAME}.geojson"
SIZE = (512, 512)


def variant(suffix: str) -> Path:
    """Return the path of one encoding of the annotations."""
    return QUPATH / "variants_derived" / f"{NAME}{suffix}"


def true_labels() -> NDArray[np.uint16]:
    """Return the labels of the 19 objects, 1 to 19."""
    return tifffile.imread(LABELS)


def same_objects(one: NDArray, other: NDArray) -> bool:
    """Return whether two label images hold the same objects, whatever their numbers."""
    if one.shape != other.shape:
        return False
    together = np.unique(np.stack([one.ravel(), other.ravel()]), axis=1)
    return together.shape[1] == len(np.unique(one)) == len(np.unique(other))


def ious(truth: NDArray, other: NDArray) -> NDArray[np.float64]:
    """Return for each true object the IoU with the object that covers most of it."""
    found = []
    for number in range(1, int(truth.max()) + 1):
        inside = truth == number
        best = np.bincount(other[inside]).argmax()
        union = (inside | (other == best)).sum()
        found.append((inside & (other == best)).sum() / union if best else 0.0)
    return np.array(found)
