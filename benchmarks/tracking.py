"""Time and memory of tracking, beside laptrack alone and trackpy on the same centres: CPU seconds, in one run.

    python benchmarks/tracking.py --frames 1000 --objects 500

Discs wander around their places, and each is missed in one frame of a hundred. `track_labels` measures the objects in
the label images and their overlaps, links, closes gaps and finds divisions; laptrack and trackpy get the centres for
nothing. trackpy is measured if it is installed.
"""

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np

from cpretrain import track_labels
from cpretrain.images.metadata import Calibration
from cpretrain.runtime.console import set_output
from cpretrain.settings.tracking import TrackSettings

RADIUS, MISSED = 10, 0.01


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


def timed(name: str, work, *given) -> object:
    """Run something, and print its CPU seconds."""
    start = time.process_time()
    result = work(*given)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:28} {time.process_time() - start:8.1f} s CPU   peak {peak:6.0f} MB", flush=True)
    return result


def drawn(frames: int, objects: int) -> int:
    """Only draw the frames, to take that time off."""
    movie = Wandering(frames, objects)
    return sum(int(movie.frame(t).max()) for t in range(frames))


def by_laptrack(centres: list[np.ndarray], farthest: float, splitting: bool) -> Iterator[int]:
    from laptrack import LapTrack

    squared = farthest**2
    split = squared if splitting else False
    lap = LapTrack(
        cutoff=squared, gap_closing_cutoff=squared, gap_closing_max_frame_count=3, splitting_cutoff=split
    )
    return lap.predict(centres)


def by_trackpy(centres: list[np.ndarray], farthest: float) -> object:
    import pandas as pd
    import trackpy

    trackpy.quiet()
    rows = [pd.DataFrame({"y": c[:, 0], "x": c[:, 1], "frame": t}) for t, c in enumerate(centres)]
    return trackpy.link(pd.concat(rows, ignore_index=True), farthest, memory=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--without", nargs="*", default=[], choices=["laptrack", "trackpy"])
    given = parser.parse_args()
    set_output(quiet=True)
    import laptrack  # noqa: F401  # importing it takes seconds, which belong to none

    timed("drawing the frames", drawn, given.frames, given.objects)
    settings = TrackSettings()
    tracks = timed(
        "track_labels with drawing",
        lambda: track_labels(Wandering(given.frames, given.objects), settings=settings),
    )
    table = tracks.table
    print(
        f"{len(table)} objects, {table['track'].nunique()} tracks, farthest {tracks.max_distance:.1f} pixels"
    )
    of_frame = table.sort_values("frame").groupby("frame")
    centres = [part[["y", "x"]].to_numpy() for _, part in of_frame]
    del tracks, table, of_frame
    if "trackpy" not in given.without and find_spec("trackpy"):
        found = timed("trackpy.link", by_trackpy, centres, RADIUS * 1.0)
        print(f"{found['particle'].nunique()} tracks, farthest {RADIUS} pixels")
    if "laptrack" not in given.without:
        timed("laptrack with divisions", by_laptrack, centres, 2.0 * RADIUS, True)


if __name__ == "__main__":
    sys.exit(main())
