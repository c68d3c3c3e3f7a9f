"""Written OME-Zarr: validated by another package, read back by others pixel by pixel, and atomic."""

import json

import numpy as np
import pytest
import zarr

from cpretrain.errors import BadInput
from cpretrain.images import pyramid
from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.ome_zarr_writer import write_label_zarr
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from tests.support.other_zarr_readers import levels_of_ngff_zarr, validated

CALIBRATION = Calibration((2.0, 0.5, 0.25), "µm", 30.0)
COLOURED = Channels(
    ("nuclei ü", "cells"), np.array([table_of((255, 0, 0)), table_of((0, 255, 128))]), "composite"
)


@pytest.fixture(autouse=True)
def small_levels(monkeypatch):
    """A pyramid of small images."""
    monkeypatch.setattr(pyramid, "LARGEST", 20)


def random(shape, dtype):
    return np.random.default_rng(0).integers(0, 250, shape).astype(dtype)


@pytest.mark.parametrize(
    ("shape", "dtype", "calibration", "channels"),
    [
        ((3, 2, 2, 45, 38), "uint16", CALIBRATION, COLOURED),
        ((2, 1, 1, 17, 11), "uint8", Calibration(), Channels()),
        ((1, 3, 1, 90, 21), "float32", Calibration((1.5, 1.0, 1.0), "nm"), Channels(("only",))),
        ((2, 1, 2, 30, 31), "uint16", Calibration(frame_interval=0.5), Channels()),
    ],
)
def test_others_read_what_was_written(tmp_path, shape, dtype, calibration, channels):
    path, pixels = tmp_path / "Film [1] ü.ome.zarr", random(shape, dtype)
    pixels[0] = 0  # a frame without content
    write_frames(path, iter(pixels), shape, pixels.dtype, calibration, channels)
    image = validated(path)
    assert [axis.name for axis in image.multiscales[0].axes] == list("tczyx")
    levels = levels_of_ngff_zarr(path)
    assert np.array_equal(levels[0], pixels.transpose(0, 2, 1, 3, 4))
    assert [level.shape[3:] for level in levels] == pyramid.level_sizes(*shape[3:])
    with TimeLapse(path) as movie:
        assert (movie.shape, movie.dtype, movie.notes) == (shape, dtype, [])
        assert (movie.calibration, movie.channels.names) == (calibration, channels.names)
        assert movie.channels.mode == channels.mode
        if channels.colours is None:
            assert movie.channels.colours is None
        else:
            assert np.array_equal(movie.channels.colours, channels.colours)
        for t in range(shape[0]):
            assert np.array_equal(movie.frame(t), pixels[t])


def test_levels_lie_on_each_other(tmp_path):
    """A pixel of a smaller level is at the centre of the pixels that it is the mean of."""
    path, shape = tmp_path / "a.zarr", (1, 1, 1, 64, 40)
    rows = np.broadcast_to(np.arange(64, dtype=np.float32)[:, None], (64, 40))
    write_frames(path, [rows[None, None]], shape, np.dtype("float32"), CALIBRATION)
    for level, place in zip(levels_of_ngff_zarr(path), validated(path).multiscales[0].datasets, strict=True):
        scale, *moved = place.coordinateTransformations
        origin = moved[0].translation[3] if moved else 0.0
        centres = origin + scale.scale[3] * np.arange(level.shape[3])
        assert np.allclose(centres, level[0, 0, 0, :, 0] * 0.5)


def test_labels(tmp_path):
    path, shape = tmp_path / "cells", (2, 1, 1, 60, 50)
    labels = random(shape, np.uint32) * 1000
    write_label_zarr(path, iter(labels), shape, labels.dtype, CALIBRATION, ("../..", {}))
    assert validated(path).image_label.source.image == "../.."
    levels = levels_of_ngff_zarr(path)
    assert np.array_equal(levels[0], labels[:, 0])
    assert np.array_equal(levels[1], labels[:, 0, :, ::2, ::2])


@pytest.mark.parametrize("left", [2, 4])
def test_whole_or_not_there(tmp_path, left):
    path, shape = tmp_path / "a.ome.zarr", (3, 1, 1, 8, 8)
    before = random(shape, np.uint8)
    write_frames(path, iter(before), shape, before.dtype, CALIBRATION)

    def frames():
        yield from (before[t % 3] for t in range(left))
        if left < 3:
            raise BadInput("the disk is gone")

    with pytest.raises((BadInput, ValueError, IndexError)):
        write_frames(path, frames(), shape, before.dtype, Calibration())
    assert [file.name for file in tmp_path.iterdir()] == ["a.ome.zarr"]
    with TimeLapse(path) as movie:
        assert movie.calibration == CALIBRATION


def test_every_chunk_is_a_file(tmp_path):
    """So that a missing chunk is known to be lost, and is never silently read as zeros."""
    path, shape = tmp_path / "a.ome.zarr", (3, 2, 2, 8, 8)
    empty = np.zeros(shape, np.uint16)
    write_frames(path, iter(empty), shape, empty.dtype, CALIBRATION)
    assert zarr.open_array(path / "0").nchunks_initialized == 12


def test_a_unit_that_ome_zarr_does_not_know_is_said(tmp_path, capsys):
    path, shape = tmp_path / "a.ome.zarr", (1, 1, 1, 8, 8)
    frame = np.zeros(shape[1:], np.uint8)
    write_frames(path, [frame], shape, frame.dtype, Calibration((1.0, 3.0, 3.0), "furlong"))
    assert "the unit 'furlong' is unknown to OME-Zarr" in capsys.readouterr().err
    facts = json.loads((path / "zarr.json").read_text())["attributes"]["ome"]["multiscales"][0]
    assert "unit" not in facts["axes"][4]
