"""QuPath's GeoJSON: drawn objects in, predictions out as annotations that can be edited."""

import hashlib
import json
import os
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.outlines import Outline, Polygon, outlines_of, rasterise, ring
from cpretrain.runtime.gc_pause import collector_at_rest
from cpretrain.storage.atomic import write_aside
from cpretrain.storage.json_file import parse_json

_AREAS = ("Polygon", "MultiPolygon")
_OTHERS = ("Point", "MultiPoint", "LineString", "MultiLineString")
_REGION_CLASSES = (
    "training",
    "train",
    "validation",
    "test",
    "testing",
    "region",
    "region*",
    "ignore*",
    "roi",
)
_NO_CELLS = ("tma_core", "root", "pathrootobject", "tile")
_ID_SPACE = uuid.UUID("6f0f3b5e-5d0e-4f6e-9a53-6a2f0d7a31c4")


@dataclass(frozen=True)
class _Feature:
    outline: Outline
    kind: str
    region: bool
    plane: tuple[int, int]


def read_geojson(
    path: str | os.PathLike,
    size: tuple[int, int],
    *,
    data: bytes | None = None,
    classes: Sequence[str] = (),
    nuclei: bool = False,
) -> LabelImage:
    """Read drawn objects of one image into a label image.

    The root may be a FeatureCollection, an array of features, one feature, or a geometry. Polygons with holes
    and MultiPolygons are objects. Points and lines are counted and left out; so are rectangles around other
    objects, annotations that detections were made in, and regions of class Training, Validation, Region* or
    Ignore*.

    Parameters
    ----------
    path : path-like
        The file, text or gzip.
    size : tuple of int
        Height and width of the image in pixels.
    data : bytes, optional
        Its text, where that was read already.
    classes : sequence of str
        Take objects of these classes only.
    nuclei : bool
        Take the nuclei of cells instead of the cells.

    Returns
    -------
    LabelImage

    Raises
    ------
    BadInput
        When the file is damaged, is no GeoJSON, or holds objects of several planes or of another image.
    """
    features, skipped = _features(path, data if data is not None else Path(path).read_bytes(), nuclei)
    _check_one_plane(path, features)
    regions = _regions(features)
    cells = [feature for index, feature in enumerate(features) if index not in regions]
    kept = [feature.outline for feature in cells if _selected(feature.outline.class_name, classes)]
    if not features and skipped:
        raise BadInput(
            f"{path}: holds no outlines",
            found=", ".join(f"{count} {kind}" for kind, count in skipped.items()),
            expected="polygons",
            cure="draw the outline of each object in QuPath (points and lines have no area)",
        )
    image = rasterise(path, kept, size, "GeoJSON")
    notes = [f"{count} {kind} left out" for kind, count in sorted(skipped.items())]
    if regions:
        notes.append(f"{len(regions)} regions left out")
    if len(kept) < len(cells):
        others = Counter(feature.outline.class_name or "no class" for feature in cells) - Counter(
            outline.class_name or "no class" for outline in kept
        )
        notes.append("left out by class: " + ", ".join(f"{n} {name}" for name, n in sorted(others.items())))
    return image.with_notes(notes)


