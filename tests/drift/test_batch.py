"""Drift of a folder on workers: the same files as one movie after the other, and a rerun completes what is missing."""

import json

import numpy as np
import pytest
from PIL import Image

from cpretrain.drift.correction import correct_drift
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.drift import DriftSettings
from tests.support.movies import write_movie

NATIVE = DriftSettings(engine="native")


def contents(folder):
    """Return the results, except for records and the table of states, which hold times."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".tif", ".png", ".csv")
            and path.name != "batch.csv"}  # fmt: skip


@pytest.mark.slow
def test_workers_give_the_same_and_a_rerun_does_what_is_missing(tmp_path):
    raw, here, there = (tmp_path / name for name in ("raw", "here", "there"))
    for seed in range(3):
        write_movie(raw / f"Film {seed} ü.tif", seed=seed)
    (raw / "broken.tif").write_bytes(b"II*\x00")
    correct_drift(raw, out=here, settings=NATIVE)
    batch = correct_drift(raw, out=there, settings=NATIVE, batch=BatchSettings(workers=2))
    assert [path.name for path in batch.failed] == ["broken.tif"]
    assert contents(here) == contents(there)
    written = {path.stem: json.loads(path.read_text())["inputs"] for path in there.glob("*.json")}
    assert written == {path.stem: json.loads(path.read_text())["inputs"] for path in here.glob("*.json")}
    write_movie(raw / "broken.tif")
    (there / "Film 1 ü.json").unlink()
    again = correct_drift(raw, out=there, settings=NATIVE)
    assert [movie.source.stem for movie in again.done if movie.engine == "native"] == ["Film 1 ü", "broken"]
    assert not again.failed


def test_images_of_other_formats_are_named_but_not_a_mask_that_is_used(tmp_path, capsys):
    raw = tmp_path / "raw"
    pixels = write_movie(raw / "Film.tif")
    dust = np.zeros(pixels.shape[-2:], np.uint8)
    dust[:2, :2] = 255
    Image.fromarray(dust).save(raw / "dust.png")
    for name in ("Film.drift.png", "overview.jpg", "notes.txt"):
        (raw / name).touch()
    correct_drift(raw, out=tmp_path / "out", settings=NATIVE.replace(mask=raw / "dust.png"))
    said = capsys.readouterr().err
    assert "raw: 1 images in other formats are skipped: overview.jpg; save them as TIFF" in said
    correct_drift(raw / "Film.tif", out=tmp_path / "out", settings=NATIVE.replace(mask=raw / "dust.png"))
    assert "passed over" not in capsys.readouterr().err
