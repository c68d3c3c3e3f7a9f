"""Predictions that come back unchanged are reported."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.crops_table import Crop, write_crops
from cpretrain.rounds.folder import Part
from cpretrain.rounds.second_look import uncorrected
from tests.support.paths import FAULTS

COPIES = FAULTS / "masks-11" / "masks"


@pytest.fixture
def part(tmp_path):
    """A part of a round with real predictions; two crops of ten have no objects, or are untouched."""
    part = Part(tmp_path / "round_01")
    for folder in (part.images, part.predictions, part.masks):
        folder.mkdir(parents=True)
    names = [path.name for path in sorted(COPIES.glob("*.tif"))]
    write_crops(part.images, [Crop(name, "m.tif", 0, 0, 0, 0, 100, 100, 2, 0) for name in names])
    for name in names:
        labels = tifffile.imread(COPIES / name)
        tifffile.imwrite(part.predictions / name, labels)
        tifffile.imwrite(part.masks / name, np.roll(labels, 1, axis=0))
    (part.folder / "round.json").write_text(json.dumps({"settings": {}, "model": {"name": "base_nuclei"}}))
    return part


def test_masks_11_in_a_round(part):
    assert uncorrected(part) == []
    copied = [crop.file for crop in part.crops[:4]]
    for name in copied:
        labels = tifffile.imread(part.predictions / name)
        tifffile.imwrite(part.masks / name, np.where(labels, 3 + 2 * labels, 0).astype(np.uint16))
    (note,) = uncorrected(part)
    assert note.startswith("round_01: 3 of 9 masks are exactly what base_nuclei predicted")
    (part.predictions / copied[0]).unlink()
    assert uncorrected(part)[0].startswith("round_01: 2 of 8 masks")
