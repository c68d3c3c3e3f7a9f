"""Correct movies with both engines, and compare the native result with the plugin's."""

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from cpretrain.drift.engine import Corrected, Engine
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.runtime.console import info, progress
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings

LOGGED_DIGITS = 0.0051
"""Tolerance in pixels: the plugin logs fractional shifts with two decimals."""
EQUAL_ENOUGH, LARGEST_ROUNDING = 0.999, 1.0
"""Interpolated pixels may differ by rounding: share that must be equal, and maximum difference of the others."""


@dataclass(frozen=True)
class Verification:
    """Comparison of the results of both engines.

    Parameters
    ----------
    frames, equal_shifts : int
        Number of frames, and of frames with the same drift.
    same_shape : bool
        True if the corrected movies have the same size.
    equal_pixels : float
        Share of equal pixels in the corrected movies, 0 to 1; 0 if the sizes differ.
    largest_difference : float
        Largest difference of a pixel, in grey values.
    sub_pixel : bool
        True if frames were shifted by fractions of a pixel.
    """

    frames: int
    equal_shifts: int
    same_shape: bool
    equal_pixels: float
    largest_difference: float
    sub_pixel: bool = False

    @property
    def equal(self) -> bool:
        """True if shifts, sizes and pixels are equal, interpolated pixels up to rounding."""
        rounding = (
            self.sub_pixel
            and self.equal_pixels >= EQUAL_ENOUGH
            and self.largest_difference <= LARGEST_ROUNDING
        )
        pixels = self.equal_pixels == 1 or rounding
        return self.equal_shifts == self.frames and self.same_shape and pixels

    def __str__(self) -> str:
        return (
            f"{'equal to the plugin' if self.equal else 'NOT equal to the plugin'}: "
            f"{self.equal_shifts} of {self.frames} shifts, {100 * self.equal_pixels:.4f} % of the pixels, "
            f"largest difference {self.largest_difference:g}"
        )


def check_verifiable(settings: DriftSettings) -> None:
    """Check that there is a Fiji if movies are to be compared with it.

    Raises
    ------
    BadInput
        When there is none.
    """
    if settings.verify:
        from cpretrain.drift.fiji_engine import why_not

        reason = why_not(settings.fiji)
        if reason:
            raise BadInput(
                f"{option('verify')}: nothing to compare with: {reason}",
                cure=f"give the folder of Fiji with {option('fiji')} or FIJI_HOME, or leave out {option('verify')}",
            )


class Verifier:
    """Compares the first movies with the plugin, in one Fiji that is started for the first of them.

    Parameters
    ----------
    settings : DriftSettings
        `verify` is the number of movies.
    stack : contextlib.ExitStack
        Stack that ends Fiji when it closes.
    """

    def __init__(self, settings: DriftSettings, stack: ExitStack) -> None:
        self._settings, self._stack, self._left = settings, stack, settings.verify
        self._fiji: Engine | None = None

    def verify(self, movie: TimeLapse, native: Corrected) -> Verification | None:
        """Compare one movie; return None once enough have been compared.

        Raises
        ------
        BadInput
            When the results differ: the movie counts as failed, and no result is written.
        """
        if not self._left:
            return None
        self._left -= 1
        found = compare(native, self._engine().correct(movie, self._settings), self._settings.sub_pixel)
        if not found.equal:
            uncertain = len(native.curve.uncertain_pairs or ())
            raise BadInput(
                f"{movie.path}: the native engine is {found}",
                found=f"{uncertain} pairs of frames about which the native engine itself is uncertain",
                cure=f"use the plugin for this movie ({option('engine', 'fiji')}), or leave out {option('verify')}",
            )
        info(f"{movie.path.name}: native engine {found}")
        return found

    def _engine(self) -> Engine:
        if self._fiji is None:
            from cpretrain.drift.fiji_engine import FijiEngine

            self._fiji = FijiEngine(self._settings.fiji, self._stack)
        return self._fiji


def compare(native: Corrected, plugin: Corrected, sub_pixel: bool = False) -> Verification:
    """Compare the results of both engines, frame by frame.

    Parameters
    ----------
    native, plugin : Corrected
        The same movie, corrected by each.
    sub_pixel : bool
        True if shifts are fractions of a pixel, which the plugin logs with two decimals.
    """
    frames = native.shape[0]
    tolerance = LOGGED_DIGITS if sub_pixel else 0.0
    both = min(len(native.curve.drift), len(plugin.curve.drift))
    differences = np.abs(native.curve.drift[:both] - plugin.curve.drift[:both]).max(axis=1)
    equal_shifts = int((differences <= tolerance).sum())
    if native.shape != plugin.shape:
        return Verification(frames, equal_shifts, False, 0.0, float("inf"), sub_pixel)
    equal, largest = 0, 0.0
    with progress("comparing with the plugin", frames) as step:
        for ours, theirs in zip(native.frames(), plugin.frames(), strict=True):
            equal += int((ours == theirs).sum())
            largest = max(largest, float(np.abs(ours.astype(np.float64) - theirs).max()))
            step()
    share = equal / int(np.prod(native.shape))
    return Verification(frames, equal_shifts, True, share, largest, sub_pixel)
