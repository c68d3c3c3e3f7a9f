"""Errors in the running Fiji are worded for Python; stand-in images here only know their axes."""

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import in_process


class Image:
    """The part of an ``ij.ImagePlus`` that is used before Fiji runs."""

    def __init__(self, t, z, c, kind=1):
        self.dimensions, self.kind = [40, 30, c, z, t], kind

    def getType(self):
        return self.kind

    def getTitle(self):
        return "movie.tif"

    def getDimensions(self):
        return self.dimensions

    def setDimensions(self, c, z, t):
        self.dimensions[2:] = c, z, t

    def setOpenAsHyperStack(self, _):
        pass


@pytest.mark.parametrize(
    ("image", "settings", "said"),
    [
        (None, {}, ["No image is open in Fiji", "open a time-lapse"]),
        (Image(1, 9, 1), {}, ["only one frame", 'axes="TYX"']),
        (Image(4, 2, 1), {}, ["only_xy=True"]),
        (Image(4, 1, 2), {"channel": 3}, ["no channel 3", "channel= from 1 to 2"]),
        (Image(4, 5, 1), {"z_range": (1, 9)}, ["z_range=(LOW, HIGH)"]),
        (Image(4, 1, 1), {"roi": (20, 20, 50, 5)}, ["roi=(X, Y, WIDTH, HEIGHT)"]),
        (Image(4, 1, 1), {"reference": "mean"}, ["reference=: the plugin has no such", 'engine="native"']),
        (Image(1, 9, 2), {"axes": "TYX"}, ['axes="TYX" does not fit', "9 × 2 planes"]),
        (Image(1, 9, 1, kind=4), {}, ["RGB"]),
    ],
    ids=lambda case: None,
)
def test_bad_input_names_settings_as_python_does(image, settings, said):
    with pytest.raises(BadInput) as caught:
        in_process.correct_drift(image, DriftSettings(**settings))
    assert all(words in str(caught.value) for words in said), str(caught.value)
    assert "--" not in str(caught.value)


@pytest.mark.parametrize(
    ("lengths", "axes", "expected"),
    [((1, 9, 1), "TYX", (9, 1, 1)), ((1, 9, 2), "tcyx", (9, 1, 2)), ((9, 1, 1), "ZYX", (1, 9, 1))],
)
def test_planes_are_called_what_the_settings_say(lengths, axes, expected):
    image = Image(*lengths)
    in_process._name_axes(image, axes)
    assert tuple(image.dimensions[:1:-1]) == expected
    assert np.prod(expected) == np.prod(lengths)
