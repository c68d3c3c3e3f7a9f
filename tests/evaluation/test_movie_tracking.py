"""Objects of several models in one movie, tracked alike."""

import numpy as np
import tifffile

from cpretrain.evaluation.movies.tracking import _tracked
from cpretrain.prediction.movies import PredictedMovie


def found(folder, model, edge):
    """Write what a model found: one square that moves by eight pixels a frame, beside the movie."""
    labels = np.zeros((4, 64, 64), np.uint8)
    for t in range(4):
        labels[t, 20 : 20 + edge, 8 + 8 * t : 8 + 8 * t + edge] = 1
    (folder / model).mkdir(parents=True)
    for path in (folder / "m.tif", folder / model / "m.tif"):
        tifffile.imwrite(path, labels, imagej=True, metadata={"axes": "TYX"})
    return PredictedMovie(folder / "m.tif", folder / model / "m.tif", 4, [])


def test_objects_of_all_models_may_step_as_far(tmp_path):
    """Each had been tracked with its own objects' diameter: a model of small ones lost their tracks by that alone."""
    models = {"base": found(tmp_path, "base", 4), "retrained": found(tmp_path, "retrained", 12)}
    tracked = {one.model: one.counts for one in _tracked(models, None)}
    assert {model: counts.tracks for model, counts in tracked.items()} == {"base": 1, "retrained": 1}
    assert (tmp_path / "base" / "m.tracks.csv").is_file()
