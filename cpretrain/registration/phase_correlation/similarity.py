"""Similarity of two images for a given drift, on their whole overlap or its unmasked part."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.loops import loops
from cpretrain.registration.phase_correlation.spectrum import Transformed, axes_of

FEWEST_KEPT = 0.02
"""Minimum overlap, as a share of the unmasked pixels."""


Scores = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Pearson correlations of several drifts, and numbers of the pixels compared."""


class ScoredShift(NamedTuple):
    """A drift in z, y, x, the similarity of the images for it, and the number of pixels compared."""

    drift: NDArray[np.int64]
    score: float
    pixels: int


def score(later: Transformed, earlier: Transformed, candidates: NDArray[np.int64]) -> Scores:
    """Compare two images on their overlap, for several drifts.

    Parameters
    ----------
    later, earlier : Transformed
        Two images with the same shape; both or neither with masked pixels.
    candidates : ndarray of int64, shape (N, 3)
        Drifts from the earlier to the later one, in z, y, x, in pixels.

    Returns
    -------
    scores : ndarray of float32, shape (N,)
        Pearson correlations.
    pixels : ndarray of int64, shape (N,)
        Numbers of pixels compared.
    """
    a, b, typical = later.image, earlier.image, (later.typical, earlier.typical)
    if later.kept is None or earlier.kept is None:
        scored: Scores = loops().score_candidates(a, b, candidates, *typical)
        return scored
    from cpretrain.registration.phase_correlation.masked_correlation import masked_correlation

    fewest = max(9, int(FEWEST_KEPT * min(later.kept.sum(), earlier.kept.sum())))
    each = [
        masked_correlation(a, b, later.kept, earlier.kept, (z, y, x), *typical, fewest)
        for z, y, x in candidates.tolist()
    ]
    scores, pixels = zip(*each, strict=True)
    return np.array(scores, np.float32), np.array(pixels, np.int64)


def around(place: NDArray[np.int64], image: Transformed) -> NDArray[np.int64]:
    """Return the drifts that differ from `place` by a pixel along one axis.

    Parameters
    ----------
    place : ndarray of int64, shape (3,)
        A drift in z, y, x.
    image : Transformed
        An image, whose axes count.

    Returns
    -------
    ndarray of int64, shape (N, 3)
    """
    axes = axes_of(image.image)
    return place + np.array([side * np.eye(3, dtype=np.int64)[axis] for axis in axes for side in (1, -1)])


def summit(later: Transformed, earlier: Transformed, start: ScoredShift) -> ScoredShift:
    """Go uphill from a drift, pixel by pixel, to where the images are most alike.

    Inpainting biases the peak of a smooth image towards zero shift.

    Parameters
    ----------
    later, earlier : Transformed
        Two images with the same shape.
    start : ScoredShift
        The first drift.
    """
    while True:
        places = around(start.drift, later)
        scores, pixels = score(later, earlier, places)
        best = int(scores.argmax())
        if scores[best] <= start.score:
            return start
        start = ScoredShift(places[best], float(scores[best]), int(pixels[best]))
