"""Movies with a known drift, made from real images, with the faults of microscopes, samples and programs.

Each kind is a function from a seed to pixels, shape (T, Y, X) or (T, Z, Y, X), and the drift in z, y, x pixels, shape
(T, 3). `TUNED` were used while ``--robust`` was developed, `KEPT_ASIDE` (other kinds, images and seeds) were not.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tifffile
from fields import FIELDS
from scipy.ndimage import affine_transform, gaussian_filter, label, zoom
from skimage import data
from skimage.filters import threshold_otsu

DATA = Path(__file__).parents[1] / "tests/data"
EDGE, ROOM = 192, 90
"""Edge length of a frame, and the pixels around it that a drift may reach."""


class KnownDrift(NamedTuple):
    """Pixels, drift in z, y, x, and the angle in degrees by which each frame is turned (usually None)."""

    pixels: np.ndarray
    drift: np.ndarray
    angle: np.ndarray | None = None


Make = Callable[[int], KnownDrift]


@cache
def ground(seed: int) -> np.ndarray:
    """Return a recorded image, float64, at least `EDGE` + 2 `ROOM` pixels high and wide; grey values up to 1000.

    Nuclei (BBBC039) for even seeds, one of scikit-image's photographs for odd ones; other images from 100 on.
    """
    photographs = (
        (data.gravel, data.camera, data.moon) if seed < 100 else (data.grass, data.coins, data.brick)
    )
    fields = sorted((FIELDS / "images").glob("*.tif"))
    if seed % 2:
        image = photographs[seed // 2 % 3]().astype(np.float64)
        image = zoom(image, max(1, (EDGE + 2 * ROOM + 1) / min(image.shape)), order=1)
    else:
        image = tifffile.imread(fields[seed // 2 % 8 + (12 if seed >= 100 else 0)]).astype(np.float64)
    low, high = np.percentile(image, (1, 99.5))
    return 100 + 900 * np.clip((image - low) / (high - low), 0, 1.5)


def walk(frames: int, step: float, seed: int) -> np.ndarray:
    """Return a random drift in y and x, whole pixels, that begins at 0."""
    rng = np.random.default_rng(1000 + seed)
    drift = np.cumsum(rng.integers(-int(step), int(step) + 1, (frames, 2)), axis=0)
    return np.clip(drift - drift[0], -ROOM, ROOM).astype(float)


def windows(image: np.ndarray, drift: np.ndarray, edge: int = EDGE) -> np.ndarray:
    """Return the frames of a window on an image that moves by `drift` (y, x); cubic interpolation between pixels."""
    frames = []
    for y, x in drift:
        low = (image.shape[0] - edge) / 2 - y, (image.shape[1] - edge) / 2 - x
        order = 0 if all(float(corner).is_integer() for corner in low) else 3
        frames.append(affine_transform(image, np.ones(2), low, (edge, edge), order=order))
    return np.stack(frames)


def recorded(frames: np.ndarray, drift: np.ndarray, dtype: type = np.uint16) -> KnownDrift:
    """Convert frames to integers like a camera; a drift in y and x gets a z of 0."""
    pixels = np.clip(np.round(frames), 0, np.iinfo(dtype).max).astype(dtype)
    return KnownDrift(pixels, drift if drift.shape[1] == 3 else np.column_stack([0 * drift[:, 0], drift]))


def noisy(frames: np.ndarray, seed: int, sigma: float = 20) -> np.ndarray:
    """Add camera noise."""
    return frames + np.random.default_rng(2000 + seed).normal(0, sigma, frames.shape)


def sharp(seed: int) -> KnownDrift:
    """A movie without faults."""
    drift = walk(20, 3, seed)
    return recorded(noisy(windows(ground(seed), drift), seed), drift)


def denoised(sigma: float) -> Make:
    """Noise, and then a Gaussian filter."""

    def make(seed: int) -> KnownDrift:
        drift = np.array([[t, 2.0 * t] for t in range(12)]) - (5, 11)
        frames = noisy(windows(ground(seed), drift, EDGE + 40), seed)
        frames = gaussian_filter(frames, (0, sigma, sigma))[:, 20:-20, 20:-20]
        return recorded(frames, drift - drift[0])

    return make


def oversampled(sigma: float) -> Make:
    """Optics that blur, and then noise."""

    def make(seed: int) -> KnownDrift:
        drift = np.array([[t, 2.0 * t] for t in range(12)]) - (5, 11)
        frames = windows(gaussian_filter(ground(seed), sigma), drift)
        return recorded(noisy(frames, seed), drift - drift[0])

    return make


def slow(seed: int) -> KnownDrift:
    """A drift of 0.3 pixels per frame."""
    drift = np.array([[0.3 * t, -0.1 * t] for t in range(30)])
    return recorded(noisy(windows(gaussian_filter(ground(seed), 1), drift), seed, 10), drift)


def stamped(seed: int) -> KnownDrift:
    """A time stamp that counts, and a scale bar."""
    from skimage import data as images

    drift = walk(20, 3, seed)
    frames = noisy(windows(ground(seed), drift), seed)
    digits = 1.0 * (images.text()[10:28, 10:90] < 80)
    for t, frame in enumerate(frames):
        frame[6:24, 6:86][digits > 0] = 2500
        frame[26:32, 6 : 10 + 4 * t] = 2500
    frames[:, -16:-10, -70:-10] = 2500
    return recorded(frames, drift)


def hot_pixels(seed: int) -> KnownDrift:
    """Two hundred pixels that are always bright."""
    drift, rng = walk(20, 3, seed), np.random.default_rng(seed)
    frames = noisy(windows(ground(seed), drift), seed)
    frames[:, rng.integers(0, EDGE, 200), rng.integers(0, EDGE, 200)] = 4095
    return recorded(frames, drift)


def black(which: tuple[int, ...]) -> Make:
    """Some frames without light."""

    def make(seed: int) -> KnownDrift:
        drift = walk(24, 2, seed)
        frames = noisy(windows(ground(seed), drift), seed)
        frames[list(which)] = 0
        return recorded(frames, drift)

    return make


def defocused(seed: int) -> KnownDrift:
    """Two frames out of focus."""
    drift = walk(24, 2, seed)
    frames = windows(ground(seed), drift)
    frames[10:12] = gaussian_filter(frames[10:12], (0, 15, 15))
    return recorded(noisy(frames, seed), drift)


def faint_jump(seed: int) -> KnownDrift:
    """Few photons, and a jump as when somebody touches the table."""
    drift = walk(30, 1, seed)
    drift[15:] += (25, -18)
    frames = np.clip(windows(ground(seed), drift) - 100, 0, None) * 0.004 + 1
    return recorded(np.random.default_rng(seed).poisson(frames), drift)


def animals(seed: int) -> KnownDrift:
    """Polyps that move in a still dish."""
    movie = tifffile.imread(DATA / "faults/drift/polyp.tif")
    return recorded(np.rot90(movie, seed, axes=(1, 2)), np.zeros((len(movie), 2)), np.uint8)


def bleaching(seed: int) -> KnownDrift:
    """Bleaching that halves the light every six frames."""
    drift = walk(24, 3, seed)
    light = np.exp2(-np.arange(24) / 6)[:, None, None]
    return recorded(noisy(windows(ground(seed), drift) * light, seed, 8) + 50, drift)


def flicker(seed: int) -> KnownDrift:
    """A lamp that flickers."""
    drift = walk(24, 3, seed)
    light = np.random.default_rng(seed).uniform(0.2, 1.8, (24, 1, 1))
    return recorded(noisy(windows(ground(seed), drift) * light, seed), drift)


def overexposed(seed: int) -> KnownDrift:
    """Three frames with twelve times the exposure, cut off at the camera's highest value."""
    drift = walk(24, 3, seed)
    frames = noisy(windows(ground(seed), drift), seed)
    frames[[5, 6, 15]] *= 12
    return recorded(np.minimum(frames, 4095), drift)


