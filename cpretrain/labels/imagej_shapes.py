"""The outlines that ImageJ fills for each kind of ROI.

Curves become at least as many straight pieces as in ImageJ, so that the same pixels have their centre inside.
"""

import math

import numpy as np
import roifile
from numpy.typing import NDArray

from cpretrain.labels.outlines import Polygon, Ring, ring

_FILLED = (roifile.ROI_TYPE.POLYGON, roifile.ROI_TYPE.FREEHAND, roifile.ROI_TYPE.TRACED)
_TURNED = (roifile.ROI_SUBTYPE.ELLIPSE, roifile.ROI_SUBTYPE.ROTATED_RECT)
_WITHOUT_AREA = {
    roifile.ROI_TYPE.POINT: "points",
    roifile.ROI_TYPE.LINE: "lines",
    roifile.ROI_TYPE.FREELINE: "lines",
    roifile.ROI_TYPE.POLYLINE: "lines",
    roifile.ROI_TYPE.ANGLE: "lines",
}
_OVAL_CORNERS, _FEWEST_SPLINE_POINTS = 256, 100
_STRAIGHT, _MOST_HALVINGS = 0.01, 10  # pixels that a curve may bend by, as in ImageJ
_WRAPPED = 7  # number of corners of a closed curve repeated before its start and after its end for the spline
_ROUND = (
    4 / 3 * (math.sqrt(2) - 1)
)  # position of the handles of a curve that stands for a quarter of a circle
_MOVE, _CLOSE, _CURVES = 0, 4, (2, 3)
_POINTS_OF = {_MOVE: 1, 1: 1, 2: 2, 3: 3, _CLOSE: 0}
_BY_QUPATH = "qupath.object"


def shape_of(roi: roifile.ImagejRoi) -> tuple[list[Polygon], str]:
    """Return the outlines of a ROI, and its kind if it has no area.

    Parameters
    ----------
    roi : roifile.ImagejRoi
        The ROI.

    Raises
    ------
    ValueError, IndexError, KeyError
        When it is damaged.
    """
    if roi.subtype in (roifile.ROI_SUBTYPE.TEXT, roifile.ROI_SUBTYPE.IMAGE):
        return [], "text or image overlays"
    if roi.composite:
        return [_path(roi.multi_coordinates)], ""
    if roi.roitype == roifile.ROI_TYPE.OVAL:
        return [[_oval(*_box(roi))]], ""
    if roi.roitype == roifile.ROI_TYPE.RECT:
        return [[_rectangle(*_box(roi), roi.rounded_rect_arc_size)]], ""
    if roi.roitype in _FILLED:
        return [[_closed(roi)]], ""
    return [], _WITHOUT_AREA.get(roi.roitype, "ROIs of other kinds")


def by_qupath(roi: roifile.ImagejRoi) -> bool:
    """Return whether QuPath wrote the ROI, which stores exact corners, class and type in it."""
    return _BY_QUPATH in roi.props


def _closed(roi: roifile.ImagejRoi) -> Ring:
    turned = roi.roitype == roifile.ROI_TYPE.FREEHAND and roi.subtype in _TURNED
    if turned and roi.subpixel_coordinates is None and roi.integer_coordinates is None:
        raise ValueError("an ellipse without its outline")
    corners = np.asarray(roi.coordinates(), np.float64)
    if roi.options & roifile.ROI_OPTIONS.SPLINE_FIT and not turned and len(corners) > 2:
        return ring(_spline(corners))
    return ring(corners)


def _box(roi: roifile.ImagejRoi) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom; ImageJ fills whole pixels of fractional boxes, QuPath's are exact."""
    if not roi.subpixelrect:
        return roi.left, roi.top, roi.right, roi.bottom
    if by_qupath(roi):
        return roi.xd, roi.yd, roi.xd + roi.widthd, roi.yd + roi.heightd
    left, top = math.trunc(roi.xd), math.trunc(roi.yd)
    return left, top, left + math.ceil(roi.widthd), top + math.ceil(roi.heightd)


