"""Origins of images, as far as files beside them tell."""

import json

import pytest
import tifffile

from cpretrain.crops.cutting import cut_crops
from cpretrain.evaluation.report.origins import crops_of, describe_origins
from cpretrain.settings.crops import CropSettings
from tests.support.movies import write_movie


@pytest.fixture
def crops(tmp_path):
    for name in ("Film 1.tif", "Film 2.tif"):
        write_movie(tmp_path / "corrected" / name)
        drift = {"step": "drift", "engine": "native", "clipped_pairs": [3] if "2" in name else []}
        (tmp_path / "corrected" / name.replace(".tif", ".json")).write_text(json.dumps(drift))
    folder = cut_crops(tmp_path / "corrected", settings=CropSettings(per_image=2, size=40, seed=5)).folder
    return sorted(folder.glob("*.tif"))


def test_crops_and_drift_are_told(crops):
    found = crops_of(crops)
    assert {crop.source for crop in found.values()} == {"Film 1.tif", "Film 2.tif"}
    assert describe_origins(crops) == [
        ("crops", "per image 2; size 40; border 2; seed 5; planes xy"),
        (
            "drift",
            "corrected in 2 movies by the engine native; in 1 of them the largest allowed shift was reached",
        ),
    ]


@pytest.mark.parametrize("damage", ["{", "[]", None])
def test_what_is_not_known_is_left_out(crops, tmp_path, damage):
    for path in (tmp_path / "corrected").glob("*.json"):
        path.unlink() if damage is None else path.write_text(damage)
    assert [name for name, _ in describe_origins(crops)] == ["crops"]
    (crops[0].parent / "crops.csv").unlink()
    assert describe_origins(crops) == []
    tifffile.imwrite(tmp_path / "alone.tif", tifffile.imread(crops[0]))
    assert describe_origins([tmp_path / "alone.tif"]) == []
