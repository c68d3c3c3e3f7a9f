"""Images turned and shifted, with linear interpolation."""

import numpy as np
from numba import njit

from cpretrain.registration.groupwise.prepared_image import Contrast
from cpretrain.registration.turning.pose import Pose


def seen_from(image: Contrast, pose: Pose) -> Contrast:
    """Return an image of one plane with a pose undone; pixels that it does not cover are masked out."""
    kept = np.ones_like(image.values) if image.kept is None else image.kept
    values, counts = _warped(image.values[0], kept[0], np.cos(pose.angle), np.sin(pose.angle), pose.y, pose.x)
    return Contrast(values[np.newaxis], counts[np.newaxis])


@njit(cache=True, nogil=True)
def _warped(image, kept, cos, sin, shift_y, shift_x):  # type: ignore[no-untyped-def]
    height, width = image.shape
    values, counts = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    for i in range(height):
        for j in range(width):
            y = middle_y + shift_y + cos * (i - middle_y) - sin * (j - middle_x)
            x = middle_x + shift_x + sin * (i - middle_y) + cos * (j - middle_x)
            top, left = int(np.floor(y)), int(np.floor(x))
            if top < 0 or left < 0 or top + 1 >= height or left + 1 >= width:
                continue
            if kept[top, left] * kept[top, left + 1] * kept[top + 1, left] * kept[top + 1, left + 1] == 0:
                continue
            b, a = np.float32(y - top), np.float32(x - left)
            above = image[top, left] + a * (image[top, left + 1] - image[top, left])
            below = image[top + 1, left] + a * (image[top + 1, left + 1] - image[top + 1, left])
            values[i, j], counts[i, j] = above + b * (below - above), 1
    return values, counts
