"""The drift that most pairs of frames agree on: robust least squares that ignore contradicting pairs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.curve import FramePair

ROUNDS = 12
WIDEST = 8.0
"""Misfit, in units of the tolerance, at which a pair counts half in the first round; in the last round it is 1."""
NEIGHBOURS = 1e-7
"""Weight that holds neighbouring frames together."""
CERTAIN = 4.0
"""Lead, in standard errors, from which a single pair is certain."""


class MeasuredPair(NamedTuple):
    """A measured pair of frames.

    Parameters
    ----------
    frames : tuple of int
        Earlier and later frame.
    drift : ndarray of float64, shape (3,)
        Drift in z, y, x, in pixels.
    lead : float
        Lead of this drift over other answers, in standard errors.
    score : float
        Similarity of the frames for this drift, from -1 to 1.
    """

    frames: FramePair
    drift: NDArray[np.float64]
    lead: float
    score: float = 1.0


class Consensus(NamedTuple):
    """Drift that pairs of frames agree on.

    Parameters
    ----------
    drift : ndarray of float64, shape (T, 3)
        Drift in z, y, x relative to the first supported frame.
    agrees : ndarray of bool, shape (P,)
        True for pairs that fit.
    group : ndarray of int, shape (T,)
        Group of each frame, connected by pairs that fit; -1 for frames without such a pair.
    """

    drift: NDArray[np.float64]
    agrees: NDArray[np.bool_]
    group: NDArray[np.int64]


def consensus(frames: int, pairs: Sequence[MeasuredPair], tolerance: float) -> Consensus:
    """Find the drift of all frames that most pairs agree on.

    Parameters
    ----------
    frames : int
        Number of frames, T.
    pairs : sequence of MeasuredPair
        P pairs of frames.
    tolerance : float
        Maximum misfit of a pair, in pixels.

    Notes
    -----
    It starts from a tree of the pairs with the largest leads. Then pairs are weighted by their misfit, more strictly in
    each round (Geman & McClure 1987; graduated as by Blake & Zisserman 1987).
    """
    if not pairs:
        return Consensus(np.zeros((frames, 3)), np.zeros(0, bool), np.full(frames, -1))
    ends = np.array([pair.frames for pair in pairs])
    said = np.array([pair.drift for pair in pairs])
    lead = np.clip([pair.lead for pair in pairs], 0.05, 20.0)
    drift = _along_tree(frames, ends, said, lead)
    for scale in tolerance * np.geomspace(WIDEST, 1, ROUNDS):
        far = np.square((said - drift[ends[:, 1]] + drift[ends[:, 0]]) / scale).sum(axis=1)
        drift = _solved(frames, ends, said, lead / np.square(1 + far))
    misfit = np.abs(said - drift[ends[:, 1]] + drift[ends[:, 0]]).max(axis=1)
    agrees = misfit <= tolerance
    return Consensus(drift, agrees, _groups(frames, ends, agrees, lead))


def _along_tree(
    frames: int, ends: NDArray[np.int64], said: NDArray[np.float64], lead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum drifts along the tree of pairs with the largest leads."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

    first, second = ends.T.astype(np.int32)  # SciPy before 1.15 takes no others in a tree
    cost = coo_array((1 / lead, (first, second)), shape=(frames, frames)).tocsr()
    tree = minimum_spanning_tree(cost)
    known = {(int(i), int(j)): drift for (i, j), drift in zip(ends, said, strict=True)}
    drift = np.zeros((frames, 3))
    seen = np.zeros(frames, bool)
    for root in range(frames):
        if seen[root]:
            continue
        order, before = breadth_first_order(tree, root, directed=False)
        for frame in order[1:]:
            other = int(before[frame])
            step = known.get((other, int(frame)))
            drift[frame] = drift[other] + (step if step is not None else -known[int(frame), other])
        seen[order] = True
    return drift


def _solved(
    frames: int, ends: NDArray[np.int64], said: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Solve the weighted least squares of all pairs; a frame without any pair stays near its neighbours."""
    from scipy.sparse import coo_array
    from scipy.sparse.linalg import spsolve

    i, j = ends.T
    sides = np.zeros((frames, 3))
    np.add.at(sides, j, weights[:, np.newaxis] * said)
    np.subtract.at(sides, i, weights[:, np.newaxis] * said)
    before = np.arange(frames - 1)
    rows, columns = np.concatenate([i, before]), np.concatenate([j, before + 1])
    strengths = np.concatenate([weights, np.full(frames - 1, NEIGHBOURS)])
    values = np.concatenate([strengths, strengths, -strengths, -strengths, [1.0]])
    places = (
        np.concatenate([rows, columns, rows, columns, [0]]),
        np.concatenate([rows, columns, columns, rows, [0]]),
    )
    return np.asarray(spsolve(coo_array((values, places), shape=(frames, frames)).tocsc(), sides))


def _groups(
    frames: int, ends: NDArray[np.int64], agrees: NDArray[np.bool_], lead: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Number the groups of frames connected by pairs that are certain, or that close a loop of others."""
    from scipy.sparse.csgraph import connected_components

    looped = np.zeros(len(ends), bool)
    looped[agrees] = in_loops(frames, ends[agrees])
    held = ends[agrees & (looped | (lead >= CERTAIN))]
    _, group = connected_components(_graph(frames, held), directed=False)
    return np.where(np.bincount(held.ravel(), minlength=frames) == 0, -1, group)


def in_loops(frames: int, ends: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which pairs are part of a loop: pairs in no loop agree with the others whatever their drift.

    Parameters
    ----------
    frames : int
        Number of frames.
    ends : ndarray of int, shape (P, 2)
        Frames of each pair.

    Returns
    -------
    ndarray of bool, shape (P,)

    Notes
    -----
    Every pair outside a spanning tree closes a loop, and gets a random number; a pair in the tree is part of a loop if
    the numbers of the pairs that leave the subtree below it do not cancel.
    """
    from scipy.sparse.csgraph import breadth_first_order

    tree: dict[int, int] = {}
    orders = []
    for root in range(frames):
        if root not in tree:
            order, before = breadth_first_order(_graph(frames, ends), root, directed=False)
            tree |= {int(frame): int(before[frame]) for frame in order}
            orders.append(order)
    outside = np.array([tree[j] != i and tree[i] != j for i, j in ends.tolist()], bool)
    numbers = np.random.default_rng(0).integers(1, 2**62, len(ends)) * outside
    leaving = np.zeros(frames, np.int64)
    for (i, j), number in zip(ends.tolist(), numbers.tolist(), strict=True):
        leaving[i] ^= number
        leaving[j] ^= number
    for order in orders:
        for frame in order[:0:-1].tolist():
            leaving[tree[frame]] ^= leaving[frame]
    below = [i if tree[i] == j else j for i, j in ends.tolist()]
    return outside | (leaving[below] != 0)


def _graph(frames: int, ends: NDArray[np.int64]) -> Any:
    from scipy.sparse import coo_array

    return coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(frames, frames)).tocsr()
