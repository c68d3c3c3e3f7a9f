"""Crops where tracks break: around a nucleus that is missing from one frame, and at random where nothing breaks."""

import numpy as np
import pytest
import tifffile

from cpretrain.dataset.crops_table import Crop
from cpretrain.images.timelapse import TimeLapse
from cpretrain.models.trained import find_model
from cpretrain.models.versions import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.rounds.broken_tracks import broken_places
from cpretrain.rounds.crop_selection import candidates, choose
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.rounds import RoundSettings
from tests.support.paths import FIELDS

pytestmark = pytest.mark.skipif(cellpose_major() != 3, reason="the demo's network is one of Cellpose 3")
FRAMES, SIZE, GONE = 3, 60, 1
SETTINGS = RoundSettings(size=SIZE, choose="broken-tracks", look_at=FRAMES, device="cpu")


@pytest.fixture(scope="module")
def model():
    return find_model(DATA / "base_nuclei", PredictSettings(device="cpu"))


@pytest.fixture(scope="module")
def field():
    """Return a part of a field of the demo, the centre of one of its nuclei, and the frame without that nucleus."""
    name = sorted(path.name for path in (FIELDS / "images").glob("*.tif"))[0]
    image, labels = (tifffile.imread(FIELDS / kind / name)[:160, :200] for kind in ("images", "labels"))
    inside = {
        one: np.argwhere(labels == one).mean(axis=0)
        for one in np.unique(labels[40:-40, 40:-40])[1:]
        if not np.isin(one, np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    }
    one, centre = max(inside.items(), key=lambda item: (labels == item[0]).sum())
    without = image.copy()
    from scipy.ndimage import binary_dilation

    without[binary_dilation(labels == one, iterations=6) & ((labels == one) | (labels == 0))] = np.median(
        image[labels == 0]
    )
    return image, centre, without


@pytest.fixture(scope="module")
def movie(field, tmp_path_factory):
    image, _, without = field
    frames = np.stack([without if t == GONE else image for t in range(FRAMES)])
    path = tmp_path_factory.mktemp("raw") / "a.tif"
    tifffile.imwrite(path, frames, imagej=True, metadata={"axes": "TYX"})
    return path


@pytest.fixture(scope="module")
def found(movie, model):
    return candidates([movie], SETTINGS, [0], FRAMES, model=model)


def test_a_crop_is_around_the_nucleus_that_is_missing_in_a_frame(movie, field, model):
    with TimeLapse(movie) as frames:
        places = broken_places(frames, FRAMES, SIZE, np.random.default_rng(0), model)
    best = max(places, key=lambda one: one.score)
    y, x = field[1]
    assert best.frame == GONE and best.score >= 1
    assert best.y <= y < best.y + SIZE and best.x <= x < best.x + SIZE


def test_breaks_come_first_and_random_crops_fill_up(found):
    chosen = choose(found, 3, SIZE)
    assert chosen[0].at_break and chosen[0].frame == GONE
    assert len(chosen) == 3 and not all(one.at_break for one in chosen)


def test_a_place_that_was_annotated_in_this_frame_is_not_offered_again(movie, model, found):
    first = choose(found, 1, SIZE)[0]
    taken = [Crop("c.tif", "a.tif", first.frame, first.z, first.y, first.x, SIZE, SIZE, 2, 0)]
    again = candidates([movie], SETTINGS, [0], FRAMES, taken, model=model)
    same = [one for one in again if one.frame == first.frame]
    assert all(max(abs(one.y - first.y), abs(one.x - first.x)) >= SIZE for one in same)


def test_a_movie_of_two_frames_has_no_tracks_to_break(tmp_path, field, model):
    tifffile.imwrite(
        tmp_path / "b.tif", np.stack([field[0], field[2]]), imagej=True, metadata={"axes": "TYX"}
    )
    with TimeLapse(tmp_path / "b.tif") as frames:
        assert broken_places(frames, FRAMES, SIZE, np.random.default_rng(0), model) == []
