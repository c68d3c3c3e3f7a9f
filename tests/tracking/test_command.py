"""The whole way on the command line: a raw movie of real nuclei, corrected, segmented by a trained model, tracked."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.linking import read_tracks
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from tests.cli.test_commands import cpretrain
from tests.support.paths import FIELDS

CORNERS = [(60, 120), (63, 117), (66, 113), (64, 118)]
"""Upper left corners of a window that wanders over a real field, so that the sample drifts in it."""


@pytest.mark.cellpose
@pytest.mark.skipif(cellpose_major() == 4, reason="a child process would load Cellpose 4 in full size")
def test_from_a_raw_movie_to_tracks(tmp_path):
    field = tifffile.imread(FIELDS / "images" / "IXMtest_A16_s2.tif")
    raw = np.stack([field[y : y + 100, x : x + 140] for y, x in CORNERS])[:, np.newaxis, np.newaxis]
    write_frames(
        tmp_path / "raw" / "exp.tif", iter(raw), raw.shape, raw.dtype, Calibration((1, 0.5, 0.5), "µm", 60)
    )
    for arguments in (
        ("drift", tmp_path / "raw", "--engine", "native", "--refine"),
        (
            "predict",
            DATA / "base_nuclei",
            tmp_path / "corrected",
            "--out",
            tmp_path / "segmented",
            "--device",
            "cpu",
        ),
        ("track", tmp_path / "segmented", "--json"),
    ):
        done = cpretrain(*arguments)
        assert done.returncode == 0, done.stderr
    (movie,) = json.loads(done.stdout)["movies"]
    assert movie["raw"] is True
    table = read_tracks(tmp_path / "tracks")
    assert len(table) == movie["numbers"]["objects"]
    # nuclei do not move in the field: in the raw movie they move as the window does
    whole = table[table.groupby("track")["frame"].transform("size") == len(CORNERS)]
    inside = whole[~whole.groupby("track")["at_border"].transform("any")]
    assert inside["track"].nunique() >= 2
    moved = inside.groupby("frame")[["raw_y", "raw_x"]].mean().diff().dropna().to_numpy()
    assert np.allclose(moved, -np.diff(CORNERS, axis=0), atol=0.5)
    assert inside["speed"].max() < 1.5
