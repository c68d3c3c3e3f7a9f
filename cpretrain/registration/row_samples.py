"""Sample rows of images, so that checks of a whole movie cost a fraction of its measurement."""

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.valid_area import Area

MOST_PIXELS = 2**15
"""Number of pixels of an image to examine; shifts remain exact because rows are complete."""


def sampled_rows(area: Area, most: int = MOST_PIXELS) -> NDArray[np.int64]:
    """Return rows spread evenly over an area, with about `most` pixels in total.

    Parameters
    ----------
    area : tuple of slice
        Area in z, y, x.
    most : int
        Maximum number of pixels, except for the last row.

    Returns
    -------
    ndarray of int64, shape (N, 2)
        z and y of each row.
    """
    planes, rows, columns = area
    height, width = rows.stop - rows.start, columns.stop - columns.start
    there = (planes.stop - planes.start) * height
    if there <= 0 or width <= 0:
        return np.zeros((0, 2), np.int64)
    wanted = min(there, max(1, -(-most // width)))
    index = (np.arange(wanted) * there + there // 2) // wanted
    return np.column_stack([planes.start + index // height, rows.start + index % height]).astype(np.int64)
