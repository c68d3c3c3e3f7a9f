"""Label images as OME-Zarr: the same objects as in TIFFs, inside the movie or separate, recognized by reruns."""

import numpy as np
import pytest

from cpretrain.combination import combine
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from cpretrain.prediction import predict
from cpretrain.settings.combination import CombineSettings
from tests.prediction.conftest import CALIBRATION
from tests.support.other_zarr_readers import levels_of_ngff_zarr, validated

pytestmark = pytest.mark.cellpose


@pytest.fixture
def store(padded, tmp_path):
    """The padded frames in the form that drift correction writes."""
    path = tmp_path / "corrected" / "Zelle 1.ome.zarr"
    write_frames(path, iter(padded), padded.shape, padded.dtype, CALIBRATION)
    return path


def pixels(path):
    with TimeLapse(path) as labels:
        return np.stack([labels.frame(t) for t in range(labels.shape[0])])


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_beside_the_movie_and_alone(model, quick, movie, store, tmp_path, capsys):
    settings = quick.replace(geojson=True)
    as_zarr = settings.replace(format="ome-zarr")
    [tiff] = predict(model, movie, out=tmp_path / "tiff", settings=settings).done
    [alone] = predict(model, movie, out=tmp_path / "alone", settings=as_zarr).done
    [beside] = predict(model, store, out=tmp_path / "beside", settings=as_zarr).done
    assert (alone.labels.name, beside.labels) == ("Zelle 1.ome.zarr", store / "labels" / "Nucleus")
    tables = {"Zelle 1.json", "Zelle 1.objects.csv", "Zelle 1.geojson"}
    assert names(tmp_path / "beside") == tables
    assert names(tmp_path / "alone") == {*tables, "Zelle 1.ome.zarr"}
    expected = pixels(tiff.labels)
    assert expected.max() > 3
    for written in (alone, beside):
        assert np.array_equal(pixels(written.labels), expected)
        assert np.array_equal(levels_of_ngff_zarr(written.labels)[0], expected[:, :, 0])
        assert validated(written.labels).multiscales[0].type == "nearest"
        assert written.others[0].read_bytes() == tiff.others[0].read_bytes()
    capsys.readouterr()
    before = (store / "labels" / "Nucleus" / "zarr.json").stat().st_mtime_ns
    for images, out in ((movie, "alone"), (store, "beside")):
        predict(model, images, out=tmp_path / out, settings=as_zarr)
    assert capsys.readouterr().err.count("is complete and unchanged") == 2
    assert (store / "labels" / "Nucleus" / "zarr.json").stat().st_mtime_ns == before
    (store / "labels" / "Nucleus" / "0" / "c" / "1" / "0" / "0" / "0").unlink()
    predict(model, store, out=tmp_path / "beside", settings=as_zarr)
    assert "labels/Nucleus was changed since it was written" in capsys.readouterr().err
    assert np.array_equal(pixels(beside.labels), expected)
    predict(model, store, out=tmp_path / "beside", settings=settings)
    assert names(tmp_path / "beside") == {*tables, "Zelle 1.tif"}
    assert names(store / "labels") == {"zarr.json"}


def test_combined_beside_the_movie(model, quick, movie, store, tmp_path):
    """Results of a combination are the same wherever the label images are."""
    made = {}
    for kind, images, format in (("tiff", movie, "tiff"), ("zarr", store, "ome-zarr")):
        folders = {}
        for name, size in (("all", 15), ("large", 150)):
            folders[name] = tmp_path / kind / name
            settings = quick.replace(format=format, class_name=name, min_size=size)
            predict(model, images, out=folders[name], settings=settings)
        made[kind] = combine(folders, out=tmp_path / kind / "both", settings=CombineSettings(format=format))
        again = combine(folders, out=tmp_path / kind / "both", settings=CombineSettings(format=format))
        assert again == made[kind]
    assert made["tiff"].classes == made["zarr"].classes
    assert names(made["zarr"].folder) == {"classes.csv", "combine.json", "Zelle 1.geojson"}
    assert names(store / "labels") == {"all", "large", "both", "zarr.json"}
    expected = pixels(made["tiff"].folder / "Zelle 1.tif")
    assert np.array_equal(pixels(store / "labels" / "both"), expected)
    for name in ("classes.csv", "Zelle 1.geojson"):
        assert (made["zarr"].folder / name).read_bytes() == (made["tiff"].folder / name).read_bytes()
