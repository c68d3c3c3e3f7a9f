"""The demo's data are what they claim: real pixels, a known drift, an annotation that fits each crop exactly."""

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.crops_table import read_crops
from cpretrain.errors import BadInput
from cpretrain.labels.encodings import read_label_image
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline import demo
from cpretrain.pipeline.experiment import correct_and_cut


def test_time_lapses_are_windows_of_real_fields(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "_fields", lambda: sorted((demo.DATA / "fields" / "images").glob("*.tif"))[:2])
    experiment = demo._prepare(tmp_path / "demo")
    experiment = experiment.model_copy(update={"drift": experiment.drift.replace(engine="native")})
    for field in demo._fields():
        pixels, movie = tifffile.imread(field).astype(float), tifffile.imread(experiment.raw / field.name)
        for frame, (y, x) in zip(movie, demo._path(field), strict=True):
            window = pixels[y : y + demo.WINDOW, x : x + demo.WINDOW]
            assert abs((frame - window) / np.sqrt(window + 1)).mean() < 0.9  # photon noise, nothing else
        assert np.abs(np.diff(demo._path(field), axis=0)).max() <= demo.LARGEST_STEP

    correct_and_cut(experiment)
    assert demo._largest_error(experiment) == 0
    demo._annotate(experiment)
    crops = read_crops(tmp_path / "demo" / "training_images").values()
    assert len(crops) == 10
    for crop in crops:
        image = tifffile.imread(tmp_path / "demo" / "training_images" / crop.file).astype(float)
        exported = tmp_path / "demo" / "ground_truth" / f"{crop.file.removesuffix('.tif')}-labelled.tif"
        labels = read_label_image(exported).labels
        assert labels.shape == image.shape == (104, 104)
        inside, outside = image[labels > 0], image[2:-2, 2:-2][labels[2:-2, 2:-2] == 0]
        if inside.size:
            assert np.median(inside) > 1.5 * np.median(outside)


@pytest.mark.cellpose
@pytest.mark.skipif(cellpose_major() == 3, reason="the demo's base model is a network of Cellpose 3")
def test_another_cellpose_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(BadInput, match="weights of Cellpose 3"):
        demo.run_demo(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()
