"""Time per pair of frames: the native engine beside other ways of measuring a shift, in turn, on the same stack.

    python benchmarks/drift.py [--planes 1 16] [--frames 13] [--rounds 7] [--long 1200]

Every round times each of them once, one after the other, after a first round that is not counted (compilers, caches,
Java). Printed are medians of wall time and of processor time, and how many times that of the native engine each one
takes: the median of the ratios within a round, so that other work on the machine cancels out. Then the native engine on
1, 2, 4 … cores. Others are timed where they are installed: pystackreg, suite2p's rigid registration and jnormcorre
(both against a mean image; jnormcorre corrects too), and the plugin where FIJI_HOME names a Fiji, by its own run time
alone, without the transfer of the pixels. ``--long`` measures that many frames of 1024 × 1024, and prints frames per
second beside the 13 that are published for NoRMCorre.
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
from scipy.ndimage import gaussian_filter
from skimage.registration import phase_cross_correlation

from cpretrain.images.metadata import Calibration
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration import loops
from cpretrain.registration.previous_frame import measure_frames
from cpretrain.settings.drift import DriftSettings

SETTINGS = DriftSettings(max_shift=(20, 20, 20))
SHAPES = {1: ("512 × 512 uint8", (1, 512, 512)), 16: ("256 × 256 × 16 uint16", (16, 256, 256))}


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

    def scikit_image() -> None:
        for earlier, later in pairwise(frames):
            phase_cross_correlation(later, earlier)

    ways: dict[str, Callable[[], object]] = {
        "cpretrain native": lambda: measure_frames(movie, SETTINGS),
        "scikit-image": scikit_image,
    }
    if frames[0].ndim == 2:
        ways |= of_planes(np.stack(frames))
    if os.environ.get("FIJI_HOME"):
        from fiji_bridge import FijiSession, find_fiji

        session = on_exit.enter_context(FijiSession(find_fiji(None)))
        ways["Correct 3D drift"] = lambda: session.correct_drift(movie, SETTINGS, Calibration()).seconds
    return ways


def of_planes(frames: np.ndarray) -> dict[str, Callable[[], object]]:
    """Return the functions for movies of one plane, of packages that are installed."""
    ways: dict[str, Callable[[], object]] = {}
    if find_spec("pystackreg"):
        from pystackreg import StackReg

        ways["pystackreg"] = lambda: StackReg(StackReg.TRANSLATION).register_stack(frames)
    if find_spec("suite2p"):
        import torch
        from suite2p.registration import rigid

        mean, numbers = (
            torch.from_numpy(frames.mean(axis=0)).float(),
            torch.from_numpy(frames.astype(np.int16)),
        )
        multiply, add, reference = rigid.compute_masks_ref_smooth_fft(mean, maskSlope=3.45, smooth_sigma=1.15)
        ways["suite2p rigid"] = lambda: rigid.phasecorr(numbers, reference, multiply, add, 0.1, 0)
    if find_spec("jnormcorre"):
        from jnormcorre.motion_correction import frame_corrector

        floats = frames.astype(np.float32)
        corrector = frame_corrector(floats.mean(axis=0), (20, 20), (48, 48), (24, 24), 3)
        ways["jnormcorre rigid"] = lambda: corrector.register_frames(floats)
    return ways


def timed(measure: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and processor time in seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    told = measure()
    processor = time.process_time() - processor
    return (told if isinstance(told, float) else time.perf_counter() - wall), processor


def measured(shape: tuple[int, int, int], frames: int, rounds: int) -> dict[str, np.ndarray]:
    """Return seconds of each way, shape (rounds, 2): wall and processor time."""
    with ExitStack() as on_exit:
        ways = competitors(stack(shape, frames), on_exit)
        seconds = [[timed(measure) for measure in ways.values()] for _ in range(rounds + 1)]
    return dict(zip(ways, np.array(seconds[1:]).swapaxes(0, 1), strict=True))


def print_table(seconds: dict[str, np.ndarray], pairs: int) -> None:
    """Print a row per way; of the plugin, which runs in another process, the processor time is not known."""
    print(f"{'':20s}{'wall ms':>10s}{'times':>8s}{'cpu ms':>10s}{'times':>8s}")
    for way, taken in seconds.items():
        wall, cpu = np.median(1000 * taken / pairs, axis=0)
        times, cpu_times = np.median(taken / seconds["cpretrain native"], axis=0)
        of_processor = "" if way == "Correct 3D drift" else f"{cpu:10.2f}{cpu_times:8.2f}"
        print(f"{way:20s}{wall:10.2f}{times:8.2f}{of_processor}")


def print_curve(shape: tuple[int, int, int], frames: int, rounds: int) -> None:
    """Print the wall time of the native engine on 1, 2, 4 … cores."""
    movie = ArrayFrames(stack(shape, frames)[:, :, np.newaxis])
    told = []
    for cores in (n for n in (1, 2, 4, 8) if n <= (os.cpu_count() or 1)):
        os.environ["OMP_NUM_THREADS"] = str(cores)
        seconds = [timed(lambda: measure_frames(movie, SETTINGS))[0] for _ in range(rounds + 1)][1:]
        told.append(f"{cores}: {1000 * np.median(seconds) / (frames - 1):.2f}")
    os.environ.pop("OMP_NUM_THREADS")
    print(f"wall ms of the native engine by cores, of {os.cpu_count()}: {', '.join(told)}")


@dataclass
class Repeated(ArrayFrames):
    """A long movie of few frames, which come again and again, forwards and backwards."""

    frames: int = 1200

    @property
    def shape(self) -> tuple[int, int, int, int, int]:
        """Lengths in t, z, c, y, x."""
        return (self.frames, *super().shape[1:])

    def frame(self, t: int) -> np.ndarray:
        """Frame `t` (from 0)."""
        last = len(self.pixels) - 1
        return np.asarray(self.pixels[last - abs(t % (2 * last) - last)])


def print_long(frames: int) -> None:
    """Print frames per second of a long movie of 1024 × 1024 pixels."""
    movie = Repeated(stack((1, 1024, 1024), 30)[:, :, np.newaxis], frames=frames)
    wall, processor = timed(lambda: measure_frames(movie, SETTINGS))
    print(
        f"\n1024 × 1024 × {frames}: {frames / wall:.0f} frames per second, {frames / processor:.0f} per second of "
        "processor time (published for NoRMCorre: 13 per second)"
    )


def main() -> None:
    """Print one table per shape."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planes", type=int, nargs="*", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--frames", type=int, default=13)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--long", type=int, default=0)
    options = parser.parse_args()
    loops.loops(loops.ENOUGH)  # compiled ones, as for a long movie
    for planes in options.planes:
        name, shape = SHAPES[planes]
        print(f"\n{name}, {options.frames - 1} pairs, {os.cpu_count()} cores")
        print_table(measured(shape, options.frames, options.rounds), options.frames - 1)
        print_curve(shape, options.frames, options.rounds)
    if options.long:
        print_long(options.long)


if __name__ == "__main__":
    main()
