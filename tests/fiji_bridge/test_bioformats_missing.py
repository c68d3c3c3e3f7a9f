"""Files of Bio-Formats where there is no Fiji, or one without it."""

import pytest

from cpretrain.errors import BadInput
from cpretrain.images.discovery import list_movies
from cpretrain.images.timelapse import TimeLapse
from fiji_bridge import bioformats
from tests.support.movies import write_movie


@pytest.mark.parametrize("found", [(None, "there is no Fiji"), ("plain", "")])
def test_a_file_that_needs_bioformats_says_so_and_is_passed_over_in_folders(
    tmp_path, monkeypatch, plain_imagej, found
):
    source, reason = found
    monkeypatch.setattr(bioformats, "available", lambda _: (plain_imagej if source else None, reason))
    write_movie(tmp_path / "a.tif")
    (tmp_path / "b.vsi").touch()
    assert list_movies(tmp_path) == [tmp_path / "a.tif"]
    with pytest.raises(BadInput, match=r"b\.vsi#2: \.vsi files are read by Bio-Formats in Fiji") as error:
        TimeLapse(tmp_path / "b.vsi#2")
    assert "FIJI_HOME" in error.value.cure and (reason or "without Bio-Formats") in error.value.found
