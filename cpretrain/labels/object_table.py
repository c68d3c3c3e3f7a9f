"""The table of objects: position, size and the network's confidence for each."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.storage.atomic import write_aside

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
    with write_aside(path) as aside, open(aside, "w", newline="", encoding="utf-8") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(COLUMNS)
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
    frame, found = 0, dict[int, float]()
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                if int(row["frame"]) != frame and found:
                    yield frame, found
                    found = {}
                frame = int(row["frame"])
                found[int(row["label"])] = float(row["cell_probability"])
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise BadInput(
            f"{path}: is not the table of a prediction",
            found=f"{type(error).__name__}: {error}",
            expected="columns " + ", ".join(COLUMNS),
            cure="predict again with cpretrain predict",
        ) from error
    if found:
        yield frame, found


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
