"""The file for TrackMate, read by TrackMate's own reader in a real Fiji that has it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cpretrain import track
from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.linking import edges_of, lineages_of, read_tracks

pytestmark = pytest.mark.fiji

CALIBRATION = Calibration((2.0, 0.645, 0.5), "µm", 1800.0)
GAP_IN = 4
"""Frame in which a cell is missing."""


@dataclass
class Read:
    """Tracks as we wrote them, and as TrackMate read them."""

    table: pd.DataFrame
    told: dict[str, Any]
    shape: tuple[int, ...]


def write(path: Path, movie: np.ndarray) -> None:
    path.parent.mkdir()
    write_frames(path, iter(movie), movie.shape, movie.dtype, CALIBRATION)


def discs(frame: int) -> np.ndarray:
    """Draw a cell that wanders but is missing in one frame, and one that divides after the third, shape (Y, X)."""
    apart = 6 + 2 * (frame - 3) if frame >= 3 else 0
    centres = [(40, 60 - apart), (40, 60 + apart)] if apart else [(40, 60)]
    if frame != GAP_IN:
        centres.append((14, 20 + 3 * frame))
    y, x = np.mgrid[:64, :110]
    labels = np.zeros(y.shape, np.uint16)
    for number, centre in enumerate(centres, 1):
        labels[np.hypot(y - centre[0], x - centre[1]) < (5 if apart and centre[0] == 40 else 7)] = number
    return labels


@pytest.fixture(scope="module", params=[1, 3], ids=["planes", "stacks"])
def read(request, session, tmp_path_factory) -> Read:
    """Tracks with a gap and a division, in planes and in stacks."""
    if not session.call("has_trackmate")["there"]:
        pytest.skip("the Fiji in FIJI_HOME has no TrackMate")
    folder = tmp_path_factory.mktemp("Zellkerne über Nacht & <mehr>")
    labels = np.stack([np.repeat(discs(t)[np.newaxis, np.newaxis], request.param, 0) for t in range(8)])
    write(folder / "movies" / "kerne.tif", labels * 100 + np.arange(110, dtype=np.uint16))
    write(folder / "segmented" / "kerne.tif", labels)
    (done,) = track(folder / "segmented", images=folder / "movies").done
    told = session.call("read_trackmate", path=str(done.table.with_name("kerne.trackmate.xml")))
    return Read(read_tracks(done.table), told, labels.shape)


def test_trackmate_has_nothing_to_complain_of(read):
    told = read.told
    assert (told["ok"], told["errors"]) == (True, "")
    assert told["units"] == ["micron", "sec"]
    assert (told["detector"], told["tracker"]) == ("MANUAL_DETECTOR", "MANUAL_TRACKER")
    assert (told["state"], told["log"].split()[0]) == ("ConfigureViews", "Tracked")
    assert told["display"]


def test_trackmate_opens_the_movie(read):
    frames, planes, channels, height, width = read.shape
    assert read.told["image"] == [width, height, channels, planes, frames]


def test_trackmate_finds_every_object_where_it_is(read):
    spots = {spot["ID"]: spot for spot in read.told["spots"]}
    assert sorted(spots) == list(range(len(read.table)))
    found = pd.DataFrame([spots[row] for row in range(len(read.table))])
    spacing = {"x": 0.5, "y": 0.645, "z": 2.0}
    expected = {f"POSITION_{axis.upper()}": read.table[axis] * size for axis, size in spacing.items()}
    expected |= {f"RAW_{axis.upper()}": read.table[f"raw_{axis}"] for axis in spacing}
    expected |= {"FRAME": read.table["frame"], "POSITION_T": read.table["frame"] * 1800.0}
    expected |= {"TRACK": read.table["track"], "LABEL": read.table["label"], "PIXELS": read.table["area"]}
    expected |= {"MEAN_C1": read.table["mean_c1"]}
    for feature, values in expected.items():
        np.testing.assert_allclose(found[feature], values, rtol=1e-4, atol=1e-4, err_msg=feature)
    assert found["name"].tolist() == [f"track {track}" for track in read.table["track"]]
    assert {*expected} <= {*read.told["features"]}


def test_trackmate_finds_every_link_gap_and_division(read):
    edges = edges_of(read.table)
    assert {tuple(edge[:2]) for edge in read.told["edges"]} == {tuple(edge) for edge in edges.tolist()}
    frame, family = read.table["frame"].to_numpy(), lineages_of(read.table)
    steps = frame[edges[:, 1]] - frame[edges[:, 0]]
    assert steps.max() == 2, "the gap is missing"
    assert (np.bincount(edges[:, 0]) == 2).any(), "the division is missing"
    for earlier, _, _, number in read.told["edges"]:
        assert read.told["tracks"][str(number)] == f"family of track {family[earlier]}"
