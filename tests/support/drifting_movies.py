"""Movies with a known drift: recorded fields of nuclei that move behind a window, with typical faults."""

import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter, shift

from tests.support.paths import FAULTS, FIELDS

FAULTS = FAULTS / "drift"
EDGE = 160


def field(number=0):
    """Return a recorded field of view, 520 × 696 pixels."""
    return tifffile.imread(sorted((FIELDS / "images").iterdir())[number]).astype(np.float64)


def walk(frames, step=2, seed=0):
    """Return a random drift (y, x) that starts at 0."""
    drift = np.cumsum(np.random.default_rng(seed).integers(-step, step + 1, (frames, 2)), axis=0)
    return (drift - drift[0]).astype(float)


def moved(drift, number=0, noise=4, seed=0):
    """Return a drifting field, in float64."""
    rng = np.random.default_rng(seed)
    whole = field(number)
    frames = [whole[100 - int(y) :, 100 - int(x) :][:EDGE, :EDGE] for y, x in drift]
    return np.stack(frames) + rng.normal(0, noise, (len(drift), EDGE, EDGE))


def smooth(sigma, noise_first):
    """Return a field that moves by (1, 2) pixels per frame, denoised or oversampled."""
    rng, drift, frames = np.random.default_rng(0), np.array([[t, 2.0 * t] for t in range(12)]), []
    for y, x in drift.astype(int):
        window = field()[60 - y :, 60 - x :][: EDGE + 40, : EDGE + 40]
        noise = rng.normal(0, 20, window.shape)
        window = (
            gaussian_filter(window + noise, sigma) if noise_first else gaussian_filter(window, sigma) + noise
        )
        frames.append(window[20:-20, 20:-20])
    return np.stack(frames), drift


def half_pixels():
    drift = np.array([[0.5 * t, -0.3 * t] for t in range(16)])
    rng, sharp = np.random.default_rng(0), gaussian_filter(field(5), 1)
    frames = [shift(sharp, step, order=3)[150 : 150 + EDGE, 150 : 150 + EDGE] for step in drift]
    return np.stack(frames) + rng.normal(0, 5, (16, EDGE, EDGE)), drift


def hot_pixels(dtype=np.uint16):
    drift, rng = walk(12, 3), np.random.default_rng(5)
    movie = moved(drift)
    movie[:, rng.integers(0, EDGE, 200), rng.integers(0, EDGE, 200)] = 4095
    return movie, drift


def spoilt(kind):
    """Return a movie of 24 frames, some of which determine nothing."""
    drift, rng = walk(24), np.random.default_rng(3)
    movie = moved(drift, 1)
    if kind == "black":
        movie[[5, 6, 13, 20]] = 0
    elif kind == "flash":
        movie[7] = 4095
    elif kind == "overexposed":
        movie *= 5
        movie[7] *= 30
        movie = np.minimum(movie, 4095)
    elif kind == "noise":
        movie[9] = rng.normal(140, 10, movie[9].shape)
    elif kind == "defocused":
        movie[10:12] = [gaussian_filter(frame, 15) for frame in movie[10:12]] + rng.normal(
            0, 4, (2, EDGE, EDGE)
        )
    return movie, drift


def jump_at_low_signal():
    rng, drift = np.random.default_rng(5), walk(30, 1)
    drift[15:] += (25, -18)
    return rng.poisson(np.clip(moved(drift, 2, noise=0) - 125, 0, None) * 0.004 + 1), drift


def fault(name):
    """Return a movie with a fault from practice, and its drift."""
    truth = FAULTS / f"{name}.truth_yx.csv"
    movie = tifffile.imread(FAULTS / f"{name}.tif")
    return movie, np.loadtxt(truth, delimiter=",") if truth.exists() else np.zeros((len(movie), 2))


def healthy(kind):
    drift = walk(20, 0 if kind == "still" else 2)
    frames = np.arange(20)[:, None, None]
    movie = moved(drift, 4)
    if kind == "bleaching":
        movie *= np.exp(-frames / 8)
    elif kind == "flicker":
        movie *= np.random.default_rng(1).uniform(0.3, 1.7, (20, 1, 1))
    elif kind == "uneven light and dust":
        y, x = np.mgrid[:EDGE, :EDGE]
        dust = gaussian_filter((np.random.default_rng(3).random((EDGE, EDGE)) > 0.9993) * 1.0, 3) > 0.002
        movie *= np.exp(-((y - 80) ** 2 + (x - 80) ** 2) / 2 / 90**2) * (
            1 - 0.25 * gaussian_filter(dust * 1.0, 1)
        )
    elif kind == "bright background that stays":
        movie += 2000 * np.mgrid[:EDGE, :EDGE][0] / EDGE
    return movie, drift


def stored(path, movie):
    """Write a movie as a camera does, and return the path."""
    path.parent.mkdir(exist_ok=True)
    if movie.dtype.kind == "f":
        movie = np.clip(np.round(movie), 0, 65535)
    dtype = np.uint8 if movie.max() < 256 else np.uint16
    tifffile.imwrite(path, movie.astype(dtype), imagej=True, metadata={"axes": "TYX"})
    return path
