"""Choose between ways to align a movie by how well its frames agree with their mean, on an area that all have."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.agreement import Agreement
from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.valid_area import Area

LEAST_SHARE = 0.05
"""Share of an image that all must have in common, or nothing is compared."""
BETTER = 0.002
"""Agreement by which another way has to be better than the first."""


def mean_agreement(
    frames: ContrastFrames, ways: Mapping[str, NDArray[np.float64]], relied: NDArray[np.bool_]
) -> dict[str, float]:
    """Return the mean agreement of frames with the mean of the others for each way to align them.

    Parameters
    ----------
    frames : ContrastFrames
        The movie.
    ways : mapping of str to ndarray, shape (T, 3)
        Drift in z, y, x pixels of the reduced images.
    relied : ndarray of bool, shape (T,)
        Frames that count.

    Returns
    -------
    dict
        Empty where the frames have too little in common.
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
    """Return the way with the highest agreement; the first one unless another is better by more than chance."""
    best = max(agreement, key=lambda name: agreement[name], default=first)
    return best if agreement and agreement[best] > agreement[first] + BETTER else first


def _common_area(drift: NDArray[np.int64], shape: tuple[int, ...]) -> Area:
    low, high = drift.min(axis=0), drift.max(axis=0)
    z, y, x = (
        slice(max(0, -int(a)), max(0, n - max(0, int(b)))) for a, b, n in zip(low, high, shape, strict=True)
    )
    return z, y, x
