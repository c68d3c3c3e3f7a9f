"""Images and movies that a model was trained on are detected, whatever folder they are in now."""

from pathlib import Path

import pytest

from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.splitting import Split, write_split
from cpretrain.evaluation.leakage import not_held_out

RECORD = {"inputs": {"images/a.tif": "1111", "images/b.tif": "2222", "masks/a.tif": "3333"}}


def pair(name: str, movie: str = "") -> Pair:
    return Pair(Path("/experiment/images") / name, Path("/experiment/masks") / name, movie or name)


@pytest.fixture
def model(tmp_path):
    parts = Split(
        (pair("a.tif", "Film 1.tif"),), (pair("b.tif", "Film 2.tif"),), (pair("c.tif", "Film 3.tif"),)
    )
    write_split(tmp_path / "split.csv", parts)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "movie", "digest", "said"),
    [
        ("new.tif", "", "1111", "1 of 1 images were trained on"),
        ("new.tif", "", "2222", ""),
        ("new.tif", "", "9999", ""),
        ("new.tif", "Film 1.tif", "9999", "1 of 1 frames are from movies that were trained on"),
        ("new.tif", "Film 2.tif", "9999", ""),
        ("Film 1.tif", "", "9999", "1 of 1 frames are from movies that were trained on"),
        ("Film 1_t0003.tif", "", "9999", "1 of 1 frames are from movies that were trained on"),
        ("Film 3 (7).tif", "", "9999", "1 of 1 frames are from movies that were trained on"),
        ("Film 10.tif", "", "9999", ""),
    ],
)
def test_seen_in_training(model, name, movie, digest, said):
    images = [pair(name, movie)]
    found = not_held_out(model, RECORD, {"crop": [], "frame": images}, {f"images/{name}": digest})
    assert [text[: len(said)] for text in found] == ([said] if said else [])


def test_own_validation_images_and_models_without_a_split_are_not_looked_at(model, tmp_path):
    assert not_held_out(model, RECORD, {"crop": [pair("a.tif")]}, {"images/a.tif": "1111"}) == ()
    (model / "split.csv").unlink()
    assert not_held_out(model, RECORD, {"image": [pair("a.tif")]}, {"images/a.tif": "1111"}) == ()
