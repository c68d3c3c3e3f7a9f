"""Predictions of many movies on workers: memory estimated from headers, and the same files as one after the other."""

import numpy as np
import pytest
import tifffile

from cpretrain.errors import DamagedFile
from cpretrain.images.writer import write_frames
from cpretrain.models.weights import cellpose_major
from cpretrain.prediction import predict
from cpretrain.prediction.memory import PIXEL, PLANE_PIXEL, TILE, memory_of_prediction
from cpretrain.settings.prediction import PredictSettings
from tests.prediction.conftest import CALIBRATION


@pytest.mark.parametrize(
    ("settings", "enlarged"),
    [
        ({}, 1),
        ({"diameter": 60}, 1),
        ({"diameter": 15}, 4),
        ({"volume": "flows"}, 5),
        ({"volume": "flows", "diameter": 15}, 5 * 8),
    ],
)
def test_memory_grows_with_a_frame_and_not_with_the_movie(tmp_path, settings, enlarged):
    plane, planes = 20 * 30, 5
    for frames in (1, 7):
        path = tmp_path / f"{frames}.tif"
        tifffile.imwrite(path, np.ones((frames, planes, 20, 30), np.uint16), imagej=True,
                         metadata={"axes": "TZYX"})  # fmt: skip
        needed = memory_of_prediction(path, PredictSettings(batch_size=2, **settings))
        assert needed == 2 * TILE + plane * (planes * (2 * 2 + PLANE_PIXEL) + PIXEL * enlarged)


@pytest.mark.cellpose
@pytest.mark.slow
@pytest.mark.skipif(
    cellpose_major() != 3, reason="the small network of Cellpose 4 is there in this process only"
)
def test_a_worker_gives_the_same(model, quick, padded, tmp_path, one_worker):
    raw, here, there = (tmp_path / name for name in ("raw", "here", "there"))
    for number in range(2):
        write_frames(raw / f"Film {number} ü.tif", iter(padded), padded.shape, padded.dtype, CALIBRATION)
    (raw / "broken.tif").write_bytes(b"II*\x00")
    settings = quick.replace(geojson=True, frames_only=(0,))
    predict(model, raw, out=here, settings=settings)
    batch = predict(model, raw, out=there, settings=settings, batch=one_worker)
    assert [(path.name, type(error)) for path, error in batch.failed.items()] == [("broken.tif", DamagedFile)]
    for path in here.iterdir():
        if path.suffix in (".tif", ".geojson") or path.name.endswith(".objects.csv"):
            assert path.read_bytes() == (there / path.name).read_bytes(), path.name
    assert {path.name for path in here.iterdir()} == {path.name for path in there.iterdir()}
