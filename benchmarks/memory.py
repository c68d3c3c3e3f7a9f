"""Peak memory and time of ``cpretrain drift`` for movies of different lengths: memory should grow with a frame only.

    python benchmarks/memory.py [--frames 30 3000] [--size 512] [--planes 1] [--limit-gb 2] [--folder DIR]

Each movie (a window that moves over real images, uint16) is written to DIR, corrected by the native engine in a
separate process, and deleted together with the result; the peak is that process's largest resident memory. With
--limit-gb the process may not map more memory than that. ``--frames 2500 --size 2048`` is a movie of 21 GB, and needs
disk space for two.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import tifffile
from wandering import frames_of


def peak_of(movie: Path, out: Path, limit: float | None) -> tuple[float, float]:
    """Correct a movie in a separate process, and return its peak memory in MB, and seconds."""

    def limited() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_AS, (int(limit * 1e9),) * 2)

    command = [sys.executable, "-m", "cpretrain.cli", "drift", str(movie), "--out", str(out)]
    begun = time.perf_counter()
    process = subprocess.Popen([*command, "--engine", "native"], preexec_fn=limited)
    _, code, used = os.wait4(process.pid, 0)
    if code:
        raise SystemExit(f"drift ended with code {os.waitstatus_to_exitcode(code)}")
    return used.ru_maxrss / 1000, time.perf_counter() - begun


def main() -> None:
    """Print one row per movie."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, nargs="+", default=[30, 3000])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--planes", type=int, default=1)
    parser.add_argument("--limit-gb", type=float)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    frame = asked.planes * asked.size**2 * 2 / 1e6
    print(f"frames of {asked.planes} × {asked.size} × {asked.size}, uint16: {frame:.1f} MB each", flush=True)
    for frames in asked.frames:
        folder = Path(tempfile.mkdtemp(dir=asked.folder))
        try:
            shape = (frames, asked.planes, asked.size, asked.size)
            tifffile.imwrite(
                folder / "movie.ome.tif",
                frames_of(frames, asked.planes, asked.size),
                shape=shape,
                dtype=np.uint16,
                bigtiff=True,
                ome=True,
                photometric="minisblack",
                metadata={"axes": "TZYX"},
            )
            peak, seconds = peak_of(folder / "movie.ome.tif", folder / "corrected", asked.limit_gb)
        finally:
            shutil.rmtree(folder)
        total = frames * frame / 1000
        print(
            f"{frames:6d} frames {total:8.2f} GB   peak {peak:7.0f} MB   {seconds:8.1f} s   "
            f"{1000 * seconds / frames:7.1f} ms a frame",
            flush=True,
        )


if __name__ == "__main__":
    main()
