"""A short run of the fuzzer with a fixed seed, and proof that it detects planted faults."""

import io
import random
import zipfile

import pytest
import tifffile

from tests.fuzz import child, samples
from tests.fuzz.bytes_and_text import DEEP, deep
from tests.fuzz.campaign import Campaign
from tests.fuzz.child import damaged, read_within_limits, write
from tests.fuzz.containers import mutate, packed
from tests.fuzz.readers import READERS, TURNS, Reader
from tests.fuzz.tiff_tags import Layout, description, directory

INPUTS = 380


def test_a_short_run_finds_nothing(tmp_path):
    campaign = Campaign(3, TURNS, tmp_path)
    campaign.run(INPUTS, children=1)
    assert not campaign.findings, "\n".join(campaign.findings)
    assert sum(counted.total() for counted in campaign.counts.values()) == INPUTS
    assert sum(counted["refused"] for counted in campaign.counts.values()) > INPUTS / 3
    assert campaign.peak > 2**24
    assert sum(counted["read"] for counted in campaign.counts.values()) > INPUTS / 10


def test_the_peak_is_known_of_a_run_that_is_ended(tmp_path):
    def enough(_):
        if sum(counted.total() for counted in campaign.counts.values()) == 3:
            raise TimeoutError

    campaign = Campaign(3, ["crops_csv"], tmp_path, on_input=enough)
    with pytest.raises(TimeoutError):
        campaign.run(10**6, children=1)
    assert campaign.peak > 2**24


def _busy(_path):
    while True:
        pass


def _wrapped(_path):
    from cpretrain.errors import BadInput

    try:
        raise MemoryError
    except MemoryError as error:
        raise BadInput("a.tif: cannot be read") from error


@pytest.mark.parametrize(
    ("read", "kind"),
    [(_busy, "hang"), (_wrapped, "memory"), (lambda path: 1 / 0, "traceback"), (lambda path: path, "read")],
)
def test_what_counts_as_a_finding(tmp_path, monkeypatch, read, kind):
    monkeypatch.setattr(child, "LONGEST", 0.2)
    assert read_within_limits(Reader(read, list), tmp_path)[0] == kind


def test_a_child_that_dies_is_a_finding_and_the_rest_is_read(tmp_path):
    campaign = Campaign(1, ["crops_csv"], tmp_path)
    write(damaged(1, 6, READERS["crops_csv"]), tmp_path / "scratch" / "6")
    left = campaign.lost(tmp_path / "scratch", range(4, 10, 2), at=6, told=6, kind="death")
    assert list(left) == [8]
    assert "death" in campaign.findings[0] and "--repeat crops_csv" in campaign.findings[0]
    assert (tmp_path / "crops_csv-1-6" / "crops.csv").is_file()


def test_the_same_number_is_the_same_input():
    reader = READERS["outlines"]
    several = [damaged(1, number, reader) for number in range(20)]
    assert several == [damaged(1, number, reader) for number in range(20)]
    assert several != [damaged(2, number, reader) for number in range(20)]


def test_directories_of_a_tiff_are_found_and_changed():
    data = samples.movies()[0].files["a.tif"]
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        tags = [tag.code for page in file.pages for tag in page.tags]
    assert [entry.tag for entry in Layout(data).entries] == tags
    changed = directory(random.Random(1), data)
    assert len(changed) == len(data) and changed != data
    with tifffile.TiffFile(io.BytesIO(description(random.Random(4), data))) as file:
        assert file.pages[0].description != tifffile.TiffFile(io.BytesIO(data)).pages[0].description


def test_packed_files_are_damaged_inside():
    data = samples.outlines()[2].files["a.zip"]
    with zipfile.ZipFile(io.BytesIO(packed(random.Random(2), data))) as archive:
        assert archive.testzip() is None
        assert archive.read("a.geojson") != zipfile.ZipFile(io.BytesIO(data)).read("a.geojson")
    assert mutate(random.Random(0), b"")
    assert (
        max(deep(random.Random(0), b'{"a": 1}').count(sign) for sign in (b"[", b"{", b"<a>", b"a.")) >= DEEP
    )
