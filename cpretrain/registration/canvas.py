"""Undo a drift: place every frame on a canvas large enough for all of them."""

from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.dtypes import round_to_dtype
from cpretrain.registration.curve import DriftCurve, round_away

Shape = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Canvas:
    """Positions of a movie's frames on a common canvas, made by `canvas_for`.

    Parameters
    ----------
    frame_shape : tuple of int
        Lengths of a frame in z, c, y, x.
    shape : tuple of int
        Lengths of the canvas in z, c, y, x.
    shifts : ndarray, shape (T, 3)
        Position of each frame's origin on the canvas in z, y, x, in pixels, not negative: int64 for whole pixels,
        float32 for fractions of a pixel.
    """

    frame_shape: Shape
    shape: Shape
    shifts: NDArray[Any]

    @property
    def sub_pixel(self) -> bool:
        """True if frames are shifted by fractions of a pixel."""
        return bool(self.shifts.dtype.kind == "f")

    def place(self, frame: NDArray[Any], t: int) -> NDArray[Any]:
        """Place frame `t` on the canvas; all channels move together, and uncovered pixels are 0.

        Parameters
        ----------
        frame : ndarray, shape (Z, C, Y, X)
            The frame as it was recorded.
        t : int
            Its number, from 0.

        Returns
        -------
        ndarray, shape `self.shape`, dtype of `frame`
            The canvas.
        """
        if frame.shape != self.frame_shape:
            raise ValueError(f"frame {t} has shape {frame.shape}, expected {self.frame_shape} (z, c, y, x)")
        shift = self.shifts[t]
        whole = np.floor(shift).astype(np.int64)
        if np.array_equal(whole, shift):
            return insert(frame, self.shape, whole)
        return _insert_interpolated(frame, self.shape, shift)

    def recorded(self, points: NDArray[np.float64], t: int) -> NDArray[np.float64]:
        """Return where points of the canvas lie in frame `t` as it was recorded.

        Parameters
        ----------
        points : ndarray of float64, shape (..., 3)
            Positions on the canvas in z, y, x, in pixels from 0.
        t : int
            Number of the frame, from 0.

        Returns
        -------
        ndarray of float64, shape (..., 3)
            Positions in the frame, likewise.
        """
        return points - self.shifts[t]


def canvas_for(curve: DriftCurve, frame_shape: Shape, sub_pixel: bool = False) -> Canvas:
    """Lay out the canvas on which a drift is undone, as "Correct 3D drift" does.

    Parameters
    ----------
    curve : DriftCurve
        The drift; its negative is applied.
    frame_shape : tuple of int
        Lengths of a frame in z, c, y, x.
    sub_pixel : bool
        Shift by fractions of a pixel, with linear interpolation; otherwise by whole pixels, with halves rounded away
        from 0.

    Returns
    -------
    Canvas
        A canvas larger than a frame, along each axis, by the range of the shifts (truncated to whole pixels); a
        `TurnedCanvas` for a curve with angles.
    """
    if curve.angle is not None:
        from cpretrain.registration.turned_canvas import turned_canvas_for

        return turned_canvas_for(curve, frame_shape)
    shifts: NDArray[Any] = -curve.drift if sub_pixel else round_away(-curve.drift)
    low, high = shifts.min(axis=0), shifts.max(axis=0)
    z, c, y, x = frame_shape
    growth = high.astype(np.float64) - low.astype(np.float64)
    grown_z, grown_y, grown_x = (int(length + extra) for length, extra in zip((z, y, x), growth, strict=True))
    return Canvas((z, c, y, x), (grown_z, c, grown_y, grown_x), shifts - low)


def insert(frame: NDArray[Any], shape: Shape, shift: NDArray[np.int64]) -> NDArray[Any]:
    """Put a frame, shape (Z, C, Y, X), at a place on an empty canvas."""
    canvas = np.zeros(shape, frame.dtype)
    z, y, x = (int(component) for component in shift)
    covered = canvas[z : z + len(frame), :, y : y + frame.shape[2], x : x + frame.shape[3]]
    covered[:] = frame[: covered.shape[0], :, : covered.shape[2], : covered.shape[3]]
    return canvas


def _insert_interpolated(frame: NDArray[Any], shape: Shape, shift: NDArray[np.float32]) -> NDArray[Any]:
    """Insert with linear interpolation; the frame counts as 0 beyond its border.

    Each neighbour's contribution is rounded to float32, and they are added in float32 in the order of ImgLib2's
    interpolator (x changes first, and each step changes only one axis), so that the sums equal its own to the last bit.
    """
    total = np.zeros(shape, np.float32)
    at_z, at_y, at_x = (_neighbours(float(component)) for component in shift)
    walk_y, walk_x = cycle((at_y, at_y[::-1])), cycle((at_x, at_x[::-1]))
    for z, weight_z in at_z:
        for y, weight_y in next(walk_y):
            for x, weight_x in next(walk_x):
                covered = total[z : z + len(frame), :, y : y + frame.shape[2], x : x + frame.shape[3]]
                inside = frame[: covered.shape[0], :, : covered.shape[2], : covered.shape[3]]
                share = np.multiply(inside, weight_x * weight_y * weight_z, dtype=np.float64)
                covered += share.astype(np.float32)
    return round_to_dtype(total, frame.dtype)


def _neighbours(shift: float) -> list[tuple[int, float]]:
    """Return the whole shifts on either side of `shift` with their weights, the larger shift (lower pixel) first."""
    whole = int(np.floor(shift))
    near = 1 - (shift - whole)
    return [(whole, 1.0)] if shift == whole else [(whole + 1, 1 - near), (whole, near)]
