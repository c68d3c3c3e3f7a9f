"""Time and memory of tracking, beside laptrack alone, trackpy and TrackMate on the same centres: CPU seconds.

    python benchmarks/tracking.py --frames 1000 --objects 500

Discs wander around their places, and each is missed in one frame of a hundred. `track_labels` measures the objects in
the label images and their overlaps, links, closes gaps and finds divisions; the others get the centres for nothing.
trackpy is measured if it is installed, and TrackMate's LAP tracker, with gap closing and splitting, if the Fiji in
``FIJI_HOME`` has it (on one thread, with a heap of 3 GB, and the time of Java's own threads counted). Each runs in a
process of its own; its peak includes the interpreter and the libraries.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from cpretrain import track_labels
from cpretrain.images.metadata import Calibration
from cpretrain.linking import edges_of
from cpretrain.runtime.console import set_output

RADIUS, MISSED = 10, 0.01
FARTHEST = 2.0 * RADIUS
"""Farthest step in pixels: what `track_labels` takes by itself."""


class Wandering:
    """A label movie whose frames are drawn when they are read, so that memory is that of the tracking."""

    def __init__(self, frames: int, objects: int) -> None:
        side = int(np.ceil(np.sqrt(objects)))
        self.shape, self.dtype = (frames, 1, 1, side * 32, side * 32), np.dtype(np.uint16)
        self.calibration = Calibration()
        places = np.stack(np.meshgrid(np.arange(side), np.arange(side), indexing="ij"), -1).reshape(-1, 2)
        self._homes = places[:objects] * 32.0 + 16
        self._walk = np.zeros_like(self._homes)
        self._random = np.random.default_rng(0)
        self._disc = np.hypot(*np.mgrid[-RADIUS : RADIUS + 1, -RADIUS : RADIUS + 1]) <= RADIUS
        self._next = 0

    def frame(self, t: int) -> np.ndarray:
        """Draw the next frame; they are read in order."""
        assert t == self._next
        self._next += 1
        self._walk += self._random.normal(0, 1.5, self._walk.shape) - 0.05 * self._walk
        height, width = self.shape[3:]
        image = np.zeros((1, 1, height, width), np.uint16)
        seen = np.flatnonzero(self._random.random(len(self._homes)) >= MISSED)
        corners = np.clip(self._homes + self._walk, RADIUS, height - RADIUS - 1).round().astype(int) - RADIUS
        for number, (y, x) in enumerate(corners[self._random.permutation(seen)], 1):
            image[0, 0, y : y + 2 * RADIUS + 1, x : x + 2 * RADIUS + 1][self._disc] = number
        return image


def peak() -> float:
    """Return the largest memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def drawn(frames: int, objects: int, _: Path) -> tuple[float, float, str]:
    """Only draw the frames, to take that time off."""
    movie, start = Wandering(frames, objects), time.process_time()
    seen = sum(int(movie.frame(t).max()) for t in range(frames))
    return time.process_time() - start, peak(), f"{seen} objects"


def by_cpretrain(frames: int, objects: int, place: Path) -> tuple[float, float, str]:
    """Track the frames, and keep the centres for the others."""
    set_output(quiet=True)
    track_labels(Wandering(3, 4))  # imports and compiled loops
    start = time.process_time()
    tracks = track_labels(Wandering(frames, objects))
    seconds, most, table = time.process_time() - start, peak(), tracks.table
    np.save(place, table.sort_values("frame")[["frame", "y", "x"]].to_numpy())
    return seconds, most, f"{len(edges_of(table))} links, farthest step {tracks.max_distance:.1f}"


def by_laptrack(_: int, __: int, place: Path) -> tuple[float, float, str]:
    """Link centres with gaps and divisions."""
    from laptrack import LapTrack

    centres, squared = np.load(place), FARTHEST**2
    limits = {"cutoff": squared, "gap_closing_cutoff": squared, "splitting_cutoff": squared}
    start = time.process_time()
    frames = np.split(centres[:, 1:], np.flatnonzero(np.diff(centres[:, 0])) + 1)
    tree = LapTrack(gap_closing_max_frame_count=3, **limits).predict(frames)
    return time.process_time() - start, peak(), f"{tree.number_of_edges()} links"


def by_trackpy(_: int, __: int, place: Path) -> tuple[float, float, str]:
    """Link centres with a memory of two frames and half the farthest step; trackpy has no divisions."""
    import pandas as pd
    import trackpy

    trackpy.quiet()
    table = pd.DataFrame(np.load(place), columns=["frame", "y", "x"])
    trackpy.link(table[table["frame"] < 3], FARTHEST / 2, memory=2)  # imports and compiled loops
    start = time.process_time()
    found = trackpy.link(table, FARTHEST / 2, memory=2)
    return time.process_time() - start, peak(), f"{len(found) - found['particle'].nunique()} links"


def by_trackmate(_: int, __: int, place: Path) -> tuple[float, float, str]:
    """Link centres with TrackMate's LAP tracker, in a real Fiji."""
    from fiji_bridge.find import find_fiji
    from fiji_bridge.session import FijiSession

    jobs = Path(__file__).with_name("trackmate_job.py")
    with FijiSession(find_fiji(), jobs=jobs, memory=3000, time_limit=7200) as fiji:
        done = fiji.call("link", centres=str(place), farthest=FARTHEST, missing=2)
    return done["seconds"], done["peak"], f"{done['links']} links"


WORK: dict[str, Callable[[int, int, Path], tuple[float, float, str]]] = {
    "drawing": drawn,
    "cpretrain": by_cpretrain,
    "laptrack": by_laptrack,
    "trackpy": by_trackpy,
    "trackmate": by_trackmate,
}


def main() -> None:
    """Print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--without", nargs="*", default=[], choices=[*WORK])
    given = parser.parse_args()
    missing = {"trackpy"} if not find_spec("trackpy") else set()
    missing |= {"trackmate"} if not os.environ.get("FIJI_HOME") else set()
    with tempfile.TemporaryDirectory() as folder:
        for name, work in WORK.items():
            if name in missing.union(given.without):
                continue
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                done = alone.submit(work, given.frames, given.objects, Path(folder) / "centres.npy").result()
            print("{:12} {:8.1f} s CPU   peak {:6.0f} MB   {}".format(name, *done), flush=True)


if __name__ == "__main__":
    sys.exit(main())
