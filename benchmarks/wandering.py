"""Movies for benchmarks: windows that wander over real images, with noise."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import tifffile
from fields import FIELDS

REACH = 40


@cache
def ground() -> np.ndarray:
    """Return fifteen real fields side by side, ndarray of uint16, shape (Y, X)."""
    fields = [tifffile.imread(path).astype(np.uint16) for path in sorted((FIELDS / "images").glob("*.tif"))]
    return np.block([fields[start : start + 3] for start in range(0, 15, 3)])


def frames_of(frames: int, planes: int, size: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield the planes of all frames, ndarray of uint16, shape (size, size); the seed determines start and path."""
    room = min(ground().shape) - size - REACH
    if room < 0:
        raise SystemExit(f"--size: at most {min(ground().shape) - REACH}")
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 40, (4, size, size), np.uint16)
    start, place = rng.integers(0, room + 1, 2), np.array([REACH // 2, REACH // 2])
    stack = [np.roll(ground(), 100 * z, axis=0) for z in range(planes)]
    for _ in range(frames):
        place = np.clip(place + rng.integers(-3, 4, 2), 0, REACH)
        y, x = start + place
        for plane in stack:
            yield plane[y : y + size, x : x + size] + noise[rng.integers(4)]
