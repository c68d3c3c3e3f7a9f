"""Time and objects of ``cpretrain predict`` beside ``python -m cellpose``, on the same images.

    python benchmarks/prediction_speed.py [--frames 10] [--size 512] [--threads 2] [--diameter 17] [--weights FILE]
        [--folder DIR] [--precisions auto bfloat16]

The frames are real images of nuclei. Each program segments all of them with the same weights, one after the other, in a
process of its own; the times are of the whole process, imports and files included. Processor time (user and system) is
steadier than the clock if other programs run. `objects` are those of all frames; `equal` is the share of frames whose
objects are those of Cellpose to the pixel, and AP is the average precision against Cellpose's objects at an IoU of 0.9.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.metrics.overlaps import same_objects
from cpretrain.metrics.scores import average_precision
from cpretrain.pipeline.demo import DATA

BASE = DATA / "base_nuclei"


@dataclass
class Taken:
    """Resources that a process took, and the labels of each frame."""

    seconds: float
    processor_seconds: float
    labels: list[NDArray[np.integer]]


def run(command: list[object], threads: int) -> tuple[float, float]:
    """Run a command, and return its seconds and processor seconds; a failure ends the benchmark, with its output."""
    limits = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "MKL", "OPENBLAS", "NUMBA")}
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        whole = [sys.executable, *map(str, command)]
        process = subprocess.Popen(whole, stdout=said, stderr=said, env=os.environ | limits)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(said.read())
    return time.perf_counter() - started, used.ru_utime + used.ru_stime


def with_cellpose(frames: Path, options: argparse.Namespace) -> Taken:
    """Segment with Cellpose's own command line."""
    command = [
        "-m",
        "cellpose",
        "--dir",
        frames,
        "--pretrained_model",
        options.weights,
        "--diameter",
        options.diameter,
    ]
    times = run([*command, "--save_tif", "--no_npy"], options.threads)
    return Taken(*times, [tifffile.imread(path) for path in sorted(frames.glob("*_cp_masks.tif"))])


def with_cpretrain(frames: Path, out: Path, precision: str, options: argparse.Namespace) -> Taken:
    """Segment with this tool."""
    command = ["-m", "cpretrain.cli", "predict", options.weights, frames, "--out", out, "--device", "cpu"]
    times = run([*command, "--diameter", options.diameter, "--precision", precision], options.threads)
    return Taken(*times, [tifffile.imread(path).squeeze() for path in sorted(out.glob("*.tif"))])


def report(name: str, taken: Taken, reference: Taken) -> None:
    """Print a row."""
    pairs = list(zip(reference.labels, taken.labels, strict=True))
    equal = np.mean([same_objects(theirs, ours) for theirs, ours in pairs])
    precision = average_precision(*zip(*pairs, strict=True), (0.9,)).average_precision.mean()
    ratios = taken.seconds / reference.seconds, taken.processor_seconds / reference.processor_seconds
    objects = sum(len(np.unique(labels)) - 1 for labels in taken.labels)
    print(
        f"{name:22} {taken.seconds:8.1f} {taken.processor_seconds:12.1f} {ratios[0]:8.2f} {ratios[1]:11.2f} "
        f"{objects:8} {equal:6.2f} {precision:6.3f}",
        flush=True,
    )


def main() -> None:
    """Print a row for each program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--diameter", type=float, default=17.0)
    parser.add_argument("--weights", type=Path, default=BASE)
    parser.add_argument("--folder", type=Path, default=FIELDS, help="with images in it")
    parser.add_argument("--precisions", nargs="+", default=["auto", "bfloat16"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        frames = Path(aside) / "frames"
        frames.mkdir()
        for path in sorted((options.folder / "images").glob("*.tif"))[: options.frames]:
            tifffile.imwrite(frames / path.name, tifffile.imread(path)[: options.size, : options.size])
        print(f"{options.frames} frames, {options.threads} threads of {os.cpu_count()} cores")
        print("program                 seconds  processor s  ratio s  ratio p.s.  objects  equal     AP")
        ours = {}
        for precision in options.precisions:
            ours[precision] = with_cpretrain(frames, Path(aside) / precision, precision, options)
        theirs = with_cellpose(frames, options)
        report("python -m cellpose", theirs, theirs)
        for precision, taken in ours.items():
            report(f"cpretrain, {precision}", taken, theirs)


if __name__ == "__main__":
    main()
