"""A shift of the whole image is told from that of something that passes through it, and from noise."""

import numpy as np
import pytest

from cpretrain.registration.whole_image import only_a_part_moved
from tests.support.drifting_movies import EDGE, moved

AREA = slice(0, 1), slice(0, EDGE), slice(0, EDGE)
TRULY = 0, 1, -2


def pair(passing=0.0, light=1.0):
    """Return a drifting field of nuclei through which a disk passes, 12 pixels to the right."""
    y, x = np.mgrid[:EDGE, :EDGE]
    frames = [
        light * frame + passing * (np.hypot(y - 60, x - 60 - 12 * t) < 30)
        for t, frame in enumerate(moved(np.array([(0, 0), TRULY[1:]])))
    ]
    return np.float32(frames)[:, None]


@pytest.mark.parametrize(
    ("frames", "found", "told"),
    [
        (pair(), TRULY, False),
        (pair(passing=3000), (0, 0, 12), True),
        (pair(passing=-300), (0, 0, 12), True),
        (pair(light=0), (0, 0, 12), False),  # noise alone
    ],
    ids=["drift", "debris", "shadow", "noise"],
)
def test_what_passes(frames, found, told):
    assert only_a_part_moved(frames[1], frames[0], found, AREA) == told
