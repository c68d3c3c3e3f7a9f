"""The table of tracks: what is written is read again, alone and for a folder."""

import pandas as pd
import pytest

from cpretrain.errors import BadInput
from cpretrain.linking import COLUMNS, read_tracks, write_tracks


def _table(file: str) -> pd.DataFrame:
    row = dict.fromkeys(COLUMNS, 0.123456789) | {
        "file": file,
        "track": 1,
        "parent": 0,
        "frame": 0,
        "label": 7,
    }
    return pd.DataFrame([row | {"at_border": True, "time_s": float("nan"), "mean_c1": 12345.678}])


def test_a_table_comes_back_as_it_was_written(tmp_path):
    write_tracks(tmp_path / "a.tracks.csv", _table("a.tif"))
    read = read_tracks(tmp_path / "a.tracks.csv")
    pd.testing.assert_frame_equal(read, _table("a.tif"), check_exact=False, rtol=1e-7)


def test_a_folder_is_read_as_one_table(tmp_path):
    for name in "ba":
        write_tracks(tmp_path / f"{name}.tracks.csv", _table(f"{name}.tif"))
    assert [*read_tracks(tmp_path)["file"]] == ["a.tif", "b.tif"]


@pytest.mark.parametrize(
    ("content", "message"),
    [("frame,label\n1,2\n", "no column file, track"), ("", "EmptyDataError"), (None, "no tables of tracks")],
)
def test_anything_else_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "a.tracks.csv").write_text(content)
    with pytest.raises(BadInput, match=message):
        read_tracks(tmp_path)
