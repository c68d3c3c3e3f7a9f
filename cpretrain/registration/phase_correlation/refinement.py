"""Refine the plugin's answer for a pair of images to where they are most alike, to a fraction of a pixel if set."""

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.phase_correlation.certainty import peak_is_noise, scores_as_well
from cpretrain.registration.phase_correlation.match import PhaseMatch
from cpretrain.registration.phase_correlation.similarity import ScoredShift, score, summit
from cpretrain.registration.phase_correlation.spectrum import Transformed, axes_of


def refined(found: PhaseMatch, later: Transformed, earlier: Transformed) -> PhaseMatch:
    """Return the answer moved uphill, pixel by pixel, to the nearest local optimum of the images' correlation."""
    best = summit(later, earlier, ScoredShift(np.array(found.drift), found.score, found.pixels))
    z, y, x = best.drift.tolist()
    return replace(found, drift=(z, y, x), score=best.score, pixels=best.pixels)


def refined_is_uncertain(plain: PhaseMatch, best: PhaseMatch) -> bool:
    """Return whether a refined answer is unreliable.

    Parameters
    ----------
    plain, best : PhaseMatch
        The answer before and after refinement.

    Returns
    -------
    bool
        True if the original peak is no higher than in noise, or another candidate scores as well. A better shift
        nearby, the other reason for uncertainty of a plain answer, has been used.
    """
    return peak_is_noise(plain.height, plain.size) or scores_as_well(
        best.score, best.second_score, best.pixels
    )


def fraction(best: PhaseMatch, later: Transformed, earlier: Transformed) -> NDArray[np.float64]:
    """Return the offset of the true optimum from a refined answer, in z, y, x, shape (3,), at most half a pixel each.

    Parameters
    ----------
    best : PhaseMatch
        A refined answer.
    later, earlier : Transformed
        The two images.

    Notes
    -----
    A quadratic function is fitted to the correlations at the answer and all its neighbours, including diagonal ones,
    because long, oblique objects make its axes oblique.
    """
    axes = axes_of(later.image)
    steps = np.array(list(product((-1, 0, 1), repeat=len(axes))))
    places = np.zeros((len(steps), 3), np.int64)
    places[:, axes] = steps
    scores, pixels = score(later, earlier, places + np.array(best.drift))
    moved = np.zeros(3)
    if (pixels == 0).any():
        return moved
    moved[list(axes)] = _peak(steps, scores.astype(np.float64))
    return np.clip(moved, -0.5, 0.5)


def _peak(steps: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the maximum of a quadratic function fitted to values on a grid of 3 points per axis."""
    n = steps.shape[1]
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    terms = np.column_stack(
        [np.ones(len(steps)), steps, *(steps[:, i] * steps[:, j] for i, j in pairs)]
    ).astype(np.float64)
    weights = np.exp(-np.square(steps).sum(axis=1))[:, np.newaxis] ** 0.5  # nearer points have more weight
    solved, *_ = np.linalg.lstsq(terms * weights, values * weights[:, 0], rcond=None)
    curvature = np.zeros((n, n))
    for (i, j), value in zip(pairs, solved[1 + n :], strict=True):
        curvature[i, j] += value
        curvature[j, i] += value
    if not (np.linalg.eigvalsh(curvature) < 0).all():
        return np.zeros(n)
    return np.asarray(np.linalg.solve(curvature, -solved[1 : 1 + n]))
