"""ImageJ ROIs, single (``.roi``) and as the ROI manager saves them (``RoiSet.zip``), in and out."""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import roifile
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.outlines import Outline, Polygon, Ring, outlines_of, rasterise, ring
from cpretrain.runtime.log_silence import silent
from cpretrain.storage.atomic import write_aside

_FILLED = (roifile.ROI_TYPE.POLYGON, roifile.ROI_TYPE.FREEHAND, roifile.ROI_TYPE.TRACED)
_PIECE = re.compile(r"(?P<object>.*?(?P<number>\d+))_(?P<piece>\d+)")
_OVAL_CORNERS = 256
_LARGEST_COORDINATE = 32_767  # of a 16-bit ROI


def read_rois(
    path: str | os.PathLike, size: tuple[int, int], files: Sequence[tuple[str, bytes]]
) -> LabelImage:
    """Read ImageJ ROIs of one image into a label image.

    Polygons, freehand and traced outlines, rectangles, ovals, ellipses and composites are objects; lines, points
    and text are counted and left out. ROIs named ``NAME_0, NAME_1, …`` beside plain ``NAME`` ones are the
    pieces of one object.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    size : tuple of int
        Height and width of the image in pixels.
    files : sequence of (str, bytes)
        Name and content of each ROI.

    Raises
    ------
    BadInput
        When one of them is damaged, or they lie on several planes or outside the image.
    """
    outlines, skipped, planes = [], Counter[str](), Counter[tuple[int, int, int]]()
    for name, data in files:
        roi = _parse(path, name, data)
        polygons, left_out = _read(path, name, roi)
        if left_out:
            skipped[left_out] += 1
        else:
            planes[_plane(roi)] += 1
            outlines.append(Outline(polygons, f"group {roi.group}" if roi.group > 0 else "", _stem(name)))
    if len(planes) > 1:
        raise BadInput(
            f"{path}: holds ROIs of several planes",
            found=", ".join(f"{count} at {_plane_text(plane)}" for plane, count in sorted(planes.items())),
            expected="ROIs of the one plane that is trained on",
            cure="save the ROIs of one plane at a time",
        )
    if skipped and not outlines:
        raise BadInput(
            f"{path}: holds no outlines",
            found=", ".join(f"{count} {kind}" for kind, count in skipped.items()),
            expected="polygons, freehand outlines, ovals or rectangles",
            cure="draw the outline of each object (lines and points have no area)",
        )
    joined = _join_pieces(outlines)
    notes = [f"{count} {kind} left out" for kind, count in sorted(skipped.items())]
    if len(joined) < len(outlines):
        notes.append(
            f"{len(outlines) - len(joined)} ROIs joined to others of their name as pieces of one object"
        )
    return rasterise(path, joined, size, "ImageJ ROIs").with_notes(notes)


def write_rois(
    path: str | os.PathLike, labels: NDArray[Any], class_name: str = "", plane: tuple[int, int] = (0, 0)
) -> None:
    """Write the objects of a label image as a ``RoiSet.zip`` for ImageJ's ROI manager.

    Parameters
    ----------
    path : path-like
        The archive to write.
    labels : ndarray
        Axes y, x; objects 1…N, 0 is background.
    class_name : str
        Put before the object's number in the ROI's name.
    plane : tuple of int
        Plane z and frame t of the image, from 0.
    """
    in_stack = plane != (0, 0)
    write_planes_rois(path, [(outlines_of(labels, class_name), plane)], in_stack, prefix="")


