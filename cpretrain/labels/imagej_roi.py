"""ImageJ ROIs, single (``.roi``) and as saved by the ROI manager (``RoiSet.zip``), in and out."""

import os
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import roifile
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.labels.drawn import Drawn, check_one_plane, check_outlines, left_out
from cpretrain.labels.imagej_shapes import by_qupath, shape_of
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.outlines import Outline, Polygon, Ring, outlines_of, rasterise, with_area
from cpretrain.labels.regions import Frame, cells_of
from cpretrain.labels.unknown_area import unknown_area
from cpretrain.runtime.log_silence import silent
from cpretrain.runtime.spelling import option
from cpretrain.runtime.wording import counted
from cpretrain.settings.masks import MaskSettings
from cpretrain.storage.atomic import write_aside

_FACT = re.compile(r"^qupath\.object\.(\w+): (.*)$", re.MULTILINE)
_PIECE = re.compile(r"(?P<object>.*?(?P<number>\d+))_(?P<piece>\d+)")
_UNKNOWN = re.compile(r"(ignore|region)\*?([ _-]?\d+)*", re.IGNORECASE)
_LARGEST_COORDINATE = 32_767  # of a 16-bit ROI


def read_rois(
    path: str | os.PathLike,
    size: tuple[int, int],
    files: Sequence[tuple[str, bytes]],
    settings: MaskSettings | None = None,
    border: int = 0,
) -> LabelImage:
    """Read the ImageJ ROIs of one image into a label image.

    Polygons, freehand and traced outlines, rectangles, ovals, ellipses and composites are objects; lines, points
    and text are counted and left out, as are regions. ROIs named ``NAME_0, NAME_1, …`` beside plain ``NAME`` ones
    are the pieces of one object. ROIs written by QuPath carry its classes and types; of others, those named ``ignore``
    or ``region`` (with a number, if there are several) count as being of class ``Ignore*`` or ``Region*``.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    size : tuple of int
        Height and width of the image in pixels.
    files : sequence of (str, bytes)
        Name and content of each ROI.
    settings : MaskSettings, optional
        ``take``, ``classes`` and ``undrawn`` are used.
    border : int
        Width of the edge of zeros around the image.

    Raises
    ------
    BadInput
        When a ROI is damaged, or they lie on several planes or outside the image.
    """
    settings = settings or MaskSettings()
    drawn, skipped = list[Drawn](), Counter[str]()
    rois = [(name, _parse(path, name, data)) for name, data in files]
    _check_selection(path, [roi for _, roi in rois], settings)
    for name, roi in rois:
        polygons, kind = _read(path, name, roi)
        if polygons:
            drawn.append(_drawn(roi, Outline(polygons, "", _stem(name))))
        else:
            skipped[kind] += 1
    check_outlines(path, drawn, skipped)
    joined = _join_pieces(drawn)
    frame, unknown = Frame(*size, border), unknown_area(joined, settings)
    cells, notes = cells_of(unknown.without(joined), frame, settings)
    check_one_plane(path, [*cells, *unknown.ignored])
    if len(joined) < len(drawn):
        many = counted(len(drawn) - len(joined), "ROI")
        notes.append(f"{many} joined to others of the same name as pieces of one object")
    image = rasterise(path, [one.outline for one in cells], size, "ImageJ ROIs")
    return unknown.marked_in(image, frame).with_notes([*left_out(skipped), *notes])


def write_rois(
    path: str | os.PathLike, labels: NDArray[Any], class_name: str = "", plane: tuple[int, int] = (0, 0)
) -> None:
    """Write the objects of a label image as a ``RoiSet.zip`` for ImageJ's ROI manager.

    Parameters
    ----------
    path : path-like
        The archive to write.
    labels : ndarray of int, shape (Y, X)
        Objects 1…N, 0 is background.
    class_name : str
        Text before the object's number in the ROI's name.
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
        Tie each ROI to its plane; ImageJ shows a ROI without a plane on all of them.
    prefix : str
        Text before the name of each ROI, with its z and t; names must differ.
    """
    with _archive(path) as add:
        for outlines, (z, t) in planes:
            digits = max(4, len(str(len(outlines))))
            for number, outline in enumerate(outlines, 1):
                name = prefix.format(z=z, t=t) + f"{outline.class_name} {number:0{digits}}".strip()
                add(name, outline, (z, t) if in_stack else None)