def write_geojson(
    path: str | os.PathLike, labels: NDArray[Any], class_name: str = "", plane: tuple[int, int] = (0, 0)
) -> None:
    """Write the objects of a label image as annotations that QuPath opens unlocked, with their class set.

    Outlines run along the edges of pixels, so that reading the file gives the same label image.

    Parameters
    ----------
    path : path-like
        The file to write, by custom ``.geojson``.
    labels : ndarray
        Axes y, x; objects 1…N, 0 is background.
    class_name : str
        Class of all objects, as QuPath shows it; none where empty.
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


def _features(path: str | os.PathLike, data: bytes, nuclei: bool) -> tuple[list[_Feature], Counter[str]]:
    features, skipped = [], Counter[str]()
    for index, entry in enumerate(_entries(path, data), 1):
        try:
            feature, left_out = _feature(entry, nuclei)
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise BadInput(
                f"{path}: feature {index} cannot be read",
                found=f"{type(error).__name__}: {error}"[:200],
                expected="a GeoJSON feature with a geometry",
                cure="export it from QuPath again: File > Export objects as GeoJSON",
            ) from error
        skipped.update(left_out)
        if feature:
            features.append(feature)
    return features, skipped


def _entries(path: str | os.PathLike, data: bytes) -> list[Any]:
    try:
        with collector_at_rest():
            root = parse_json(data.decode("utf-8-sig"))
    except ValueError as error:
        raise BadInput(
            f"{path}: is not JSON, or is incomplete",
            found=f"{type(error).__name__}: {error}"[:200] if data.strip() else "an empty file",
            expected="GeoJSON",
            cure="export it from QuPath again: File > Export objects as GeoJSON",
        ) from error
    if isinstance(root, list):
        return root
    if isinstance(root, dict):
        kind = root.get("type")
        if kind == "FeatureCollection" and isinstance(root.get("features"), list):
            return list(root["features"])
        if kind in ("Feature", "GeometryCollection", *_AREAS, *_OTHERS):
            return [root]
    raise BadInput(
        f"{path}: is JSON, but not GeoJSON",
        found=f"keys {', '.join(map(str, list(root)[:5]))}"
        if isinstance(root, dict)
        else type(root).__name__,
        expected="a FeatureCollection, an array of features, a feature or a geometry",
        cure="export from QuPath with File > Export objects as GeoJSON",
    )


def _feature(entry: dict[str, Any], nuclei: bool) -> tuple[_Feature | None, list[str]]:
    """Read one feature (or bare geometry): the object, if it is one, and what of it was left out."""
    bare = entry["type"] != "Feature"
    facts = {} if bare else entry.get("properties") or {}
    kind = str(facts.get("objectType") or facts.get("object_type") or "annotation").lower()
    geometry = entry if bare else entry["geometry"]
    if nuclei and kind == "cell":
        geometry = entry.get("nucleusGeometry") or facts.get("nucleusGeometry")
        if geometry is None:
            return None, ["cells without a nucleus"]
    if geometry is None:
        return None, ["features without a geometry"]
    if kind in _NO_CELLS:
        return None, [f"objects of type {kind}"]
    polygons, left_out = _polygons(geometry)
    if not polygons:
        return None, left_out
    class_name = _class_name(facts.get("classification"))
    name = str(facts.get("name") or "")
    plane = geometry.get("plane") or {}
    outline = Outline(polygons, class_name, name)
    region = class_name.lower() in _REGION_CLASSES and (class_name.endswith("*") or is_rectangle(outline))
    return _Feature(outline, kind, region, (int(plane.get("z", 0)), int(plane.get("t", 0)))), left_out


def _polygons(geometry: dict[str, Any]) -> tuple[list[Polygon], list[str]]:
    kind = geometry["type"]
    if kind == "GeometryCollection":
        parts = [_polygons(part) for part in geometry["geometries"]]
        return [p for polygons, _ in parts for p in polygons], [name for _, names in parts for name in names]
    if kind in _OTHERS:
        return [], ["points" if "Point" in kind else "lines"]
    if kind not in _AREAS:
        raise ValueError(f"geometry of type {kind}")
    polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
    found = [[ring(corners) for corners in polygon] for polygon in polygons if polygon]
    return found, [] if found else ["empty outlines"]


def _class_name(classification: Any) -> str:
    if isinstance(classification, dict):
        names = classification.get("names") or [classification.get("name") or ""]
        return ": ".join(str(name) for name in names)
    return str(classification or "")


def _selected(class_name: str, classes: Sequence[str]) -> bool:
    parts = {part.strip().lower() for part in class_name.split(":")} | {class_name.lower()}
    return not classes or any(wanted.lower() in parts for wanted in classes)


def is_rectangle(outline: Outline) -> bool:
    """Tell whether an outline is one rectangle with sides along x and y."""
    if len(outline.polygons) != 1 or len(outline.polygons[0]) != 1:
        return False
    corners = outline.polygons[0][0]
    steps = np.diff(corners, axis=0)
    turns = len(corners) == 5 and bool(((steps == 0).sum(axis=1) == 1).all())
    return turns and len(np.unique(corners[:, 0])) == 2 and len(np.unique(corners[:, 1])) == 2


def _regions(features: Sequence[_Feature]) -> set[int]:
    """Find what marks a region rather than an object."""
    found = {index for index, feature in enumerate(features) if feature.region}
    detected = any(feature.kind in ("detection", "cell") for feature in features)
    frames = [
        index
        for index, feature in enumerate(features)
        if is_rectangle(feature.outline) or (detected and feature.kind == "annotation")
    ]
    if not frames:
        return found
    bounds = np.array([feature.outline.bounds() for feature in features])
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    areas = (bounds[:, 2:] - bounds[:, :2]).prod(axis=1)
    for index in frames:
        left, top, right, bottom = bounds[index]
        inside = (centres > (left, top)).all(axis=1) & (centres < (right, bottom)).all(axis=1)
        if (inside & (areas < areas[index])).sum() >= 2:
            found.add(index)
    return found


def _check_one_plane(path: str | os.PathLike, features: Sequence[_Feature]) -> None:
    planes = Counter(feature.plane for feature in features)
    if len(planes) > 1:
        raise BadInput(
            f"{path}: holds objects of several planes",
            found=", ".join(f"{count} at z={z}, t={t}" for (z, t), count in sorted(planes.items())),
            expected="objects of the one plane that is trained on",
            cure="export the objects of one plane at a time",
        )


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
    """Red, green, blue of a class: bright, and always the same for a name."""
    digest = hashlib.sha256(class_name.encode()).digest()
    return [96 + value % 160 for value in digest[:3]]