def _rectangle(left: float, top: float, right: float, bottom: float, arc: int = 0) -> Ring:
    """Draw a rectangle; `arc` is the diameter of its rounded corners."""
    if arc <= 0:
        return ring([(left, top), (right, top), (right, bottom), (left, bottom)])
    x, y = min(arc, right - left) / 2, min(arc, bottom - top) / 2
    quarter = np.array([(0, y), *_curve(np.array([(0, 1), (_ROUND, 1), (1, _ROUND), (1, 0)]) * (x, y))])
    corners = (
        (right - x, top + y, 1, -1),
        (right - x, bottom - y, 1, 1),
        (left + x, bottom - y, -1, 1),
        (left + x, top + y, -1, -1),
    )
    quarters = [
        quarter[:: -turn_x * turn_y] * (turn_x, turn_y) + (at_x, at_y)
        for at_x, at_y, turn_x, turn_y in corners
    ]
    return ring(np.concatenate(quarters))


def _oval(left: float, top: float, right: float, bottom: float) -> Ring:
    angle = np.linspace(0, 2 * np.pi, _OVAL_CORNERS, endpoint=False)
    x = (left + right) / 2 + (right - left) / 2 * np.cos(angle)
    y = (top + bottom) / 2 + (bottom - top) / 2 * np.sin(angle)
    return ring(np.stack([x, y], axis=1))


def _spline(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Draw the closed curve through all corners, as *Fit Spline* does.

    A natural cubic spline per coordinate, parametrized by the square roots of the distances between corners, with the
    first and last corners repeated beyond both ends; one point for every second pixel of the polygon's length.
    """
    from scipy.interpolate import CubicSpline

    closed = np.concatenate([corners, corners[:1]])
    distances = np.hypot(*np.diff(closed, axis=0).T)
    knots = np.concatenate([[0.0], np.maximum(np.sqrt(distances), 1e-3).cumsum()])
    more = min(_WRAPPED, len(corners))
    before, after = slice(-1 - more, -1), slice(1, 1 + more)
    spline = CubicSpline(
        np.concatenate([knots[before] - knots[-1], knots, knots[after] + knots[-1]]),
        np.concatenate([closed[before], closed, closed[after]]),
        bc_type="natural",
    )
    count = max(_FEWEST_SPLINE_POINTS, int(distances.sum() / 2))
    return spline(np.linspace(0, knots[-1], count))


def _path(steps: NDArray[np.float32] | None) -> Polygon:
    """Return the rings of a composite: outer ones and holes in any order, told apart by the even-odd rule.

    A composite is a list of moves (0), lines (1), curves (2, 3) and closings (4), each followed by its points.
    """
    rings, points, place = list[Ring](), list[NDArray[np.float64]](), 0
    values = np.asarray(steps if steps is not None else [], np.float64)
    while place < len(values):
        kind = int(values[place])
        ends = values[place + 1 : place + 1 + 2 * _POINTS_OF[kind]].reshape(-1, 2)
        if len(ends) < _POINTS_OF[kind] or (kind in _CURVES and not points):
            raise ValueError("a composite that breaks off")
        if kind in (_MOVE, _CLOSE):
            rings += [ring(np.concatenate(points))] if points else []
            points = []
        if len(ends):
            curved = kind in _CURVES
            points.append(np.array(_curve(np.concatenate([points[-1][-1:], ends]))) if curved else ends)
        place += 1 + 2 * _POINTS_OF[kind]
    return [*rings, *([ring(np.concatenate(points))] if points else [])]


def _curve(handles: NDArray[np.float64], halvings: int = _MOST_HALVINGS) -> list[NDArray[np.float64]]:
    """Return points on a curve with two or three handles after its start, halved until its parts are straight."""
    if not halvings or _bend(handles) < _STRAIGHT:
        return [handles[-1]]
    levels = [handles]
    while len(levels[-1]) > 1:
        levels.append((levels[-1][:-1] + levels[-1][1:]) / 2)
    first = np.array([level[0] for level in levels])
    second = np.array([level[-1] for level in reversed(levels)])
    return [*_curve(first, halvings - 1), *_curve(second, halvings - 1)]


def _bend(handles: NDArray[np.float64]) -> float:
    """Return the largest distance of the inner handles from the straight line between start and end."""
    chord, inner = handles[-1] - handles[0], handles[1:-1] - handles[0]
    length = max(float(chord @ chord), 1e-12)
    along = np.clip(inner @ chord / length, 0, 1)
    return float(np.hypot(*(inner - along[:, None] * chord).T).max())
