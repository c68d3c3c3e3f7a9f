"""Positions of a file are movies of their own, and stay on one side of the split where there are enough files."""

from pathlib import Path

import numpy as np
import pytest

from cpretrain.crops.cutting import cut_crops
from cpretrain.dataset.crops_table import read_crops
from cpretrain.dataset.pairs import Pair
from cpretrain.dataset.splitting import split_pairs
from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.settings.crops import CropSettings
from tests.support.microscope_files import some, write_nd2
from tests.support.movies import NATIVE


def crops(files: int, positions: int, each: int = 2) -> list[Pair]:
    """Crops of all positions, some named by the raw file, some by the corrected movie whose raw file is known."""
    return [
        Pair(Path(f"/i/{file}-{p}-{k}.tif"), Path("m"), f"{file}.nd2#{p}" if p % 2 else f"{file}_p{p}.tif",
             file="" if p % 2 else f"{file}.nd2")
        for file in range(files) for p in range(1, positions + 1) for k in range(each)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pairs", "split_by", "by", "warning"),
    [
        (crops(5, 4), "auto", "file", "2 validation movies: "),
        (crops(8, 3), "auto", "file", ""),
        (crops(2, 4), "auto", "movie", "positions of one file are on both sides"),
        (crops(8, 3), "movie", "movie", "positions of one file are on both sides"),
        (crops(2, 4), "file", "file", "1 validation movie: "),
        (crops(2, 2), "auto", "image", "4 movies, fewer than 5"),
        (crops(6, 1), "auto", "file", ""),
    ],
)
def test_positions_of_a_file_stay_together_where_there_are_enough_files(pairs, split_by, by, warning):
    parts = split_pairs(pairs, 0.7, split_by, seed=1)
    assert parts.by == by
    assert bool(parts.warnings) == bool(warning) and warning in "".join(parts.warnings)
    sides = [{pair.recording for pair in side} for side in (parts.train, parts.validation)]
    assert sides[0].isdisjoint(sides[1]) == (by == "file")
    if by == "file":
        assert {pair.movie for pair in parts.train} == sides[0]


def test_files_of_one_position_are_split_as_movies_are():
    pairs = [Pair(Path(f"/i/{m}-{k}.tif"), Path("m"), f"{m}.tif") for m in range(9) for k in range(3)]
    assert split_pairs(pairs, 0.7, "file", seed=3) == split_pairs(pairs, 0.7, "movie", seed=3)


def test_one_file_cannot_be_split_by_file():
    with pytest.raises(BadInput, match="one file cannot be split by file"):
        split_pairs(crops(1, 6), split_by="file")


def test_crops_know_their_file_before_and_after_the_drift_correction(tmp_path):
    raw = tmp_path / "raw"
    raw.mkdir()
    write_nd2(raw / "exp.nd2", np.repeat(some((1, 2, 60, 70, 1)), 2, axis=0), "TP")
    write_nd2(raw / "one.nd2", np.repeat(some((1, 60, 70, 1)), 2, axis=0), "T")
    settings = CropSettings(per_image=1, size=20)
    for images, sources in (
        (raw, {"exp.nd2#1": "exp.nd2", "exp.nd2#2": "exp.nd2", "one.nd2": ""}),
        (tmp_path / "corrected", {"exp_p1.tif": "exp.nd2", "exp_p2.tif": "exp.nd2", "one.tif": ""}),
    ):
        correct_drift(raw, settings=NATIVE)
        folder = cut_crops(images, settings=settings, out=tmp_path / f"crops of {images.name}").folder
        assert {crop.source: crop.source_file for crop in read_crops(folder).values()} == sources
        assert sorted(path.name.split("_t")[0] for path in folder.glob("*.tif")) == [
            "exp_p1",
            "exp_p2",
            "one",
        ]
