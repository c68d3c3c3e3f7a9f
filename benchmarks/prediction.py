"""Peak memory, time, and effects of interruptions of ``cpretrain predict`` on movies of different lengths.

    python benchmarks/prediction.py [--frames 20 200] [--size 120] [--enlarge 6] [--kills 3] [--folder DIR]

Each movie (a window that moves over real images, uint16, with pixels repeated --enlarge times each way, so that frames
are large while the network, which rescales them, is not busy for hours) is segmented with the demo's base in a separate
process; the peak is that process's largest resident memory, which should not grow with the movie. Then the longest
movie is segmented again by processes that are killed at random moments, and the results are compared with those of the
undisturbed run. Cellpose 3 only.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
from wandering import frames_of

from cpretrain.pipeline.demo import DATA

BASE = DATA / "base_nuclei"
DIAMETER = 17.0
"""Of the nuclei in pixels."""


def predict(
    movie: Path, out: Path, diameter: float, kill_after: float | None = None
) -> tuple[float, float, int]:
    """Segment a movie in a separate process, and return seconds, peak memory in MB, and how it ended."""
    command = [sys.executable, "-m", "cpretrain.cli", "predict", BASE, movie, "--out", out, "--device", "cpu"]
    command += ["--diameter", diameter, "--quiet"]
    started = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - started, used.ru_maxrss / 1024, process.returncode


def same(one: Path, other: Path, name: str) -> bool:
    """Return whether two results are equal."""
    labels = [tifffile.imread(folder / f"{name}.tif") for folder in (one, other)]
    tables = [(folder / f"{name}.objects.csv").read_bytes() for folder in (one, other)]
    return bool(np.array_equal(*labels)) and tables[0] == tables[1]


def main() -> None:
    """Print one row per movie, and the outcome of the kills."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--size", type=int, default=120)
    parser.add_argument("--enlarge", type=int, default=6)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as aside:
        folder, diameter = Path(aside), DIAMETER * options.enlarge
        edge = options.size * options.enlarge
        print(f"frames of {edge} × {edge} pixels, {edge**2 * 2 / 1e6:.1f} MB each")
        print("frames   seconds   seconds a frame   peak MB")
        for frames in options.frames:
            movie = folder / f"{frames}.tif"
            small = frames_of(frames, 1, options.size)
            whole = np.stack([frame.repeat(options.enlarge, 0).repeat(options.enlarge, 1) for frame in small])
            tifffile.imwrite(movie, whole, imagej=True, metadata={"axes": "TYX"})
            seconds, peak, code = predict(movie, folder / "whole", diameter)
            if code:
                raise SystemExit(f"predict ended with code {code}")
            print(f"{frames:6}  {seconds:8.1f}  {seconds / frames:15.2f}  {peak:8.0f}", flush=True)
        draw, killed = random.Random(0), 0
        for _ in range(options.kills):
            killed += predict(movie, folder / "killed", diameter, draw.uniform(0.1, 0.3) * seconds)[2] != 0
            there = len([*(folder / "killed").glob(f".{movie.stem}.unfinished/*.npz")])
            print(f"killed after {there} of {frames} frames", flush=True)
        seconds, _, _ = predict(movie, folder / "killed", diameter)
        equal = same(folder / "whole", folder / "killed", movie.stem)
        print(f"{killed} kills; the last run took {seconds:.1f} s; results equal: {equal}")


if __name__ == "__main__":
    main()
