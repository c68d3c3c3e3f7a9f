"""Frames that determine little about a drift: empty, saturated, out of focus, or unlike all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cpretrain.registration.row_samples import centred, dot, sampled_rows
from cpretrain.registration.valid_area import Area

Kind = Literal["empty", "saturated", "out of focus", "unlike the others"]

MOST_PIXELS = 2**13
"""Number of pixels of a frame to examine."""
BLUR_STEP = 3
"""Distance in pixels between grey values to measure sharpness: it responds to edges of objects, not only to noise."""
FADED, UNRELATED = 0.25, 0.3
"""Fractions of the movie's usual contrast and agreement below which a frame is empty or unrelated, respectively."""
SATURATED = 0.2
"""Share of pixels at the highest grey value, above the usual share, from which a frame is saturated."""
BLURRED = 0.6
"""Fraction of the usual sharpness below which a frame is out of focus."""
NOISE = 1.7
"""Limit of sharpness, which is 2 for white noise, whose pixels are independent of each other."""
FEWEST = 4
"""Number of frames needed to know what is usual; with fewer, only constant frames are recognized."""


@dataclass(frozen=True)
class FrameContent:
    """Statistics of a frame's content.

    Parameters
    ----------
    highest : float
        Highest grey value.
    at_highest : float
        Share of the pixels with that value.
    contrast : float
        Standard deviation of the grey values.
    sharpness : float
        Variance of differences between pixels a few pixels apart, in units of that of the image.
    """

    highest: float
    at_highest: float
    contrast: float
    sharpness: float


def content_of(image: NDArray[np.float32], area: Area) -> FrameContent:
    """Examine some rows of an image, ndarray of float32, shape (Z, Y, X), inside an area."""
    rows = sampled_rows(area, MOST_PIXELS)
    values = image[rows[:, 0], rows[:, 1], area[2]]
    highest = values.max()
    variance = _variance(values)
    steps = values[:, BLUR_STEP:] - values[:, :-BLUR_STEP]
    return FrameContent(
        float(highest),
        np.count_nonzero(values == highest) / values.size,
        variance**0.5,
        _variance(steps) / variance if variance > 0 and steps.size else 0.0,
    )


def _variance(values: NDArray[np.float32]) -> float:
    change = centred(values).ravel()
    return dot(change, change) / change.size


def name_frames(contents: Sequence[FrameContent], agreement: NDArray[np.float64] | None) -> dict[int, Kind]:
    """Return the frames that determine little about a drift, with the reason.

    Parameters
    ----------
    contents : sequence of FrameContent
        Statistics of each frame.
    agreement : ndarray of float64, shape (T,), or None
        Correlation of each frame with the mean of the others.
    """
    usual = _Usual(contents, agreement)
    kinds = {t: _kind(content, usual, t) for t, content in enumerate(contents)}
    return {t: kind for t, kind in kinds.items() if kind}


class _Usual:
    """Typical statistics of a movie's frames."""

    def __init__(self, contents: Sequence[FrameContent], agreement: NDArray[np.float64] | None) -> None:
        shown = [content for content in contents if content.contrast > 0]
        self.enough = len(shown) >= FEWEST
        self.agreement = agreement
        self.highest = max((content.highest for content in contents), default=0.0)
        if shown:
            self.contrast = float(np.median([content.contrast for content in shown]))
            self.sharpness = float(np.median([content.sharpness for content in shown]))
            self.at_highest = float(np.median([content.at_highest for content in shown]))
            agreeing = np.zeros(0) if agreement is None else agreement[agreement > 0]
            self.agrees = float(np.median(agreeing)) if len(agreeing) else 0.0

    def unrelated(self, t: int) -> bool:
        return self.agreement is not None and self.agreement[t] < UNRELATED * self.agrees


def _kind(content: FrameContent, usual: _Usual, t: int) -> Kind | None:
    at_limit = content.highest == usual.highest
    if content.contrast == 0:
        return "saturated" if at_limit and usual.enough and content.highest > 0 else "empty"
    if not usual.enough:
        return None
    if at_limit and content.at_highest > usual.at_highest + SATURATED:
        return "saturated"
    if usual.unrelated(t):
        faint = content.contrast < FADED * usual.contrast or content.sharpness > NOISE > usual.sharpness
        return "empty" if faint else "unlike the others"
    blurred = content.sharpness < BLURRED * usual.sharpness
    return "out of focus" if blurred and content.contrast < usual.contrast else None
