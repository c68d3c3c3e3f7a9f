"""Reads and preprocesses the frames to be compared."""

from copy import copy
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.timelapse import Frames
from cpretrain.images.valid_box import valid_box
from cpretrain.registration.checks import check_drift_settings, check_pixels
from cpretrain.registration.frame_image import MeasuredBox, drift_image, kept_pixels
from cpretrain.registration.phase_correlation.spectrum import Transformed, transform
from cpretrain.registration.pixel_mask import read_mask
from cpretrain.settings.drift import DriftSettings

Image = tuple[NDArray[Any], NDArray[np.bool_] | None]


class DriftImages:
    """The images on which a movie's drift is measured.

    Parameters
    ----------
    movie : Frames
        Frames of uint8, uint16 or float32, fetched one at a time.
    settings : DriftSettings
        Settings of the measurement.

    Raises
    ------
    BadInput
        When the settings do not fit the movie, or the mask cannot be used.
    """

    def __init__(self, movie: Frames, settings: DriftSettings) -> None:
        check_drift_settings(movie, settings)
        self._movie, self._settings, self._reading = movie, settings, Lock()
        _, planes, _, height, width = movie.shape
        self._size = height, width
        self._mask = read_mask(settings.mask, (planes, height, width)) if settings.mask else None
        if self._mask is not None and not kept_pixels(self._mask, settings, self.box((0, 0, 0))).any():
            raise BadInput(
                f"{settings.mask}: leaves nothing to measure the drift on",
                expected="pixels that are 0 where the drift is measured",
                cure="pixels that are not 0 are left out; invert it if you meant it the other way round",
            )

    def image(self, t: int, box: MeasuredBox | None = None) -> Image:
        """Read frame `t` (from 0), and return the image to measure inside `box`, and a mask of the pixels that count.

        Raises
        ------
        BadInput
            When the frame cannot be read, or holds NaN or infinite pixels.
        """
        with self._reading:  # frames are asked for by several threads
            frame = self._movie.frame(t)
        check_pixels(self._movie, frame, t)
        return self.image_of(frame, box)

    def image_of(self, frame: NDArray[Any], box: MeasuredBox | None = None) -> Image:
        """Return the image to measure in a frame, shape (Z, C, Y, X), and a mask of the pixels that count."""
        left_out = self._left_out(frame)
        kept = None if left_out is None else kept_pixels(left_out, self._settings, box)
        return drift_image(frame, self._settings, box, left_out), kept

    def transformed(self, t: int, box: MeasuredBox | None = None) -> Transformed:
        """Read and transform frame `t` (from 0)."""
        return transform(*self.image(t, box))

    def box(self, drift: Any) -> MeasuredBox | None:
        """Return the box of the ROI once the sample has moved by `drift` (z, y, x).

        It follows the sample by whole pixels and stays inside the image.
        """
        if self._settings.roi is None:
            return None
        x, y, width, height = self._settings.roi
        moved_x = max(0, min(x + int(drift[2]), self._size[1] - width))
        moved_y = max(0, min(y + int(drift[1]), self._size[0] - height))
        return moved_x, moved_y, width, height

    def leaving_out(self, mask: NDArray[np.bool_]) -> "DriftImages":
        """Return the same images without the pixels of a mask, ndarray of bool, shape (1, Y, X) or (Z, Y, X)."""
        others = copy(self)
        others._mask = mask if self._mask is None else self._mask | mask
        return others

    def _left_out(self, frame: NDArray[Any]) -> NDArray[np.bool_] | None:
        if not self._settings.ignore_padding:
            return self._mask
        left_out = np.ones((1, *frame.shape[2:]), bool)
        inside = valid_box(frame[:, self._settings.channel - 1])
        if inside is not None:
            left_out[:, inside[0], inside[1]] = False
        return left_out if self._mask is None else left_out | self._mask
