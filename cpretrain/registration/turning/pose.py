"""Pose of the sample in a frame: its rotation about the middle of the frame, and its shift."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Pose(NamedTuple):
    """A rotation about the middle of a frame, followed by a shift.

    Parameters
    ----------
    angle : float
        Angle in radians, anticlockwise on the screen, where y points down.
    y, x : float
        Shift in pixels.
    """

    angle: float = 0.0
    y: float = 0.0
    x: float = 0.0

    def after(self, first: "Pose") -> "Pose":
        """Return the pose that does `first` and then this one."""
        y, x = matrix(self.angle) @ (first.y, first.x)
        return Pose(self.angle + first.angle, y + self.y, x + self.x)

    def inverse(self) -> "Pose":
        """Return the pose that undoes this one."""
        y, x = -(matrix(-self.angle) @ (self.y, self.x))
        return Pose(-self.angle, float(y), float(x))

    def about(self, place: NDArray[np.float64]) -> "Pose":
        """Return the same pose as a rotation about another point.

        `place` is the old centre of rotation, y and x, relative to the new one.
        """
        y, x = place - matrix(self.angle) @ place
        return Pose(self.angle, self.y + float(y), self.x + float(x))

    def shortest(self) -> "Pose":
        """Return the same pose with an angle from -π to π."""
        return self._replace(angle=float((self.angle + np.pi) % (2 * np.pi) - np.pi))

    def scaled(self, by: float) -> "Pose":
        """Return the same pose in smaller or larger pixels, `by` of which are as long as one of these."""
        return Pose(self.angle, self.y * by, self.x * by)


def matrix(angle: float) -> NDArray[np.float64]:
    """Return the matrix, shape (2, 2), that turns (y, x) by an angle in radians."""
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]])


def middle(height: int, width: int) -> NDArray[np.float64]:
    """Return the middle of an image in y, x; pixel centres are whole numbers."""
    return np.array([(height - 1) / 2, (width - 1) / 2])
