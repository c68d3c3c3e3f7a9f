"""Corrected movies as OME-Zarr: the same pixels as TIFF, recognized by reruns, and read by later steps."""

import json

import numpy as np
import pytest
import tifffile
import zarr

from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.images import ome_zarr_facts
from cpretrain.images.timelapse import TimeLapse
from cpretrain.settings.crops import CropSettings
from cpretrain.storage.hashing import files_in
from tests.support.movies import NATIVE, write_movie
from tests.support.other_zarr_readers import levels_of_ngff_zarr, validated

AS_ZARR = NATIVE.replace(format="ome-zarr")
BESIDE = {"a.json", "a.shifts.csv", "a.drift.png"}


def corrected(tmp_path, settings, name="corrected"):
    [movie] = correct_drift(tmp_path / "raw", settings=settings, out=tmp_path / name).done
    return movie


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_same_pixels_as_in_a_tiff(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    stores, tiffs = (corrected(tmp_path, s, s.format) for s in (AS_ZARR, NATIVE))
    assert names(tmp_path / "ome-zarr") == {"a.ome.zarr", *BESIDE}
    with TimeLapse(stores.corrected) as store, TimeLapse(tiffs.corrected) as tiff:
        assert (store.shape, store.calibration) == (tiff.shape, tiff.calibration)
        expected = np.stack([tiff.frame(t) for t in range(4)])
        assert np.array_equal(np.stack([store.frame(t) for t in range(4)]), expected)
    assert validated(stores.corrected).multiscales[0].name == "a"
    assert np.array_equal(levels_of_ngff_zarr(stores.corrected)[0], expected.transpose(0, 2, 1, 3, 4))
    for name in ("a.shifts.csv", "a.drift.png"):
        assert (tmp_path / "ome-zarr" / name).read_bytes() == (tmp_path / "tiff" / name).read_bytes()


def test_a_rerun_knows_it(tmp_path, capsys):
    write_movie(tmp_path / "raw" / "a.tif")
    engines = [corrected(tmp_path, AS_ZARR).engine for _ in range(2)]
    store = tmp_path / "corrected" / "a.ome.zarr"
    chunk = store / "0" / "c" / "1" / "0" / "0" / "0" / "0"
    for damage in (chunk.unlink, lambda: chunk.write_bytes(chunk.read_bytes()[::-1])):
        damage()
        engines += [corrected(tmp_path, AS_ZARR).engine, corrected(tmp_path, AS_ZARR).engine]
        assert "a.ome.zarr was changed since it was written" in capsys.readouterr().err
    assert engines == ["native", "unchanged"] * 3
    record = json.loads((tmp_path / "corrected" / "a.json").read_text())
    assert set(record["outputs"]) == {"a.ome.zarr", "a.shifts.csv", "a.drift.png"}


def test_another_format_takes_its_place(tmp_path, capsys):
    write_movie(tmp_path / "raw" / "a.tif")
    for settings, name in ((NATIVE, "a.tif"), (AS_ZARR, "a.ome.zarr"), (NATIVE, "a.tif")):
        assert corrected(tmp_path, settings).engine == "native"
        assert names(tmp_path / "corrected") == {name, *BESIDE}
    with open(tmp_path / "corrected" / "a.tif", "ab") as file:
        file.write(b"edited by hand")
    corrected(tmp_path, AS_ZARR)
    assert "a.tif: also exists in another format" in capsys.readouterr().err
    assert names(tmp_path / "corrected") == {"a.tif", "a.ome.zarr", *BESIDE}


def test_label_images_are_not_lost(tmp_path):
    """They count separately: the movie around them is unchanged, and is not replaced."""
    write_movie(tmp_path / "raw" / "a.tif")
    corrected(tmp_path, AS_ZARR)
    labels = tmp_path / "corrected" / "a.ome.zarr" / "labels"
    zarr.open_group(labels / "cells", mode="w")
    assert corrected(tmp_path, AS_ZARR).engine == "unchanged"
    with pytest.raises(BadInput, match=r"a\.ome\.zarr: holds label images .*\n.*cells"):
        corrected(tmp_path, AS_ZARR.replace(sub_pixel=True))
    assert (labels / "cells").is_dir()


def test_crops_are_cut_from_it(tmp_path):
    write_movie(tmp_path / "raw" / "a.tif")
    store = corrected(tmp_path, AS_ZARR).corrected
    cut = cut_crops(store.parent, settings=CropSettings(size=30, per_image=3, border=0))
    assert [crop.source for crop in cut.crops] == ["a.ome.zarr"] * 3
    with TimeLapse(store) as movie:
        for crop in cut.crops:
            expected = movie.frame(crop.frame)[0, 0, crop.y : crop.y + 30, crop.x : crop.x + 30]
            assert np.array_equal(tifffile.imread(cut.folder / crop.file), expected)


@pytest.mark.slow
def test_movies_on_workers_give_the_same(tmp_path, one_worker):
    for seed in range(2):
        write_movie(tmp_path / "raw" / f"Film {seed}.tif", seed=seed)
    written = []
    for name, batch in (("here", None), ("there", one_worker)):
        correct_drift(tmp_path / "raw", settings=AS_ZARR, out=tmp_path / name, batch=batch)
        files = [path for store in (tmp_path / name).glob("*.zarr") for path in files_in(store)]
        written.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert len(written[0]) == 2 * (1 + 1 + 4) and written[0] == written[1]


def test_without_the_package(tmp_path, monkeypatch):
    write_movie(tmp_path / "raw" / "a.tif")
    monkeypatch.setattr(ome_zarr_facts, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=r"yaozarrs is missing\n.*pip install yaozarrs"):
        corrected(tmp_path, AS_ZARR)
    assert not (tmp_path / "corrected").exists()