def jumps(seed: int) -> KnownDrift:
    """Jumps of 70 pixels."""
    drift = walk(24, 2, seed) / 4 // 1
    drift[8:16] += (70, -20)
    drift[16:] += (0, 50)
    return recorded(noisy(windows(ground(seed), drift - (20, 20)), seed), drift)


def vignette(seed: int) -> KnownDrift:
    """Uneven light, and dust on the camera."""
    drift, rng = walk(24, 3, seed), np.random.default_rng(seed)
    y, x = np.mgrid[:EDGE, :EDGE] - EDGE / 2
    dust = gaussian_filter((rng.random((EDGE, EDGE)) > 0.9993) * 1.0, 3)
    light = np.exp(-(y**2 + x**2) / 2 / (0.5 * EDGE) ** 2) * (1 - 0.4 * np.minimum(dust / dust.max() * 2, 1))
    return recorded(noisy(windows(ground(seed), drift) * light, seed, 10), drift)


def _cells(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a field of nuclei without its background, and a number for each nucleus."""
    field = ground(2 * seed + 4)
    inside = gaussian_filter(field, 2) > threshold_otsu(field)
    return np.where(inside, field, 0), label(inside)[0]


def streaming(seed: int) -> KnownDrift:
    """Cells that a flow carries through the middle of the picture, while the stage drifts."""
    drift = walk(24, 1, seed)
    flow = np.array([[0.0, 3.0 * t - 36] for t in range(24)])
    cells, _ = _cells(seed)
    frames, vessel = windows(ground(seed), drift), slice(EDGE // 3, 2 * EDGE // 3)
    frames[:, vessel] = np.maximum(windows(cells, flow)[:, vessel], 100)
    return recorded(noisy(frames, seed), drift)


def migrating(seed: int) -> KnownDrift:
    """Cells of which two in three migrate, each in its own direction."""
    drift, rng = walk(24, 1, seed), np.random.default_rng(seed)
    cells, numbers = _cells(seed)
    speeds = rng.normal(0, 0.8, (numbers.max() + 1, 2)) * (rng.random((numbers.max() + 1, 1)) < 2 / 3)
    frames = np.full((24, *cells.shape), 100.0)
    for number in range(1, numbers.max() + 1):
        y, x = np.nonzero(numbers == number)
        for t in range(24):
            to = np.round(speeds[number] * (t - 12)).astype(int) + drift[t].astype(int)
            at = np.clip(y + to[0], 0, cells.shape[0] - 1), np.clip(x + to[1], 0, cells.shape[1] - 1)
            frames[t][at] = np.maximum(frames[t][at], cells[y, x])
    low = (cells.shape[0] - EDGE) // 2, (cells.shape[1] - EDGE) // 2
    seen = frames[:, low[0] : low[0] + EDGE, low[1] : low[1] + EDGE]
    return recorded(noisy(seen, seed), drift)


def few_photons(seed: int) -> KnownDrift:
    """About one photon per pixel in bright places."""
    drift = walk(24, 2, seed)
    frames = np.clip(windows(ground(seed), drift) - 100, 0, None) * 0.001 + 0.05
    return recorded(np.random.default_rng(seed).poisson(frames), drift)


def volume(seed: int) -> KnownDrift:
    """Planes of a recorded volume of nuclei, moved in z, y and x."""
    first = tifffile.imread(DATA / "drift/known3d.tif")[seed % 8].astype(np.float64)
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.integers(-1, 2, (10, 3)), axis=0).clip(-4, 4)
    drift -= drift[0]
    frames = [first[4 - z : 21 - z, 10 - y : 80 - y, 10 - x : 90 - x] for z, y, x in drift]
    return recorded(noisy(np.stack(frames), seed, 6), drift.astype(float), np.uint8)


def turning(seed: int) -> KnownDrift:
    """A well that turns by a third of a degree per frame about its middle while the stage drifts."""
    drift, angle = walk(20, 1, seed), 0.35 * np.arange(20)
    image = gaussian_filter(ground(seed), 0.7)
    return turned(image, drift, angle, seed)


def turned(image: np.ndarray, drift: np.ndarray, angle: np.ndarray, seed: int) -> KnownDrift:
    """Return the movie of a window on an image that turns about the window's middle and then moves."""
    middle, frames = (EDGE - 1) / 2, []
    for (y, x), degrees in zip(drift, angle, strict=True):
        cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        back = np.array([[cos, sin], [-sin, cos]])  # anticlockwise on the screen, where y points down
        centre = np.array(image.shape) / 2
        offset = centre - back @ np.array([middle + y, middle + x])
        frames.append(affine_transform(image, back, offset, (EDGE, EDGE), order=3))
    movie = recorded(noisy(np.stack(frames), seed, 10), drift)
    return KnownDrift(movie.pixels, movie.drift, angle)


TUNED: dict[str, Make] = {
    "sharp": sharp,
    "denoised, sigma 1.5": denoised(1.5),
    "denoised, sigma 3": denoised(3),
    "oversampled, sigma 1.5": oversampled(1.5),
    "oversampled, sigma 3": oversampled(3),
    "slow, 0.3 px a frame": slow,
    "stamp and scale bar": stamped,
    "200 hot pixels": hot_pixels,
    "one black frame": black((9,)),
    "four black frames": black((5, 6, 13, 20)),
    "two frames out of focus": defocused,
    "jump at low signal": faint_jump,
    "animals in a still dish": animals,
    "bleaching": bleaching,
    "flicker": flicker,
    "exposure × 12": overexposed,
    "jumps of 70 px": jumps,
    "vignette and dust": vignette,
    "streaming cells": streaming,
    "migrating cells": migrating,
    "few photons": few_photons,
    "3D": volume,
    "rotation": turning,
}


def columns_of_camera(seed: int) -> KnownDrift:
    """A camera whose columns and pixels differ a little, at low signal."""
    drift, rng = walk(24, 2, seed), np.random.default_rng(seed)
    fixed = rng.normal(0, 15, (1, EDGE)) + rng.normal(0, 10, (EDGE, EDGE))
    return recorded(noisy(windows(ground(seed), drift) * 0.2, seed, 10) + fixed + 100, drift)


def passing_debris(seed: int) -> KnownDrift:
    """A large bright object that floats across the picture."""
    drift, (y, x) = walk(24, 2, seed), np.mgrid[:EDGE, :EDGE]
    frames = noisy(windows(ground(seed), drift), seed)
    for t, frame in enumerate(frames):
        frame += 2500 * (np.hypot(y - 60 - t, x - 12 * t + 40) < 35)
    return recorded(frames, drift)


def passing_shadow(seed: int) -> KnownDrift:
    """A large shadow that crosses the picture from the top to the bottom."""
    drift, (y, x) = walk(24, 2, seed), np.mgrid[:EDGE, :EDGE]
    frames = windows(ground(seed), drift)
    for t, frame in enumerate(frames):
        frame *= 1 - 0.8 * (np.hypot(y - 8 * t, x - 110 + t) < 40)
    return recorded(noisy(frames, seed), drift)


def vibrating(seed: int) -> KnownDrift:
    """A table that vibrates by fractions of a pixel around a slow drift."""
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.normal(0.15, 0.1, (30, 2)), axis=0) + rng.normal(0, 0.7, (30, 2))
    drift -= drift[0]
    return recorded(noisy(windows(gaussian_filter(ground(seed), 0.8), drift), seed, 15), drift)


