"""Measure the rotation and shift between two images."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from cpretrain.registration.groupwise.prepared_image import Contrast
from cpretrain.registration.turning.pose import Pose
from cpretrain.registration.turning.warp import seen_from

LEVELS, SMALLEST = 3, 24
"""Number of times that images are halved, and the minimum edge length in pixels for halving."""
ITERATIONS, STILL = 40, 1e-3
"""Maximum number of steps per level, and movement at the border of the image, in pixels, that ends the search."""
LEAST_OVERLAP = 0.2
"""Minimum fraction of an image that both have in common."""


class RigidMatch(NamedTuple):
    """Pose of the later image relative to the earlier one, and their correlation, from -1 to 1."""

    pose: Pose
    score: float


def match_rigidly(later: Contrast, earlier: Contrast, start: Pose) -> RigidMatch:
    """Find the pose near a first guess for which two images of one plane are most alike.

    Parameters
    ----------
    later, earlier : Contrast
        Images with values of shape (1, Y, X).
    start : Pose
        First guess.

    References
    ----------
    Baker & Matthews (2004), Lucas-Kanade 20 years on: a unifying framework, doi:10.1023/B:VISI.0000011205.11775.fd
    (inverse compositional).
    """
    pairs = [(later, earlier)]
    while len(pairs) <= LEVELS and min(pairs[-1][0].values.shape[1:]) >= 2 * SMALLEST:
        a, b = pairs[-1]
        pairs.append((_halved(a), _halved(b)))
    pose = start.scaled(0.5 ** (len(pairs) - 1))
    for level, (a, b) in reversed(list(enumerate(pairs))):
        pose = _converged(a, b, pose)
        if level:
            pose = pose.scaled(2)
    return RigidMatch(pose, likeness(later, earlier, pose))


def likeness(later: Contrast, earlier: Contrast, pose: Pose) -> float:
    """Return the correlation of two images on their overlap for a pose; 0 if they hardly overlap."""
    back = seen_from(later, pose)
    assert back.kept is not None
    both = (back.kept > 0) if earlier.kept is None else (back.kept > 0) & (earlier.kept > 0)
    if both.mean() < LEAST_OVERLAP:
        return 0.0
    a, b = back.values[both], earlier.values[both]
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / norm if norm > 0 else 0.0


def _converged(later: Contrast, earlier: Contrast, pose: Pose) -> Pose:
    height, width = earlier.values.shape[1:]
    gradient_y, gradient_x = np.gradient(earlier.values[0])
    counts = np.ones_like(earlier.values[0]) if earlier.kept is None else earlier.kept[0]
    radius = np.hypot(height, width) / 2
    for _ in range(ITERATIONS):
        back = seen_from(later, pose)
        assert back.kept is not None
        normal, right, pixels = _normal_equations(
            back.values[0], earlier.values[0], gradient_y, gradient_x, back.kept[0] * counts
        )
        if pixels < LEAST_OVERLAP * counts.size or np.linalg.cond(normal) > 1e12:
            break
        turn, y, x = np.linalg.solve(normal, right).tolist()
        step = Pose(turn, y, x)
        pose = pose.after(step.inverse())
        if max(abs(y), abs(x), abs(turn) * radius) < STILL:
            break
    return pose


@njit(cache=True, nogil=True)
def _normal_equations(back, earlier, gradient_y, gradient_x, counts):  # type: ignore[no-untyped-def]
    """Sum the normal equations of angle, y, x; pixels that differ a lot, because they move on their own, weigh less."""
    height, width = earlier.shape
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    ab = aa = squares = pixels = 0.0
    for i in range(height):
        for j in range(width):
            if counts[i, j] > 0:
                ab += back[i, j] * earlier[i, j]
                aa += back[i, j] * back[i, j]
                squares += earlier[i, j] * earlier[i, j]
                pixels += 1
    normal, right = np.zeros((3, 3)), np.zeros(3)
    if aa <= 0 or pixels == 0:
        return normal, right, 0.0
    gain = max(ab / aa, 0.0)
    scale = 1 / max((squares - ab * ab / aa) / pixels, 1e-12)
    jacobian = np.zeros(3)
    for i in range(height):
        for j in range(width):
            if counts[i, j] == 0:
                continue
            jacobian[0] = -(j - middle_x) * gradient_y[i, j] + (i - middle_y) * gradient_x[i, j]
            jacobian[1], jacobian[2] = gradient_y[i, j], gradient_x[i, j]
            missing = gain * back[i, j] - earlier[i, j]
            weight = 1 / (1 + 0.25 * scale * missing * missing)
            for m in range(3):
                right[m] += weight * jacobian[m] * missing
                for n in range(3):
                    normal[m, n] += weight * jacobian[m] * jacobian[n]
    return normal, right, pixels


def _halved(image: Contrast) -> Contrast:
    """Return means of 2 × 2 pixels; the middle of the image stays in the middle."""
    _, height, width = image.values.shape
    rows, columns = height // 2 * 2, width // 2 * 2
    return Contrast(
        _means(image.values, rows, columns), None if image.kept is None else _all(image.kept, rows, columns)
    )


def _blocks(image: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    return image[:, :rows, :columns].reshape(1, rows // 2, 2, columns // 2, 2)


def _means(image: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(_blocks(image, rows, columns).mean(axis=(2, 4)), np.float32)


def _all(kept: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    return np.ascontiguousarray(_blocks(kept, rows, columns).min(axis=(2, 4)))
