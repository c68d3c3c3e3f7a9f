"""Sample rows of images, so that checks of a whole movie cost a fraction of its measurement."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cpretrain.registration.valid_area import Area

MOST_PIXELS = 2**16
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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def row_correlation(later, earlier, rows, left, right, shift):  # type: ignore[no-untyped-def]
    """Return the Pearson correlation of two images on some rows of the later one.

    Parameters
    ----------
    later, earlier : ndarray of float32, shape (Z, Y, X)
        Images; pixel `i` of `earlier` lies on pixel ``i + shift`` of `later`.
    rows : ndarray of int64, shape (N, 2)
        z and y of the rows of `later`; those without a counterpart are ignored.
    left, right : int
        First column, and the one after the last.
    shift : tuple of 3 int
        Shift in z, y, x, in pixels.

    Returns
    -------
    float
        Correlation from -1 to 1; NaN if there is nothing to compare, or one of the images is constant.
    """
    depth, height, width = earlier.shape
    start, stop = max(left, shift[2]), min(right, width + shift[2])
    sum_a = sum_b = sum_aa = sum_bb = sum_ab = 0.0
    pixels = 0
    typical_later, typical_earlier = later[0, 0, 0], earlier[0, 0, 0]
    for i in range(len(rows)):
        z, y = rows[i, 0] - shift[0], rows[i, 1] - shift[1]
        if z < 0 or z >= depth or y < 0 or y >= height or stop <= start:
            continue
        row_a = later[rows[i, 0], rows[i, 1], start:stop]
        row_b = earlier[z, y, start - shift[2] : stop - shift[2]]
        for x in range(stop - start):
            a, b = row_a[x] - typical_later, row_b[x] - typical_earlier  # in float32: exact for 16 bits
            sum_a += a
            sum_b += b
            sum_aa += a * a
            sum_bb += b * b
            sum_ab += a * b
        pixels += stop - start
    if pixels == 0:
        return np.nan
    spread_a, spread_b = sum_aa - sum_a * sum_a / pixels, sum_bb - sum_b * sum_b / pixels
    if spread_a <= 1e-9 * sum_aa or spread_b <= 1e-9 * sum_bb:
        return np.nan
    return (sum_ab - sum_a * sum_b / pixels) / np.sqrt(spread_a * spread_b)
