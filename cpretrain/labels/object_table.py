"""The table of objects: position, size and the network's confidence for each."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.runtime.spelling import command
from cpretrain.storage.csv_table import Row, open_table, read_rows

COLUMNS = ("file", "frame", "label", "class", "area", "z", "y", "x", "cell_probability")


def measure_objects(labels: NDArray[Any], probability: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure the objects of a frame.

    Parameters
    ----------
    labels : ndarray of int, shape (Z, Y, X)
        0 for background.
    probability : ndarray of float32, shape (Z, Y, X)
        Cell probability, from 0 to 1.

    Returns
    -------
    ndarray of float, shape (objects, 6)
        In ascending order of label: label, area in pixels (voxels for a stack), centre z, y, x in pixels from 0, and
        the mean cell probability of its pixels.
    """
    inside = np.nonzero(labels)
    numbers, place = np.unique(labels[inside], return_inverse=True)
    areas = np.bincount(place)
    measured = (*inside, probability[inside])
    means = [np.bincount(place, values) / areas for values in measured]
    return np.stack([numbers, areas, *means], axis=1).astype(np.float64)


def write_objects(path: Path, file: str, class_name: str, frames: Iterable[NDArray[np.float64]]) -> int:
    """Write the table of a movie, frame by frame and atomically, and return the number of objects.

    Parameters
    ----------
    path : pathlib.Path
        The table.
    file, class_name : str
        Name of the movie, and class of its objects.
    frames : iterable of ndarray of float, shape (objects, 6)
        Results of `measure_objects`, one per frame of the movie.
    """
    count = 0
    with open_table(path, COLUMNS) as table:
        for frame, objects in enumerate(frames):
            table.writerows(_row(file, frame, class_name, one) for one in objects)
            count += len(objects)
    return count


def read_probabilities(path: Path) -> Iterator[tuple[int, dict[int, float]]]:
    """Read the cell probability of each object, frame by frame.

    Yields
    ------
    int, dict of int to float
        A frame, and the probability of each of its labels; frames without objects are skipped.

    Raises
    ------
    BadInput
        When the file is not such a table.
    """
    needed, cure = ("frame", "label", "cell_probability"), f"predict again with {command('predict')}"
    rows = read_rows(path, needed, _probability, what="the table of a prediction", cure=cure)
    for frame, objects in groupby(rows, lambda row: row[0]):
        yield frame, {label: probability for _, label, probability in objects}


def _probability(row: Row) -> tuple[int, int, float]:
    """Frame, label and cell probability of an object."""
    return int(row["frame"]), int(row["label"]), float(row["cell_probability"])


def _row(file: str, frame: int, class_name: str, measured: NDArray[np.float64]) -> tuple[Any, ...]:
    number, area, *centre, probability = measured.tolist()
    return (
        file,
        frame,
        int(number),
        class_name,
        int(area),
        *(f"{value:.6g}" for value in centre),
        f"{probability:.4f}",
    )
