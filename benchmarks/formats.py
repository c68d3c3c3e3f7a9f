"""Compare time and memory of writing a movie as OME-Zarr and as TIFF.

``python -m benchmarks.formats [FRAMES]``; every movie is written in its own process.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames

SIDE, TURNS = 512, 3
FRAMES = int(sys.argv[1]) if len(sys.argv) > 1 else 2000


def frames(count: int):
    """Yield frames of a slope with a camera's noise, which compress to about two thirds."""
    rng = np.random.default_rng(0)
    slope = np.linspace(100, 1500, SIDE)
    seen = [rng.poisson(slope, (1, 1, SIDE, SIDE)).astype(np.uint16) for _ in range(8)]
    return (seen[t % 8] for t in range(count))


def write(path: Path, count: int) -> None:
    """Write a movie; print the seconds and the peak memory of the process in MB."""
    shape = (count, 1, 1, SIDE, SIDE)
    write_frames(
        path.with_name(f"first{path.name}"), frames(2), (2, *shape[1:]), np.dtype("uint16"), Calibration()
    )
    start = time.perf_counter()
    write_frames(path, frames(count), shape, np.dtype("uint16"), Calibration((1.0, 0.5, 0.5), "µm", 60.0))
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


def measured(name: str, count: int) -> tuple[float, float, float]:
    """Measure seconds, peak memory in MB and size in MB of a movie that is written in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.formats", str(count), str(path)],
            capture_output=True, text=True, check=True, env=os.environ,
        )  # fmt: skip
        seconds, peak = map(float, done.stdout.split())
        files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
        return seconds, peak, sum(file.stat().st_size for file in files) / 1e6


def main() -> None:
    """Print the figures of both formats."""
    for count in (FRAMES // 10, FRAMES):
        found = {name: [measured(name, count) for _ in range(TURNS)] for name in ("m.tif", "m.ome.zarr")}
        for name, runs in found.items():
            seconds, peak, size = np.median(runs, axis=0)
            print(f"{count} frames {name}: {seconds:.2f} s, peak {peak:.0f} MB, {size:.0f} MB on disk")
        ratio = np.median(found["m.ome.zarr"], axis=0)[0] / np.median(found["m.tif"], axis=0)[0]
        print(f"{count} frames: OME-Zarr takes {ratio:.2f} times as long as TIFF")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        write(Path(sys.argv[2]), FRAMES)
    else:
        main()
