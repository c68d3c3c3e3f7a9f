"""Plots of tracks, and the picture of a movie: they are drawn, and their numbers are those of the tracks."""

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from cpretrain import plot_tracks
from cpretrain.errors import BadInput
from cpretrain.images.running_mean import RunningMean
from cpretrain.linking import COLUMNS, write_tracks
from cpretrain.tracking.picture import SHOWN, _in_families, _in_largest_families, draw_tracks


def _table(file: str, tracks: int = 3, frames: int = 4, timed: bool = True) -> pd.DataFrame:
    """Tracks to the right, one pixel of 0.5 µm per frame of an hour; track n has n * 100 pixels."""
    track, frame = np.repeat(np.arange(1, tracks + 1), frames), np.tile(np.arange(frames), tracks)
    table = pd.DataFrame(0.0, range(len(track)), [*COLUMNS, "mean_c1", "mean_c2"]).assign(
        file=file,
        track=track,
        parent=0,
        frame=frame,
        label=track,
        x=frame,
        y=track,
        area=track * 100,
        at_border=False,
    )
    first = frame == 0
    speeds = {"speed": 1.0, "speed_um_s": 0.5 / 3600 if timed else np.nan, "direction_deg": 0.0}
    table = table.assign(**{name: np.where(first, np.nan, value) for name, value in speeds.items()})
    size = 0.5 if timed else np.nan
    return table.assign(
        time_s=frame * (3600.0 if timed else np.nan),
        x_um=frame * size,
        y_um=track * size,
        mean_c1=track,
        mean_c2=7,
    )


@pytest.mark.parametrize(("timed", "area", "speed"), [(True, 50.0, 0.5), (False, 200.0, 1.0)])
def test_numbers_behind_the_curves(tmp_path, timed, area, speed):
    for name in ("a", "b"):
        write_tracks(tmp_path / "tracks" / f"{name}.tracks.csv", _table(f"{name}.tif", timed=timed))
    result = plot_tracks(tmp_path / "tracks")
    assert [path.stem for path in result.pictures] == ["area", "speed", "paths", "objects", "intensity"]
    assert all(matplotlib.image.imread(path).std() > 0.01 for path in result.pictures)
    numbers = pd.read_csv(result.table).set_index(["plot", "file", "frame"])["median"]
    assert result.table == tmp_path / "plots" / "plots.csv"
    assert numbers["size", "b.tif", 2] == area
    assert numbers["pace", "a.tif", 1] == pytest.approx(speed)
    assert numbers["objects", "a.tif", 3] == 3
    assert numbers["mean_c1", "a.tif", 0] == 2
    assert numbers["mean_c2", "a.tif", 0] == 7


def test_areas_are_in_the_pixels_of_each_movie(tmp_path):
    """They had been in those of the first one, and as if pixels were square."""
    square, tall = _table("a.tif"), _table("b.tif")
    tall["y_um"] *= 4
    for name, table in (("a", square), ("b", tall)):
        write_tracks(tmp_path / f"{name}.tracks.csv", table)
    numbers = pd.read_csv(plot_tracks(tmp_path).table).set_index(["plot", "file", "frame"])["median"]
    assert (numbers["size", "a.tif", 2], numbers["size", "b.tif", 2]) == (200 * 0.25, 200 * 1.0)


def test_without_objects_there_is_nothing_to_plot(tmp_path):
    write_tracks(tmp_path / "a.tracks.csv", _table("a.tif", tracks=0))
    with pytest.raises(BadInput, match="holds no tracks"):
        plot_tracks(tmp_path / "a.tracks.csv", out=tmp_path / "plots")
    assert not (tmp_path / "plots").exists()


def test_a_movie_without_grey_values_and_without_steps(tmp_path):
    table = _table("a.tif", frames=1).drop(columns=["mean_c1", "mean_c2"])
    write_tracks(tmp_path / "a.tracks.csv", table)
    result = plot_tracks(tmp_path / "a.tracks.csv", out=tmp_path / "plots")
    assert [path.stem for path in result.pictures] == ["area", "speed", "paths", "objects"]


def test_mothers_lie_between_their_daughters():
    assert _in_families({1: 0, 2: 0, 3: 1, 4: 1, 5: 3, 6: 3}) == [5, 3, 6, 1, 4, 2]
    assert _in_families({3: 1, 4: 3, 5: 3}) == [4, 3, 5]
    assert _in_families({}) == []


@pytest.mark.parametrize("tracks", [0, 2, SHOWN + 9])
def test_the_picture_of_a_movie(tmp_path, tracks):
    table, mean = _table("a.tif", tracks=tracks), RunningMean()
    mean.add(np.zeros((1, 30, 40)))
    draw_tracks(tmp_path / "a.png", "exp $x$ 細胞.tif\nnumbers", table, mean, (30, 40))
    assert matplotlib.image.imread(tmp_path / "a.png").shape[:2] == (630, 1170)
    assert len(_in_largest_families(table)) == min(tracks, SHOWN)
