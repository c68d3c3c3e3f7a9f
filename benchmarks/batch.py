"""Many movies on workers compared with the same movies one by one: time, memory of each worker, failures, and a rerun.

    python benchmarks/batch.py [--movies 200] [--workers 2] [--folder DIR]

Movies of 2 to 50 MB (windows that wander over real images, uint16, sizes evenly spaced on a logarithmic scale), three
of them broken, are corrected by the native engine with ``cpretrain drift --workers``, then by the same command again,
and then one by one with ``--workers 1``. The results must be equal, byte for byte. Everything is written below
DIR (200 movies: 7 GB) and removed at the end.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from hashlib import sha256
from pathlib import Path

import numpy as np
import psutil
import tifffile
from wandering import frames_of

SIZE = 512
SMALLEST, LARGEST = 2e6, 50e6


def write_movies(folder: Path, movies: int) -> None:
    """Write all movies; three in the middle are broken."""
    folder.mkdir()
    sizes = np.geomspace(SMALLEST, LARGEST, movies)
    np.random.default_rng(0).shuffle(sizes)
    for number, size in enumerate(sizes):
        frames = np.stack(list(frames_of(max(2, round(size / (2 * SIZE**2))), 1, SIZE, number)))
        tifffile.imwrite(folder / f"movie {number:03}.tif", frames, imagej=True, metadata={"axes": "TYX"})
    cut, empty, text = sorted(folder.iterdir())[movies // 2 : movies // 2 + 3]
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    empty.write_bytes(b"")
    text.write_text("not an image")


class Run:
    """A run of ``cpretrain drift``: seconds, its output, and the memory of each of its processes over time."""

    def __init__(self, raw: Path, out: Path, workers: int) -> None:
        command = [sys.executable, "-m", "cpretrain.cli", "drift", str(raw), "--out", str(out)]
        options = ["--engine", "native", "--workers", str(workers), "--json", "--quiet"]
        begun = time.perf_counter()
        process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.memory: dict[int, list[int]] = defaultdict(list)
        while process.poll() is None:
            for one in [psutil.Process(process.pid), *_children(process.pid)]:
                try:
                    self.memory[one.pid].append(one.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue
            time.sleep(0.5)
        self.seconds = time.perf_counter() - begun
        assert process.stdout
        answer = json.loads(process.stdout.read())
        self.code = process.returncode
        self.failed = answer["failed"]
        self.done = [movie for movie in answer["movies"] if movie["engine"] == "native"]

    def __str__(self) -> str:
        return f"{self.seconds:7.1f} s   {len(self.done):3d} done, {len(self.failed)} failed, exit code {self.code}"

    def memory_lines(self) -> list[str]:
        """Return the memory of each long-lived process, in the second and last quarter of its life, and at its peak."""
        lines = []
        for pid, sizes in self.memory.items():
            if len(sizes) >= max(8, max(map(len, self.memory.values())) // 2) and max(sizes) > 5e7:
                quarter = len(sizes) // 4
                second, last = np.mean(sizes[quarter : 2 * quarter]) / 1e6, np.mean(sizes[-quarter:]) / 1e6
                lines.append(
                    f"  process {pid}: second quarter {second:5.0f} MB, last quarter {last:5.0f} MB, "
                    f"peak {max(sizes) / 1e6:5.0f} MB"
                )
        return lines


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def contents(folder: Path) -> dict[str, str]:
    """Return digests of the images and tables in a result folder."""
    paths = [
        path for path in folder.iterdir() if path.suffix in (".tif", ".csv") and path.name != "batch.csv"
    ]
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(paths)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--movies", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=asked.folder))
    raw = folder / "raw"
    try:
        write_movies(raw, asked.movies)
        total = sum(path.stat().st_size for path in raw.iterdir()) / 1e9
        print(f"{asked.movies} movies, {total:.2f} GB, on {psutil.cpu_count()} cores", flush=True)
        side_by_side = Run(raw, folder / "out", asked.workers)
        print(f"{asked.workers} workers:  {side_by_side}", flush=True)
        print("\n".join(side_by_side.memory_lines()), flush=True)
        print(f"again:      {Run(raw, folder / 'out', asked.workers)}", flush=True)
        written = contents(folder / "out")
        shutil.rmtree(folder / "out")
        one_by_one = Run(raw, folder / "out", 1)
        print(f"one by one: {one_by_one}", flush=True)
        print("\n".join(one_by_one.memory_lines()), flush=True)
        print(f"workers take {side_by_side.seconds / one_by_one.seconds:.2f} of the time", flush=True)
        if written != contents(folder / "out"):
            raise SystemExit("the results differ")
        print("the results are equal, byte for byte")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
