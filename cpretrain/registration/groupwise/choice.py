"""Choose between alignments of a movie by the agreement of its frames with their mean, on a common area."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.agreement import Agreement
from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.valid_area import Area

LEAST_SHARE = 0.05
"""Minimum share of an image that all alignments must have in common for a comparison."""
BETTER = 0.002
"""Minimum gain in agreement for another alignment to be preferred to the first."""


def mean_agreement(
    frames: ContrastFrames, ways: Mapping[str, NDArray[np.float64]], relied: NDArray[np.bool_]
) -> dict[str, float]:
    """Return the mean agreement of frames with the mean of the others, for each alignment.

    Parameters
    ----------
    frames : ContrastFrames
        The movie.
    ways : mapping of str to ndarray of float64, shape (T, 3)
        Drift of each alignment in z, y, x, in pixels of the reduced images.
    relied : ndarray of bool, shape (T,)
        Frames that count.

    Returns
    -------
    dict of str to float
        Agreement by alignment; empty if the frames have too little in common.
    """
    counted = np.flatnonzero(relied).tolist()
    if len(counted) < 2:
        return {}
    places = {name: np.round(drift[counted] - drift[counted[0]]).astype(int) for name, drift in ways.items()}
    shape = frames.reduced(counted[0]).values.shape
    area = _common_area(np.concatenate(list(places.values())), shape)
    if np.prod([max(0, part.stop - part.start) for part in area]) < LEAST_SHARE * np.prod(shape):
        return {}
    seen = {name: Agreement(len(counted), area) for name in ways}
    for i, t in enumerate(counted):
        image = frames.reduced(t)
        kept = None if image.kept is None else image.kept > 0
        for name, at in places.items():
            z, y, x = at[i].tolist()
            seen[name].add(image.values, kept, (z, y, x))
    each = {name: one.each() for name, one in seen.items()}
    return {name: float(values.mean()) for name, values in each.items() if values is not None}


def best_way(agreement: Mapping[str, float], first: str) -> str:
    """Return the alignment with the highest agreement; the first one unless another is better by more than chance."""
    best = max(agreement, key=lambda name: agreement[name], default=first)
    return best if agreement and agreement[best] > agreement[first] + BETTER else first


def _common_area(drift: NDArray[np.int64], shape: tuple[int, ...]) -> Area:
    low, high = drift.min(axis=0), drift.max(axis=0)
    z, y, x = (
        slice(max(0, -int(a)), max(0, n - max(0, int(b)))) for a, b, n in zip(low, high, shape, strict=True)
    )
    return z, y, x
