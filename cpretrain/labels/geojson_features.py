"""The objects in QuPath's GeoJSON, in every form that its versions write."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.labels.drawn import Drawn
from cpretrain.labels.outlines import Outline, Polygon, ring, with_area
from cpretrain.runtime.gc_pause import gc_paused
from cpretrain.storage.json_file import parse_json

_AREAS = ("Polygon", "MultiPolygon")
_OTHERS = ("Point", "MultiPoint", "LineString", "MultiLineString")
_GEOMETRIES = (*_AREAS, *_OTHERS, "GeometryCollection")
_OLD_TYPES = {
    "PathAnnotationObject": "annotation",
    "PathDetectionObject": "detection",
    "PathCellObject": "cell",
    "PathTileObject": "tile",
    "TMACoreObject": "tmacore",
    "PathRootObject": "root",
}
"""Object types by the ids that QuPath 0.2 wrote."""

_NO_CELLS = {"tmacore": "TMA cores", "tile": "tiles", "root": "roots of a hierarchy"}
_CHILDREN = ("childObjects", "children")


def read_features(path: str | os.PathLike, data: bytes, nuclei: bool) -> tuple[list[Drawn], Counter[str]]:
    """Read the drawn objects, and count the entries that have no area or are not objects in an image.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    data : bytes
        Its text.
    nuclei : bool
        Take the nuclei of cells instead of the cells.

    Raises
    ------
    BadInput
        When it is damaged or is not GeoJSON.
    """
    drawn, skipped = [], Counter[str]()
    for index, entry in enumerate(_entries(_root(path, data)), 1):
        try:
            one, without_area = _drawn(entry, nuclei)
        except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
            raise DamagedFile(
                path,
                error,
                problem=f"feature {index} cannot be read",
                expected="a GeoJSON feature with a geometry",
                cure="export it from QuPath again: File > Export objects as GeoJSON",
            ) from error
        skipped.update(without_area)
        drawn += [one] if one else []
    return drawn, skipped


def _root(path: str | os.PathLike, data: bytes) -> Any:
    try:
        with gc_paused():
            root = parse_json(data.decode("utf-8-sig"))
    except ValueError as error:
        raise DamagedFile(
            path,
            error if data.strip() else "an empty file",
            problem="is not JSON, or is incomplete",
            expected="GeoJSON",
            cure="export it from QuPath again: File > Export objects as GeoJSON",
        ) from error
    kind = root.get("type") if isinstance(root, dict) else None
    if isinstance(root, list) or _is_collection(root) or kind in ("Feature", *_GEOMETRIES):
        return root
    raise BadInput(
        f"{path}: is JSON, but not GeoJSON",
        found=f"keys {', '.join(map(str, list(root)[:5]))}"
        if isinstance(root, dict)
        else type(root).__name__,
        expected="a FeatureCollection, an array of features, a feature or a geometry",
        cure="export from QuPath with File > Export objects as GeoJSON",
    )


def _is_collection(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("type") == "FeatureCollection"
        and isinstance(entry.get("features"), list)
    )


def _entries(root: Any) -> Iterator[Any]:
    """Yield features and bare geometries in the order of the file, children after their parents."""
    waiting = [root]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, list):
            waiting.extend(reversed(entry))
        elif _is_collection(entry):
            waiting.extend(reversed(entry["features"]))
        else:
            yield entry
            waiting.extend(reversed(_children(entry)))


def _children(entry: Any) -> list[Any]:
    facts = entry.get("properties") if isinstance(entry, dict) else None
    found = [facts.get(name) for name in _CHILDREN] if isinstance(facts, dict) else []
    return next((children for children in found if isinstance(children, list)), [])


def _drawn(entry: dict[str, Any], nuclei: bool) -> tuple[Drawn | None, list[str]]:
    """Read one feature (or bare geometry): the object, if it is one, and the kinds of the parts left out."""
    bare = entry["type"] != "Feature"
    facts = {} if bare else entry.get("properties") or {}
    kind = _kind(entry, facts)
    geometry = entry if bare else entry["geometry"]
    if kind in _NO_CELLS:
        return None, [_NO_CELLS[kind]] if kind != "root" else []
    if not geometry:
        return None, ["features without a geometry"]
    around = None
    if nuclei and kind == "cell":
        around = _cell(geometry)
        geometry = entry.get("nucleusGeometry") or facts.get("nucleusGeometry")
        if not geometry:
            return None, ["cells without a nucleus"]
    polygons, without_area = _polygons(geometry)
    if not polygons:
        return None, without_area
    outline = Outline(polygons, _class_name(facts.get("classification")), str(facts.get("name") or ""))
    return Drawn(outline, kind, _plane(geometry), len(_children(entry)), around), without_area


def _kind(entry: dict[str, Any], facts: dict[str, Any]) -> str:
    given = facts.get("objectType") or facts.get("object_type") or _OLD_TYPES.get(str(entry.get("id")))
    kind = str(given or "annotation").lower().replace("_", "")
    return kind if kind in (*_NO_CELLS, "detection", "cell") else "annotation"


def _cell(geometry: dict[str, Any]) -> Outline | None:
    polygons, _ = _polygons(geometry)
    return Outline(polygons) if polygons else None


def _plane(geometry: dict[str, Any]) -> str:
    plane = geometry.get("plane") or {}
    z, t = int(plane.get("z", 0)), int(plane.get("t", 0))
    return f"z={z}, t={t}" if (z, t) != (0, 0) else ""


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
    found = with_area([[ring(corners) for corners in polygon] for polygon in polygons])
    return found, [] if found else ["outlines without area"]


def _class_name(classification: Any) -> str:
    if isinstance(classification, dict):
        names = classification.get("names") or [classification.get("name") or ""]
        return ": ".join(str(name) for name in names)
    return str(classification or "")