def compressed(seed: int) -> KnownDrift:
    """Frames that were stored as JPEG, in blocks that stay in their place."""
    import io

    from PIL import Image

    drift, frames = walk(20, 3, seed), []
    for frame in noisy(windows(ground(seed), drift), seed) / 5:
        data = io.BytesIO()
        Image.fromarray(np.clip(frame, 0, 255).astype(np.uint8)).save(data, "JPEG", quality=12)
        frames.append(np.asarray(Image.open(data)))
    return recorded(np.stack(frames), drift, np.uint8)


def changing_focus(seed: int) -> KnownDrift:
    """Focus that is slowly lost and regained."""
    drift = walk(24, 2, seed)
    sigma = 4 * np.abs(np.sin(np.arange(24) / 24 * np.pi))
    frames = [
        gaussian_filter(frame, width)
        for frame, width in zip(windows(ground(seed), drift), sigma, strict=True)
    ]
    return recorded(noisy(np.stack(frames), seed, 10), drift)


def moving_light(seed: int) -> KnownDrift:
    """A reflection of the room that wanders over a dark sample."""
    drift, (y, x) = walk(24, 2, seed), np.mgrid[:EDGE, :EDGE]
    frames = windows(ground(seed), drift) * 0.5
    for t, frame in enumerate(frames):
        frame += 1500 * np.exp(-((y - 7 * t) ** 2 + (x - 90) ** 2) / 2 / 50**2)
    return recorded(noisy(frames, seed, 10), drift)


