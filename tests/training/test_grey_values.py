"""Random changes of grey values: the same for one seed and epoch, moderate, and never in the padding."""

import numpy as np

from cpretrain.training.grey_values import GreyValues


def image() -> np.ndarray:
    grey = np.zeros((2, 40, 50), np.float32)
    grey[0, 2:-2, 2:-2] = np.random.default_rng(0).uniform(0.01, 1.1, (36, 46))
    return grey


def test_the_same_seed_and_epoch_give_the_same_change():
    first, again, next_epoch, other_seed = (
        GreyValues(*which).vary(image()) for which in ((1, 2), (1, 2), (1, 3), (2, 2))
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, next_epoch)
    assert not np.array_equal(first, other_seed)


def test_padding_and_missing_channels_stay_0_and_the_image_is_left_alone():
    given = image()
    for epoch in range(20):
        changed = GreyValues(0, epoch).vary(given)
        assert changed.shape == given.shape
        assert changed.dtype == np.float32
        assert not changed[0][given[0] == 0].any()
        assert not changed[1].any()
    assert np.array_equal(given, image())


def test_changes_differ_from_crop_to_crop_and_stay_recognisable():
    source, given = GreyValues(0, 0), image()
    changed = [source.vary(given)[0][2:-2, 2:-2] for _ in range(40)]
    means = [one.mean() for one in changed]
    assert np.std(means) > 0.05
    assert all(one.min() > -0.4 and one.max() < 2.2 for one in changed)
    assert all(np.corrcoef(one.ravel(), given[0, 2:-2, 2:-2].ravel())[0, 1] > 0.3 for one in changed)


def test_other_random_numbers_are_not_used_up():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.rand()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    GreyValues(0, 0).vary(image())
    assert np.random.rand() == expected  # noqa: NPY002