def write_planes_rois(
    path: str | os.PathLike,
    planes: Iterable[tuple[Sequence[Outline], tuple[int, int]]],
    in_stack: bool = True,
    prefix: str = "t{t:04} z{z:03} ",
) -> None:
    """Write the objects of a movie or a stack, one plane after the other, like `write_rois`.

    Parameters
    ----------
    path : path-like
        The archive to write.
    planes : iterable of (list of Outline, (int, int))
        Objects, and the plane z and frame t that they lie in, from 0. One plane is in memory at a time.
    in_stack : bool
        Whether a ROI belongs to its plane alone; in ImageJ one without a plane is shown on all of them.
    prefix : str
        Put before the name of each ROI, with its z and t; names have to differ.
    """
    with write_aside(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:
        for outlines, (z, t) in planes:
            digits = max(4, len(str(len(outlines))))
            for number, outline in enumerate(outlines, 1):
                name = prefix.format(z=z, t=t) + f"{outline.class_name} {number:0{digits}}".strip()
                roi = _as_roi(outline, name, (z, t) if in_stack else None)
                file = name.replace("/", "_").replace("\\", "_") + ".roi"
                entry = zipfile.ZipInfo(file, (1980, 1, 1, 0, 0, 0))
                archive.writestr(entry, roi.tobytes(), zipfile.ZIP_DEFLATED)


def _parse(path: str | os.PathLike, name: str, data: bytes) -> roifile.ImagejRoi:
    try:
        with silent("roifile"):
            return roifile.ImagejRoi.frombytes(data)
    except Exception as error:  # roifile trusts the offsets in the file
        raise _damaged(path, name, error) from error


def _damaged(path: str | os.PathLike, name: str, error: Exception) -> BadInput:
    return BadInput(
        f"{path}: ROI {name} is damaged or of an unknown kind",
        found=f"{type(error).__name__}: {error}"[:200],
        expected="an ImageJ ROI",
        cure="save it again in ImageJ: ROI manager > More > Save",
    )


def _read(path: str | os.PathLike, name: str, roi: roifile.ImagejRoi) -> tuple[list[Polygon], str]:
    """Outlines of a ROI, or what kind it is when it has no area."""
    try:
        if roi.subtype in (roifile.ROI_SUBTYPE.TEXT, roifile.ROI_SUBTYPE.IMAGE):
            return [], "text or image overlays"
        if roi.composite:
            return [_composite(roi)], ""
        if roi.roitype == roifile.ROI_TYPE.OVAL:
            return [[_oval(*_box(roi))]], ""
        if roi.roitype == roifile.ROI_TYPE.RECT:
            return [[_rectangle(*_box(roi))]], ""
        if (
            roi.roitype == roifile.ROI_TYPE.FREEHAND
            and roi.subtype
            in (
                roifile.ROI_SUBTYPE.ELLIPSE,
                roifile.ROI_SUBTYPE.ROTATED_RECT,
            )
            and roi.subpixel_coordinates is None
            and roi.integer_coordinates is None
        ):
            raise ValueError("an ellipse without its outline")
        if roi.roitype in _FILLED:
            return [[ring(_corners(roi))]], ""
    except Exception as error:
        raise _damaged(path, name, error) from error
    if roi.roitype == roifile.ROI_TYPE.POINT:
        return [], "points"
    return [], "lines"


def _corners(roi: roifile.ImagejRoi) -> NDArray[Any]:
    return np.asarray(roi.coordinates())


def _composite(roi: roifile.ImagejRoi) -> Polygon:
    """Rings of a composite: outer ones and holes in any order, told apart by the even-odd rule."""
    paths = roi.coordinates(multi=True)
    rings = [ring(points) for points in paths if len(points) > 2]
    if not rings:
        raise ValueError("a composite without an outline")
    return rings


def _box(roi: roifile.ImagejRoi) -> tuple[float, float, float, float]:
    if roi.subpixelrect:
        return roi.xd, roi.yd, roi.xd + roi.widthd, roi.yd + roi.heightd
    return roi.left, roi.top, roi.right, roi.bottom


def _rectangle(left: float, top: float, right: float, bottom: float) -> Ring:
    return ring([(left, top), (right, top), (right, bottom), (left, bottom)])


def _oval(left: float, top: float, right: float, bottom: float) -> Ring:
    angle = np.linspace(0, 2 * np.pi, _OVAL_CORNERS, endpoint=False)
    x = (left + right) / 2 + (right - left) / 2 * np.cos(angle)
    y = (top + bottom) / 2 + (bottom - top) / 2 * np.sin(angle)
    return ring(np.stack([x, y], axis=1))


def _plane(roi: roifile.ImagejRoi) -> tuple[int, int, int]:
    return (roi.position if not (roi.z_position or roi.t_position) else 0, roi.z_position, roi.t_position)


def _plane_text(plane: tuple[int, int, int]) -> str:
    position, z, t = plane
    return f"position {position}" if position else f"z={z}, t={t}"


def _stem(name: str) -> str:
    return name[:-4] if name.lower().endswith(".roi") else name


def _join_pieces(outlines: Sequence[Outline]) -> list[Outline]:
    """Join ``nucleus_018_0, nucleus_018_1`` where other objects are plainly ``nucleus_017``."""
    plain = {re.sub(r"\d+$", "#", outline.name) for outline in outlines if outline.name[-1:].isdigit()}
    joined: dict[str, Outline] = {}
    for index, outline in enumerate(outlines):
        found = _PIECE.fullmatch(outline.name)
        key = f"{index}"
        if found and re.sub(r"\d+$", "#", found["object"]) in plain:
            key = found["object"]
        before = joined.get(key)
        if before is None:
            joined[key] = outline if key == f"{index}" else Outline(outline.polygons, outline.class_name, key)
        else:
            joined[key] = Outline(before.polygons + outline.polygons, before.class_name, key)
    return list(joined.values())


def _as_roi(outline: Outline, name: str, plane: tuple[int, int] | None) -> roifile.ImagejRoi:
    rings = [corners for polygon in outline.polygons for corners in polygon]
    left, top, right, bottom = (round(edge) for edge in outline.bounds())
    if max(right, bottom) > _LARGEST_COORDINATE:
        raise BadInput(
            f"object at x {left}, y {top} lies too far out for an ImageJ ROI",
            expected=f"coordinates up to {_LARGEST_COORDINATE}",
            cure="write GeoJSON instead",
        )
    roi = roifile.ImagejRoi()
    roi.name, roi.left, roi.top, roi.right, roi.bottom = name, left, top, right, bottom
    if plane is not None:
        roi.z_position, roi.t_position = plane[0] + 1, plane[1] + 1
    if len(rings) == 1:
        roi.roitype = roifile.ROI_TYPE.TRACED
        roi.integer_coordinates = (rings[0][:-1] - (left, top)).astype(np.int32)
        roi.n_coordinates = len(roi.integer_coordinates)
    else:
        roi.roitype = roifile.ROI_TYPE.RECT
        roi.multi_coordinates = np.concatenate([_path(corners) for corners in rings]).astype(np.float32)
        roi.shape_roi_size = len(roi.multi_coordinates)
    return roi


def _path(corners: Ring) -> NDArray[np.float64]:
    """Move, line, line, …, close: how ImageJ stores the rings of a composite."""
    steps = np.column_stack([np.ones(len(corners) - 1), corners[:-1]])
    steps[0, 0] = 0
    return np.append(steps.reshape(-1), 4.0)
