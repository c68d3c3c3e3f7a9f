"""Names of positions in a file, on input and in results."""

from pathlib import Path

import pytest

from cpretrain.errors import BadInput
from cpretrain.images.positions import (
    at_position,
    chosen_index,
    file_in_name,
    file_of,
    position,
    positions_of,
    result_stem,
)


@pytest.mark.parametrize(
    ("name", "file", "number"),
    [
        ("exp.nd2#3", "exp.nd2", 3),
        ("exp.ome.tif#12", "exp.ome.tif", 12),
        ("day#1.tif#2", "day#1.tif", 2),
        ("day#1.tif", "day#1.tif", None),
        ("exp.nd2#0", "exp.nd2#0", None),
        ("exp.nd2#", "exp.nd2#", None),
        ("exp.nd2#٣", "exp.nd2#٣", None),
        ("#3", "#3", None),
    ],
)
def test_a_name_says_file_and_position(name, file, number):
    movie = Path("raw") / name
    assert (file_of(movie), position(movie)) == (Path("raw") / file, number)
    assert file_in_name(name) == file
    if number:
        assert at_position(Path("raw") / file, number) == movie


def test_a_file_of_that_very_name_is_itself(tmp_path):
    movie = tmp_path / "stack#2"
    assert position(movie) == 2
    movie.write_bytes(b"")
    assert (file_of(movie), position(movie)) == (movie, None)


def test_names_of_all_positions():
    assert positions_of(Path("a/exp.nd2"), 1) == [Path("a/exp.nd2")]
    assert positions_of(Path("a/exp.nd2"), 2) == [Path("a/exp.nd2#1"), Path("a/exp.nd2#2")]
    assert (result_stem("exp", 2), result_stem("exp", None)) == ("exp_p2", "exp")


def test_a_position_that_is_not_there_is_named():
    assert [chosen_index(Path(name), 3) for name in ("a.nd2", "a.nd2#1", "a.nd2#3")] == [0, 0, 2]
    with pytest.raises(BadInput, match=r"a\.nd2#4: there is no position 4\n.*3 positions"):
        chosen_index(Path("a.nd2#4"), 3)
