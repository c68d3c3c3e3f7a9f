"""Predicted objects in other formats: GeoJSON for QuPath, ROIs for ImageJ, and pictures."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cpretrain.images.discovery import source_name
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.colour_png import write_label_picture
from cpretrain.labels.geojson import write_planes_geojson
from cpretrain.labels.imagej_roi import write_planes_rois, write_rois
from cpretrain.labels.measurements import measure_frame, scale_of, write_measurements
from cpretrain.labels.outlines import Outline, outlines_of
from cpretrain.prediction.files import PredictionFiles
from cpretrain.runtime.console import progress
from cpretrain.settings.prediction import PredictSettings
from cpretrain.storage.atomic import folder_aside

if TYPE_CHECKING:
    import pandas as pd

Write = Callable[[Path, TimeLapse, str], None]
OutlinedPlane = tuple[list[Outline], tuple[int, int]]


def write_other_forms(files: PredictionFiles, settings: PredictSettings) -> list[Path]:
    """Write the requested formats that do not exist yet, from the finished label images.

    Returns
    -------
    list of pathlib.Path
        All requested files.
    """
    with TimeLapse(files.labels) as labels:
        asked = forms_asked_for(files, settings, labels.shape)
        for path, write in asked.items():
            if not path.exists():
                write(path, labels, settings.class_name)
    return list(asked)


def forms_asked_for(
    files: PredictionFiles, settings: PredictSettings, shape: Sequence[int]
) -> dict[Path, Write]:
    """Return the requested files for a movie of shape (T, Z, ...), with the function that writes each."""
    single = tuple(shape[:2]) == (1, 1)
    forms: list[tuple[bool, Path, Write]] = [
        (settings.geojson, files.geojson, _geojson),
        (settings.rois, files.rois, _rois),
        (
            settings.measure,
            files.measurements,
            partial(_measurements, source=files.source, settings=settings),
        ),
        (settings.png, files.picture if single else files.pictures, _picture if single else _pictures),
    ]
    return {path: write for wanted, path, write in forms if wanted}


def _measurements(
    path: Path, labels: TimeLapse, class_name: str, source: Path, settings: PredictSettings
) -> None:
    flat = settings.volume == "planes" or labels.shape[1] == 1
    with (
        TimeLapse(source, settings.axes) as movie,
        progress(f"measuring {path.name}", movie.shape[0]) as step,
    ):
        scale = scale_of(movie.calibration)
        channels = [f"c{number}" for number in range(1, movie.shape[2] + 1)]

        def tables() -> "Iterator[pd.DataFrame]":
            for t in range(movie.shape[0]):
                yield measure_frame(labels.frame(t)[:, 0], movie.frame(t), scale, channels, flat)
                step(f"frame {t}")

        write_measurements(path, tables(), scale, {"file": source_name(source), "class": class_name})


def _geojson(path: Path, labels: TimeLapse, class_name: str) -> None:
    write_planes_geojson(path, _outlines(labels, class_name))


def _rois(path: Path, labels: TimeLapse, class_name: str) -> None:
    if labels.shape[:2] == (1, 1):
        write_rois(path, labels.frame(0)[0, 0], class_name)
    else:
        write_planes_rois(path, _outlines(labels, class_name))


def _outlines(labels: TimeLapse, class_name: str) -> Iterator[OutlinedPlane]:
    with progress(f"outlines {labels.path.name}", labels.shape[0]) as step:
        for t in range(labels.shape[0]):
            for z, plane in enumerate(labels.frame(t)[:, 0]):
                yield outlines_of(plane, class_name), (z, t)
            step(f"frame {t}")


def _picture(path: Path, labels: TimeLapse, class_name: str) -> None:
    write_label_picture(path, labels.frame(0)[0, 0])


def _pictures(path: Path, labels: TimeLapse, class_name: str) -> None:
    with folder_aside(path) as aside:
        for t in range(labels.shape[0]):
            for z, plane in enumerate(labels.frame(t)[:, 0]):
                depth = f"_z{z:03}" if labels.shape[1] > 1 else ""
                write_label_picture(aside / f"{path.name.removesuffix('_png')}_t{t:04}{depth}.png", plane)