def write_numbered_rois(
    path: str | os.PathLike,
    planes: Iterable[tuple[Sequence[tuple[int, Outline]], tuple[int, int]]],
    name: str,
) -> None:
    """Write the objects of a movie, one plane after the other, each under a name with its own number.

    Parameters
    ----------
    path : path-like
        The archive to write.
    planes : iterable of (list of (int, Outline), (int, int))
        Numbers and outlines of objects, and the plane z and frame t that they lie in, from 0.
    name : str
        Name of each ROI, with ``{number}``, ``{z}`` and ``{t}``; names must differ.
    """
    with _archive(path) as add:
        for outlines, (z, t) in planes:
            for number, outline in outlines:
                add(name.format(number=number, z=z, t=t), outline, (z, t))


@contextmanager
def _archive(
    path: str | os.PathLike,
) -> Iterator[Callable[[str, Outline, tuple[int, int] | None], None]]:
    """Yield a function that adds an object to an archive of ROIs: its name, outline, and plane and frame."""
    with write_aside(path) as aside, zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, outline: Outline, plane: tuple[int, int] | None) -> None:
            roi = _as_roi(outline, name, plane)
            file = name.replace("/", "_").replace("\\", "_") + ".roi"
            entry = zipfile.ZipInfo(file, (1980, 1, 1, 0, 0, 0))
            archive.writestr(entry, roi.tobytes(), zipfile.ZIP_DEFLATED)

        yield add


def _parse(path: str | os.PathLike, name: str, data: bytes) -> roifile.ImagejRoi:
    with _checking(path, name), silent("roifile"):
        return roifile.ImagejRoi.frombytes(data)


@contextmanager
def _checking(path: str | os.PathLike, name: str) -> Iterator[None]:
    """Turn what roifile raises into a clear error: it trusts the offsets in the file."""
    try:
        yield
    except Exception as error:
        raise DamagedFile(
            path,
            error,
            problem=f"ROI {name} is damaged or of an unknown kind",
            expected="an ImageJ ROI",
            cure="save it again in ImageJ: ROI manager > More > Save",
        ) from error


def _read(path: str | os.PathLike, name: str, roi: roifile.ImagejRoi) -> tuple[list[Polygon], str]:
    """Return the outlines of a ROI, and its kind if it has no area."""
    with _checking(path, name):
        polygons, kind = shape_of(roi)
        rings = [[corners for corners in polygon if with_area([[corners]])] for polygon in polygons]
    return [polygon for polygon in rings if polygon], kind or "outlines without area"


def _drawn(roi: roifile.ImagejRoi, outline: Outline) -> Drawn:
    if not by_qupath(roi):
        group = f"group {roi.group}" if roi.group > 0 else ""
        area = _UNKNOWN.fullmatch(outline.name)
        class_name = f"{area[1].capitalize()}*" if area else group
        return Drawn(replace(outline, class_name=class_name), plane=_plane(roi))
    facts = dict(_FACT.findall(roi.props))
    kind = facts.get("type", "annotation").lower()
    outline = Outline(outline.polygons, facts.get("classification", ""), facts.get("name", outline.name))
    return Drawn(outline, kind if kind in ("detection", "cell") else "annotation", _plane(roi))


def _check_selection(
    path: str | os.PathLike, rois: Sequence[roifile.ImagejRoi], settings: MaskSettings
) -> None:
    """Check that the ROIs carry the classes and types that are to be selected."""
    if all(by_qupath(roi) for roi in rois):
        return
    if settings.classes:
        raise BadInput(
            f"{path}: ImageJ ROIs have no classes to select {', '.join(settings.classes)} from",
            cure=f"leave {option('classes')} out, or export GeoJSON from QuPath",
        )
    if settings.take != "all":
        raise BadInput(
            f"{path}: ImageJ ROIs are neither annotations nor detections nor cells",
            cure=f"leave {option('take')} out, or export GeoJSON from QuPath",
        )


def _plane(roi: roifile.ImagejRoi) -> str:
    if roi.z_position or roi.t_position:
        return f"z={roi.z_position}, t={roi.t_position}"
    return f"position {roi.position}" if roi.position else ""


def _stem(name: str) -> str:
    return name[:-4] if name.lower().endswith(".roi") else name


def _join_pieces(drawn: Sequence[Drawn]) -> list[Drawn]:
    """Join ``nucleus_018_0, nucleus_018_1`` if other objects are plainly named like ``nucleus_017``."""
    names = [one.outline.name for one in drawn]
    plain = {re.sub(r"\d+$", "#", name) for name in names if name[-1:].isdigit()}
    joined: dict[str, Drawn] = {}
    for index, one in enumerate(drawn):
        found = _PIECE.fullmatch(one.outline.name)
        key = f"{index}"
        if found and re.sub(r"\d+$", "#", found["object"]) in plain:
            key = found["object"]
            before = joined[key].outline.polygons if key in joined else []
            one = replace(one, outline=replace(one.outline, polygons=before + one.outline.polygons, name=key))
        joined[key] = one
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
