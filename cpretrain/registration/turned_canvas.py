"""Undo drift and rotation: put every frame at its place and angle on a canvas that holds all of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.dtypes import round_to_dtype
from cpretrain.registration.canvas import Canvas, canvas_for, insert
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.turning.pose import Pose, matrix, middle


@dataclass(frozen=True, eq=False)
class TurnedCanvas(Canvas):
    """Canvas with the place and angle of every frame of a movie.

    Parameters
    ----------
    angle : ndarray of float64, shape (T,)
        Angle of the sample in radians.
    drift : ndarray of float64, shape (T, 2)
        Drift of the middle of the frame in y, x pixels.
    origin : ndarray of float64, shape (2,)
        Place of frame 0's origin on the canvas in y, x pixels.
    """

    angle: NDArray[np.float64]
    drift: NDArray[np.float64]
    origin: NDArray[np.float64]

    def place(self, frame: NDArray[Any], t: int) -> NDArray[Any]:
        """Put frame `t`, shape (Z, C, Y, X), at its place, interpolated linearly unless it falls on whole pixels."""
        from scipy.ndimage import affine_transform

        if frame.shape != self.frame_shape:
            raise ValueError(f"frame {t} has shape {frame.shape}, expected {self.frame_shape} (z, c, y, x)")
        corner = self.origin - self.drift[t]
        z = round(float(self.shifts[t, 0]))
        if self.angle[t] == 0 and np.array_equal(corner, np.round(corner)):
            return insert(frame, self.shape, np.array([z, *corner]).astype(np.int64))
        canvas = np.zeros(self.shape, frame.dtype)
        turn, centre = matrix(self.angle[t]), middle(*frame.shape[2:])
        offset = centre + self.drift[t] - turn @ (centre + self.origin)
        for plane, target in zip(frame, canvas[z : z + len(frame)], strict=True):
            for channel, out in zip(plane, target, strict=True):
                seen = affine_transform(channel.astype(np.float32), turn, offset, out.shape, order=1)
                out[:] = round_to_dtype(seen, frame.dtype)
        return canvas

    def recorded(self, points: NDArray[np.float64], t: int) -> NDArray[np.float64]:
        """Return where points of the canvas, shape (..., 3) in z, y, x, lie in frame `t` as it was recorded."""
        centre = middle(*self.frame_shape[2:])
        plane = (points[..., 1:] - centre - self.origin) @ matrix(self.angle[t]).T + centre + self.drift[t]
        depth = points[..., :1] - round(float(self.shifts[t, 0]))
        return np.concatenate([depth, plane], axis=-1)

    def covered(self, t: int) -> tuple[slice, slice, slice]:
        """Return a box in z, y, x, parallel to the canvas, that frame `t` covers completely."""
        _, _, height, width = self.frame_shape
        z = round(float(self.shifts[t, 0]))
        pose = Pose(float(self.angle[t]), *self.drift[t].tolist()).inverse()
        centre = middle(height, width) + self.origin + (pose.y, pose.x)
        half = inscribed(height, width, pose.angle)
        low, high = np.ceil(centre - half), np.floor(centre + half) + 1
        (y0, x0), (y1, x1) = low.astype(int).tolist(), high.astype(int).tolist()
        return slice(z, z + self.frame_shape[0]), slice(y0, y1), slice(x0, x1)


def turned_back(
    image: NDArray[Any], angle: float, drift: NDArray[np.float64], place: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return an image, shape (Z, Y, X), without its rotation.

    Parameters
    ----------
    image : ndarray, shape (Z, Y, X)
        The image.
    angle : float
        Angle of the sample in radians.
    drift : ndarray of float64, shape (2,)
        Drift of the middle of the image in y, x pixels.
    place : ndarray of int64, shape (2,)
        Drift of the result, in whole pixels.
    """
    from scipy.ndimage import affine_transform

    turn, centre = matrix(angle), middle(*image.shape[1:])
    offset = centre + drift - turn @ (centre + place)
    planes = [affine_transform(plane.astype(np.float32), turn, offset, order=1) for plane in image]
    return np.stack(planes)


def inscribed(height: int, width: int, angle: float) -> NDArray[np.float64]:
    """Return half the height and width in pixels of the largest box with the same proportions inside a turned one."""
    half, cos, sin = middle(height, width), abs(np.cos(angle)), abs(np.sin(angle))
    return half * min(half / (cos * half + sin * half[::-1]))


def turned_canvas_for(curve: DriftCurve, frame_shape: tuple[int, int, int, int]) -> TurnedCanvas:
    """Lay out the canvas on which drift and rotation are undone.

    Parameters
    ----------
    curve : DriftCurve
        Drift with angles.
    frame_shape : tuple of int
        Lengths of a frame in z, c, y, x.
    """
    assert curve.angle is not None
    _, channels, height, width = frame_shape
    angle, drift = np.deg2rad(curve.angle.astype(np.float64)), curve.drift[:, 1:].astype(np.float64)
    centre = middle(height, width)
    corners = np.array([(y, x) for y in (0, height - 1) for x in (0, width - 1)]) - centre
    places = []
    for turn, (y, x) in zip(angle, drift, strict=True):
        back = Pose(float(turn), float(y), float(x)).inverse()
        places.append(corners @ matrix(back.angle).T + (back.y, back.x) + centre)
    low = np.floor(np.min(places, axis=(0, 1)) + 1e-3)
    high = np.ceil(np.max(places, axis=(0, 1)) - 1e-3)
    flat = canvas_for(DriftCurve(curve.drift * np.array([1, 0, 0], np.float32)), frame_shape)
    rows, columns = (high - low + 1).astype(int).tolist()
    shifts = np.column_stack([flat.shifts[:, 0], -low - drift])
    return TurnedCanvas(frame_shape, (flat.shape[0], channels, rows, columns), shifts, angle, drift, -low)
