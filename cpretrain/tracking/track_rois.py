"""Outlines of tracked objects for ImageJ's ROI manager, named after their tracks."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.imagej_roi import write_numbered_rois
from cpretrain.labels.outlines import Outline, trace
from cpretrain.runtime.console import progress


def write_track_rois(path: Path, labels: TimeLapse) -> None:
    """Write the outline of every object in every frame and plane.

    Parameters
    ----------
    path : pathlib.Path
        The archive to write: ``track0012 t0003.roi`` is track 12 in frame 3; in stacks, the plane follows.
    labels : TimeLapse
        Label images whose numbers are tracks.
    """
    stack = " z{z:03}" if labels.shape[1] > 1 else ""

    def planes() -> Iterator[tuple[list[tuple[int, Outline]], tuple[int, int]]]:
        with progress(f"outlines {path.name}", labels.shape[0]) as step:
            for t in range(labels.shape[0]):
                for z, plane in enumerate(labels.frame(t)[:, 0]):
                    numbers = np.unique(plane[plane > 0]).tolist()
                    yield [*zip(numbers, trace(plane), strict=True)], (z, t)
                step(f"frame {t}")

    write_numbered_rois(path, planes(), "track{number:04} t{t:04}" + stack)
