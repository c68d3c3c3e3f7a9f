"""Time per pair of frames: the native engine and other ways to measure a shift, in turn, on the same stack.

    python benchmarks/drift.py [--frames 13] [--rounds 7]

Every round times each of them once, one after the other, after a first round that is not counted (compilers, caches,
Java); medians over the rounds are printed, with the ratio to the native engine. The plugin is timed if FIJI_HOME names
a Fiji: only its own run (measuring and correcting), without the handover; pystackreg if it is installed.
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.registration import phase_cross_correlation

from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.previous_frame import measure_frames
from cpretrain.settings.drift import DriftSettings

SHAPES = {"512 × 512 uint8": (1, 512, 512), "256 × 256 × 16 uint16": (16, 256, 256)}


def stack(shape: tuple[int, int, int], frames: int) -> np.ndarray:
    """Return frames, shape (T, Z, Y, X), of noisy grain with a known drift."""
    rng = np.random.default_rng(0)
    reach = [3 if n > 1 else 0 for n in shape[:1]] + [12, 12]
    smooth = (1 if shape[0] > 1 else 0, 2, 2)
    ground = gaussian_filter(rng.random([n + r for n, r in zip(shape, reach, strict=True)]), smooth)
    ground = (ground - ground.min()) / np.ptp(ground)
    corners = np.stack([rng.integers(0, r + 1, frames) for r in reach], axis=1)
    top, dtype = (200, np.uint8) if shape[0] == 1 else (4000, np.uint16)
    windows = [ground[tuple(slice(c, c + n) for c, n in zip(at, shape, strict=True))] for at in corners]
    return np.clip(top * np.stack(windows) + rng.normal(0, top / 100, (frames, *shape)), 0, top).astype(dtype)


def competitors(pixels: np.ndarray, on_exit: ExitStack) -> dict[str, Callable[[], object]]:
    """Return the functions to time; each call measures all pairs of neighbouring frames.

    A call is timed from outside, unless it returns the seconds itself.
    """
    movie = ArrayFrames(pixels[:, :, np.newaxis])
    frames = [frame[0] if len(frame) == 1 else frame for frame in pixels]
    settings = DriftSettings(max_shift=(20, 20, 20))

    def scikit_image() -> None:
        for earlier, later in pairwise(frames):
            phase_cross_correlation(later, earlier)

    ways: dict[str, Callable[[], object]] = {
        "cpretrain native": lambda: measure_frames(movie, settings),
        "scikit-image": scikit_image,
    }
    if frames[0].ndim == 2:
        try:
            from pystackreg import StackReg
        except ImportError:
            pass
        else:
            ways["pystackreg"] = lambda: StackReg(StackReg.TRANSLATION).register_stack(np.stack(frames))
    if os.environ.get("FIJI_HOME"):
        from fiji_bridge import FijiSession, find_fiji

        session = on_exit.enter_context(FijiSession(find_fiji(None)))
        ways["Correct 3D drift"] = lambda: session.correct_drift(movie, settings, Calibration()).seconds
    return ways


def main() -> None:
    """Print one table per shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=13)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    for name, shape in SHAPES.items():
        with ExitStack() as on_exit:
            ways = competitors(stack(shape, options.frames), on_exit)
            seconds: dict[str, list[float]] = {way: [] for way in ways}
            for _ in range(options.rounds + 1):
                for way, measure in ways.items():
                    start = time.perf_counter()
                    told = measure()
                    elapsed = time.perf_counter() - start
                    seconds[way].append(told if isinstance(told, float) else elapsed)
        print(f"\n{name}, {options.frames - 1} pairs, {os.cpu_count()} cores: ms a pair, times native")
        native = np.median(seconds["cpretrain native"][1:])
        for way, taken in seconds.items():
            median = np.median(taken[1:])
            print(f"  {way:20s}{1000 * median / (options.frames - 1):9.2f}{median / native:8.1f}")


if __name__ == "__main__":
    main()