def interrupted(seed: int) -> KnownDrift:
    """Six dark frames in a row, during which the sample moves by about thirty pixels."""
    drift = walk(26, 2, seed)
    drift[16:] += (24, -30)
    frames = noisy(windows(ground(seed), drift), seed)
    frames[10:16] = np.random.default_rng(seed).normal(100, 5, (6, EDGE, EDGE))
    return recorded(frames, drift)


def stuck(seed: int) -> KnownDrift:
    """A still sample in flickering light."""
    drift = np.zeros((20, 2))
    light = np.random.default_rng(seed).uniform(0.5, 1.5, (20, 1, 1))
    return recorded(noisy(windows(ground(seed), drift) * light, seed), drift)


KEPT_ASIDE: dict[str, Make] = {
    "sharp": sharp,
    "denoised, sigma 2": denoised(2),
    "oversampled, sigma 2.5": oversampled(2.5),
    "slow, 0.3 px a frame": slow,
    "jump at low signal": faint_jump,
    "few photons": few_photons,
    "jumps of 70 px": jumps,
    "vignette and dust": vignette,
    "columns of the camera": columns_of_camera,
    "passing debris": passing_debris,
    "passing shadow": passing_shadow,
    "vibration": vibrating,
    "JPEG": compressed,
    "changing focus": changing_focus,
    "reflection that wanders": moving_light,
    "six dark frames, and a jump": interrupted,
    "nothing moves, flicker": stuck,
}
