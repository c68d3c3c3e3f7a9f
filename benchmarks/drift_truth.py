"""Frames within a pixel of a known drift: the plugin's method, ``--robust``, scikit-image and pystackreg.

    python benchmarks/drift_truth.py [--seeds 0 1 2 3] [--set tuned|aside|both] [--kinds KIND ...]

A row per kind of movie in `known_drift`, with the frames of all seeds together. *unflagged* counts pairs of
neighbouring frames whose step is off by more than a pixel without any warning that names the pair or a frame of it, or
that concerns the whole movie. scikit-image and pystackreg never warn. Both measure each frame against the one before it
(scikit-image to a tenth of a pixel), and the steps are added up; pystackreg does not take volumes, so it measures the
mean over z and is given the true drift in z. *In vain* counts movies with a warning although every frame is within a
pixel. Movies that turn are measured with ``--robust --rotation``, and by pystackreg as a rigid body.
"""

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
from known_drift import KEPT_ASIDE, TUNED, KnownDrift
from skimage.registration import phase_cross_correlation

from cpretrain.drift.inspection import Inspection
from cpretrain.drift.judgement import judge
from cpretrain.images.timelapse import ArrayFrames
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.measure import measure_drift
from cpretrain.settings.drift import DriftSettings

NEWS = ("left out", "bridged", "large")
"""Kinds of findings that report a treatment rather than a doubt."""
WAYS = {"plugin": DriftSettings(engine="native"), "robust": DriftSettings(engine="native", robust=True)}


def as_movie(known: KnownDrift) -> ArrayFrames:
    """Return the pixels with all axes (T, Z, C, Y, X)."""
    pixels = known.pixels
    return ArrayFrames(pixels[:, None, None] if pixels.ndim == 3 else pixels[:, :, None])


def flagged(movie: ArrayFrames, curve: DriftCurve, settings: DriftSettings) -> tuple[np.ndarray, bool]:
    """Return the pairs of neighbouring frames, shape (T - 1,), that a warning concerns, and whether there is any."""
    inspection = Inspection(movie, settings, curve)
    for t in range(movie.shape[0]):
        inspection.add(t, movie.frame(t))
    seen = inspection.result()
    mask = Path("mask.png") if seen.still is not None else None
    said = judge(curve, seen, settings, mask)
    frames = {t for finding in said if finding.kind not in NEWS for t in finding.frames} | set(curve.bridged)
    pairs = set(curve.uncertain_pairs or ()) | set(curve.clipped_pairs)
    doubtful = [t in frames or t + 1 in frames or (t, t + 1) in pairs for t in range(movie.shape[0] - 1)]
    return np.array(doubtful), any(finding.kind not in NEWS for finding in said)


def scikit_image(known: KnownDrift) -> np.ndarray:
    """Add up the shifts of neighbouring frames."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # empty frames
        steps = [-phase_cross_correlation(a, b, upsample_factor=10)[0] for a, b in pairwise(known.pixels)]
    return _added(known, np.array(steps))


def pystackreg(known: KnownDrift) -> np.ndarray:
    """Register each frame to the one before it."""
    from pystackreg import StackReg

    stack = known.pixels if known.pixels.ndim == 3 else known.pixels.mean(axis=1)
    kind = StackReg.TRANSLATION if known.angle is None else StackReg.RIGID_BODY
    matrices = StackReg(kind).register_stack(stack.astype(float), reference="previous")
    y, x = (np.array(stack.shape[1:]) - 1) / 2
    moved = matrices @ (x, y, 1) - (x, y, 1)
    return np.column_stack([known.drift[:, 0], moved[:, 1], moved[:, 0]])


def _added(known: KnownDrift, steps: np.ndarray) -> np.ndarray:
    curve = np.vstack([np.zeros(steps.shape[1]), np.cumsum(steps, axis=0)])
    return curve if curve.shape[1] == 3 else np.column_stack([known.drift[:, 0], curve])


def within(drift: np.ndarray, known: KnownDrift) -> int:
    """Count frames within a pixel of the truth along every axis."""
    return int((np.abs(drift - known.drift).max(axis=1) <= 1).sum())


def wrong_steps(drift: np.ndarray, known: KnownDrift) -> np.ndarray:
    """Return the steps between neighbouring frames, shape (T - 1,), that are off by more than a pixel."""
    return np.abs(np.diff(drift - known.drift, axis=0)).max(axis=1) > 1


def row(make: Callable[[int], KnownDrift], seeds: list[int]) -> Counter[str]:
    """Measure the movies of some seeds with every method, and add up the counts."""
    counts: Counter[str] = Counter()
    for seed in seeds:
        known = make(seed)
        counts["frames"] += len(known.drift)
        for name, settings in WAYS.items():
            counts.update({f"{name}{key}": value for key, value in ours(known, settings).items()})
        for name, other in (("scikit-image", scikit_image), ("pystackreg", pystackreg)):
            counts[name] += within(other(known), known)
    return counts


def ours(known: KnownDrift, settings: DriftSettings) -> dict[str, float]:
    """Measure a movie with cpretrain, and compare the drift and the warnings with the truth."""
    movie = as_movie(known)
    if known.angle is not None:
        settings = settings.replace(rotation=settings.robust)
    begun = time.process_time()
    curve = measure_drift(movie, settings=settings)
    taken = time.process_time() - begun
    doubtful, warned = flagged(movie, curve, settings)
    right, unflagged = within(curve.drift, known), wrong_steps(curve.drift, known) & ~doubtful
    vain = warned and right == len(known.drift)
    return {"": right, " unflagged": int(unflagged.sum()), " in vain": int(vain), " s": taken}


def main() -> None:
    """Print a table in Markdown for each set of kinds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    parser.add_argument("--set", choices=("tuned", "aside", "both"), default="both")
    parser.add_argument("--kinds", nargs="+")
    asked = parser.parse_args()
    measure_drift(as_movie(TUNED["sharp"](0)), settings=WAYS["robust"])  # compile
    columns = ("plugin", "robust", "scikit-image", "pystackreg")
    columns += tuple(f"{way} {what}" for what in ("unflagged", "in vain") for way in WAYS)
    sets = {"tuned": (TUNED, 0), "aside": (KEPT_ASIDE, 100)}
    for name, (kinds, first) in sets.items():
        if asked.set not in (name, "both"):
            continue
        print(
            f"\n| {name} | frames | {' | '.join(columns)} | time of robust / plugin |\n|{'---|' * (len(columns) + 3)}"
        )
        for kind, make in kinds.items():
            if asked.kinds is None or kind in asked.kinds:
                found = row(make, [first + seed for seed in asked.seeds])
                numbers = [f"{found[column]:.0f}" for column in ("frames", *columns)]
                print(
                    f"| {kind} | {' | '.join(numbers)} | {found['robust s'] / found['plugin s']:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
