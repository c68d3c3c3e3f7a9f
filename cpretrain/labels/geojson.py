"""QuPath's GeoJSON: reads drawn objects, and writes predictions as annotations that can be edited."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.labels.drawn import check_one_plane, check_outlines, left_out
from cpretrain.labels.geojson_features import read_features
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.outlines import Outline, outlines_of, rasterise
from cpretrain.labels.regions import Frame, cells_of
from cpretrain.labels.unknown_area import unknown_area
from cpretrain.settings.masks import MaskSettings
from cpretrain.storage.atomic import write_aside

_ID_SPACE = uuid.UUID("6f0f3b5e-5d0e-4f6e-9a53-6a2f0d7a31c4")


def read_geojson(
    path: str | os.PathLike,
    size: tuple[int, int],
    settings: MaskSettings | None = None,
    border: int = 0,
    *,
    data: bytes | None = None,
) -> LabelImage:
    """Read the objects drawn on one image into a label image.

    The root may be a FeatureCollection, an array of features, one feature, or a geometry; objects may be nested as
    ``childObjects``. Polygons with holes and MultiPolygons are objects. Points, lines and outlines without area are
    counted and left out, and so are regions, see `cpretrain.labels.regions`. Areas of class ``Ignore*`` become the
    ignored pixels of the image, see `cpretrain.labels.unknown_area`.

    Parameters
    ----------
    path : path-like
        The file, text or gzip.
    size : tuple of int
        Height and width of the image in pixels.
    settings : MaskSettings, optional
        ``take``, ``classes``, ``nuclei`` and ``undrawn`` are used.
    border : int
        Width of the edge of zeros around the image.
    data : bytes, optional
        Its text, if already read.

    Returns
    -------
    LabelImage

    Raises
    ------
    BadInput
        When the file is damaged, is not GeoJSON, or holds objects of several planes or of another image.
    """
    settings = settings or MaskSettings()
    drawn, skipped = read_features(
        path, data if data is not None else Path(path).read_bytes(), settings.nuclei
    )
    check_outlines(path, drawn, skipped)
    frame, unknown = Frame(*size, border), unknown_area(drawn, settings)
    cells, notes = cells_of(unknown.without(drawn), frame, settings)
    check_one_plane(path, [*cells, *unknown.ignored])
    image = rasterise(path, [one.outline for one in cells], size, "GeoJSON")
    return unknown.marked_in(image, frame).with_notes([*left_out(skipped), *notes])


def write_geojson(
    path: str | os.PathLike, labels: NDArray[Any], class_name: str = "", plane: tuple[int, int] = (0, 0)
) -> None:
    """Write the objects of a label image as annotations that QuPath opens unlocked, with their class set.

    Outlines run along the edges of pixels, so that reading the file returns the same label image.

    Parameters
    ----------
    path : path-like
        The file to write, by custom ``.geojson``.
    labels : ndarray of int, shape (Y, X)
        Objects 1…N, 0 is background.
    class_name : str
        Class of all objects, as QuPath shows it; empty for none.
    plane : tuple of int
        Plane z and frame t of the image, from 0.
    """
    write_planes_geojson(path, [(outlines_of(labels, class_name), plane)])


def write_planes_geojson(
    path: str | os.PathLike, planes: Iterable[tuple[Sequence[Outline], tuple[int, int]]]
) -> None:
    """Write the objects of a movie or a stack, one plane after the other, like `write_geojson`.

    Parameters
    ----------
    path : path-like
        The file to write, by custom ``.geojson``.
    planes : iterable of (list of Outline, (int, int))
        Objects, and the plane z and frame t that they lie in, from 0. One plane is in memory at a time.
    """
    with write_aside(path) as aside, open(aside, "w", encoding="utf-8", newline="") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        comma = ""
        for outlines, plane in planes:
            for number, outline in enumerate(outlines, 1):
                feature = json.dumps(_as_feature(number, outline, plane), ensure_ascii=False)
                file.write(f"{comma}\n{feature}")
                comma = ","
        file.write("\n]}\n")


def _as_feature(number: int, outline: Outline, plane: tuple[int, int]) -> dict[str, Any]:
    class_name = outline.class_name
    rings = [[_plain(corners) for corners in polygon] for polygon in outline.polygons]
    single = len(rings) == 1
    geometry: dict[str, Any] = {
        "type": "Polygon" if single else "MultiPolygon",
        "coordinates": rings[0] if single else rings,
    }
    if plane != (0, 0):
        geometry["plane"] = {"c": -1, "z": plane[0], "t": plane[1]}
    properties: dict[str, Any] = {"objectType": "annotation", "isLocked": False}
    if class_name:
        properties["classification"] = {"name": class_name, "color": class_colour(class_name)}
    identity = json.dumps([number, class_name, plane, rings])
    return {
        "type": "Feature",
        "id": str(uuid.uuid5(_ID_SPACE, identity)),
        "geometry": geometry,
        "properties": properties,
    }


def _plain(corners: NDArray[np.float64]) -> list[list[float]]:
    whole = (corners == np.floor(corners)).all()
    return (corners.astype(int) if whole else corners).tolist()


def class_colour(class_name: str) -> list[int]:
    """Return red, green and blue for a class: bright, and always the same for a name."""
    digest = hashlib.sha256(class_name.encode()).digest()
    return [96 + value % 160 for value in digest[:3]]
