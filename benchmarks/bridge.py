"""Cost of the bridge: start-up, overhead over the plugin alone, and memory over twenty movies.

    FIJI_HOME=/path/to/Fiji python benchmarks/bridge.py [--frames 30] [--size 512] [--movies 20]

Prints one JSON object. The plugin is timed within each call, around nothing but ImageJ's own call.
"""

import argparse
import json
import statistics
import sys
import time
from typing import Any

import numpy as np
import psutil
from scipy import ndimage

from cpretrain.images.timelapse import ArrayFrames
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import FijiSession, find_fiji
from fiji_bridge.child.jobs import job


@job
def heap() -> dict[str, Any]:
    """Return the heap in use after a collection (run in Fiji's process)."""
    import scyjava

    scyjava.gc()
    return {"bytes": int(scyjava.memory_used())}


def moving_cells(frames: int, size: int) -> np.ndarray:
    """Make a movie of blurred spots with shot noise that drifts up to three pixels per frame; uint16."""
    rng = np.random.default_rng(0)
    margin = 3 * frames
    world = np.zeros((size + 2 * margin,) * 2, np.float32)
    spots = rng.integers(0, world.shape[0], (world.size // 400, 2))
    world[tuple(spots.T)] = rng.uniform(2e3, 2e4, len(spots))
    world = ndimage.gaussian_filter(world, 2.0) * 10 + 100
    steps = rng.integers(-3, 4, (frames, 2))
    steps[0] = margin
    places = np.cumsum(steps, axis=0)
    pixels = [rng.poisson(world[y : y + size, x : x + size]) for y, x in places]
    return np.array(pixels, np.uint16)[:, None, None]


def overhead(session: FijiSession, movie: ArrayFrames, rounds: int) -> dict[str, Any]:
    """Time whole calls, and the plugin within them."""
    whole, plugin = [], []
    for _ in range(rounds):
        begun = time.perf_counter()
        done = session.correct_drift(movie, DriftSettings())
        whole.append(time.perf_counter() - begun)
        plugin.append(done.seconds)
    each = [100 * (all_of_it / alone - 1) for all_of_it, alone in zip(whole, plugin, strict=True)]
    return {
        "whole_call_seconds": [round(value, 3) for value in whole],
        "plugin_seconds": [round(value, 3) for value in plugin],
        "overhead_percent": [round(value, 1) for value in each],
        "overhead_percent_median": round(statistics.median(each), 1),
    }


def levels(session: FijiSession, movie: ArrayFrames, movies: int) -> dict[str, list[float]]:
    """Return the resident memory of both processes, and Fiji's heap, after each of many movies, in MB."""
    seen: dict[str, list[float]] = {"fiji": [], "this": [], "heap": []}
    for _ in range(movies):
        session.correct_drift(movie, DriftSettings())
        seen["heap"].append(round(session.call("heap")["bytes"] / 1e6))
        seen["fiji"].append(round(psutil.Process(session.pid).memory_info().rss / 1e6))
        seen["this"].append(round(psutil.Process().memory_info().rss / 1e6))
    return seen


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=30)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--movies", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    source = find_fiji(download=False)
    movie = ArrayFrames(moving_cells(asked.frames, asked.size))
    begun = time.perf_counter()
    with FijiSession(source, jobs=__file__) as session:
        started = time.perf_counter() - begun
        begun = time.perf_counter()
        session.correct_drift(movie, DriftSettings())
        first = time.perf_counter() - begun
        result = {
            "fiji": str(source),
            "shape": movie.shape,
            "start_seconds": round(started, 2),
            "first_movie_seconds": round(first, 2),
            **overhead(session, movie, asked.rounds),
            "memory_mb": levels(session, movie, asked.movies),
            "starts": session.starts,
        }
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
