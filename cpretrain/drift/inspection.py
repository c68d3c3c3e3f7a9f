"""Inspect a movie frame by frame, whichever engine measured its drift, and collect signs against the result."""

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.agreement import Agreement
from cpretrain.registration.curve import DriftCurve, FramePair, round_away
from cpretrain.registration.far_frames import far_disagreement
from cpretrain.registration.frame_content import FrameContent, Kind, content_of, name_frames
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.local_optimum import WHOLE_PIXEL, offset_to_optimum
from cpretrain.registration.still_structure import StillStructure, frames_to_look_at
from cpretrain.registration.turned_canvas import inscribed, turned_back
from cpretrain.registration.valid_area import Area, intersection, is_empty
from cpretrain.registration.whole_image import only_a_part_moved, whole3
from cpretrain.settings.drift import DriftSettings

Each = NDArray[np.float64] | None
"""One number per frame; None if there is nothing to compare."""
FALL = 0.002
"""Decrease of the mean agreement from which the correction counts as worse."""
PASSING = 3
"""Minimum step in pixels to be examined for something that passes; smaller ones are hardly told from none."""
LEAST_SHARE = 0.05
"""Share of the image below which the area covered by all frames is too small to judge by."""


@dataclass(frozen=True, eq=False)
class Inspected:
    """Observations on a movie.

    Parameters
    ----------
    area : tuple of slice
        Area of frame 0, in z, y, x, that all frames cover; the basis of agreement.
    before, after : ndarray of float64, shape (T,), or None
        Correlation of each frame with the mean of the others, as recorded and as aligned.
    fell : bool
        True if the correction made the agreement worse.
    kinds : dict of int to str
        Frames that determine little, with the reason.
    off : dict of (int, int) to float
        Pairs of frames whose images fit better elsewhere, and the distance in pixels.
    far : float or None
        Pixels by which frames far apart contradict the curve.
    still : ndarray of bool, shape (1, Y, X), or None
        Mask of structure that holds the frames in place because it never moves.
    share : float
        Share of the measured image that lies in `area`.
    parts : tuple of (int, int)
        Pairs of frames between which only a part of the image moved as measured.
    """

    area: Area
    before: Each = None
    after: Each = None
    fell: bool = False
    kinds: dict[int, Kind] = field(default_factory=dict)
    off: dict[FramePair, float] = field(default_factory=dict)
    far: float | None = None
    still: NDArray[np.bool_] | None = None
    share: float = 1.0
    parts: tuple[FramePair, ...] = ()

    def mean(self, each: Each) -> float | None:
        """Return the mean agreement of the frames with usable content, to six digits."""
        told = [] if each is None else [value for t, value in enumerate(each) if t not in self.kinds]
        return round(float(np.mean(told)), 6) if told else None


class Inspection:
    """Checks of one movie, fed with its frames as they were recorded.

    Parameters
    ----------
    movie : TimeLapse
        The movie; a few frames are read again at the end.
    settings : DriftSettings
        Settings of the measurement.
    curve : DriftCurve
        Measured drift.

    Notes
    -----
    Everything is judged on the measured image: its channel, planes and ROI, without masked pixels.
    """

    def __init__(self, movie: TimeLapse, settings: DriftSettings, curve: DriftCurve) -> None:
        self._settings, self._curve = settings, curve
        self._images = _images(movie, settings, curve)
        self._drift = round_away(curve.drift)
        self._frames = movie.shape[0]
        self._refined = settings.refine or settings.robust or curve.angle is not None
        self._size = (1, *movie.shape[3:])
        self._to_look_at = frames_to_look_at(self._frames)
        self._contents: list[FrameContent] = []
        self._off: dict[FramePair, float] = {}
        self._parts: list[FramePair] = []
        self._still = StillStructure()
        self._image: NDArray[np.float32] | None = None
        self._earlier: NDArray[np.float32] | None = None

    def add(self, t: int, frame: NDArray[Any]) -> None:
        """Inspect frame `t` (from 0), shape (Z, C, Y, X); frames must be added in order."""
        if self._images is None:
            return
        pixels, kept = self._images.image_of(frame)
        if t == 0:
            self._begin(pixels.shape)
        image = self._in_float32(pixels)
        z, y, x = (int(value) for value in self._drift[t])
        drift = (z if len(image) > 1 else 0, y, x)
        counted = None if kept is None else np.broadcast_to(kept, image.shape)
        self._aligned.add(self._turned_back(t, image), counted, drift)
        self._recorded.add(image, counted, (0, 0, 0))
        self._contents.append(content_of(image, self._part(t, image.shape)))
        if t in self._to_look_at and self._contents[-1].contrast > 0:
            self._still.add(image)
        if kept is None and not self._refined and self._settings.shifts is None:
            self._compare(t, image)
        if self._settings.robust and self._curve.angle is None:
            self._look_for_passers(t, image)

    def result(self) -> Inspected:
        """Return the observations on all frames."""
        if self._images is None or len(self._contents) < 2:
            return Inspected((slice(0, 0),) * 3)
        before, after = self._recorded.each(), self._aligned.each()
        kinds = name_frames(self._contents, after)
        far, still = self._far(kinds)
        share = _pixels(self._aligned.area) / _pixels(self._measured)
        seen = Inspected(
            self._aligned.area, before, after, False, kinds, self._off, far, still, share, tuple(self._parts)
        )
        return Inspected(**(vars(seen) | {"fell": self._fell(seen)}))

    def _in_float32(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Convert a frame, in memory that the one before the last used: new memory takes longer than the numbers."""
        self._earlier, self._image = self._image, self._earlier
        if self._image is None:
            self._image = np.empty(pixels.shape, np.float32)
        np.copyto(self._image, pixels)
        return self._image

    def _begin(self, shape: tuple[int, ...]) -> None:
        """Determine the area that all frames cover, now that the size of the measured image is known."""
        low, high = self._drift.min(axis=0), self._drift.max(axis=0)
        if shape[0] == 1:
            low[0] = high[0] = 0
        z, y, x = (
            slice(max(0, -int(a)), max(0, length - max(0, int(b))))
            for a, b, length in zip(low, high, shape, strict=True)
        )
        if self._curve.angle is not None:
            y, x = _shrunk((y, x), shape, self._curve.angle)
        self._measured = self._part(0, shape)
        area = intersection((z, y, x), self._measured)
        self._aligned, self._recorded = Agreement(self._frames, area), Agreement(self._frames, area)

    def _turned_back(self, t: int, image: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return an image without its rotation, and at a drift of whole pixels."""
        if self._curve.angle is None:
            return image
        angle, drift = float(np.deg2rad(self._curve.angle[t])), self._curve.drift[t, 1:].astype(np.float64)
        return turned_back(image, angle, drift, self._drift[t, 1:])

    def _part(self, t: int, shape: tuple[int, ...]) -> Area:
        """Return the measured part of frame `t`."""
        assert self._images is not None
        box = self._images.box(self._curve.drift[t])
        x, y, width, height = box or (0, 0, shape[2], shape[1])
        return slice(0, shape[0]), slice(y, y + height), slice(x, x + width)

    def _compare(self, t: int, image: NDArray[np.float32]) -> None:
        """Record the pair that ends with frame `t` if its images fit better at least a pixel away."""
        pair = (t - 1, t)
        if self._earlier is None or pair in self._curve.clipped_pairs or set(pair) & set(self._curve.bridged):
            return
        drift = self._curve.drift[t] - self._curve.drift[t - 1]
        offset = offset_to_optimum(image, self._earlier, drift, self._part(t, image.shape))
        if offset is not None and np.abs(offset).max() > WHOLE_PIXEL:
            self._off[pair] = float(np.abs(offset).max())

    def _look_for_passers(self, t: int, image: NDArray[np.float32]) -> None:
        """Record the pair that ends with frame `t` if it follows something that passes through the picture."""
        step = whole3(self._curve.drift[t] - self._curve.drift[t - 1])
        if self._earlier is None or {t - 1, t} & set(self._curve.bridged) or max(map(abs, step)) < PASSING:
            return
        if only_a_part_moved(image, self._earlier, step, self._part(t, image.shape)):
            self._parts.append((t - 1, t))

    def _far(self, kinds: dict[int, Kind]) -> tuple[float | None, NDArray[np.bool_] | None]:
        """Compare frames far apart, unchanged and without still structure."""
        if self._settings.shifts is not None or self._settings.robust or self._curve.angle is not None:
            return None, None
        assert self._images is not None
        anchors = self._aligned.most_unlike([t for t in range(self._frames) if t not in kinds])
        far = far_disagreement(self._images, self._curve, anchors)
        mask = self._still.mask()
        if far is not None or mask is None or mask.shape != self._size:
            return far, None
        from cpretrain.registration.far_contrast import (
            contrast_disagreement,
        )  # numba takes a second to import

        held = contrast_disagreement(self._images.leaving_out(mask), self._curve, anchors)
        return None, None if held is None else mask

    def _fell(self, seen: Inspected) -> bool:
        """Return whether frames agree less than before, both in grey values and in their steps."""
        if seen.share < LEAST_SHARE:
            return True
        return _falls(seen, seen.before, seen.after) and _falls(
            seen, self._recorded.each_of_steps(), self._aligned.each_of_steps()
        )


def _shrunk(
    parts: tuple[slice, slice], shape: tuple[int, ...], angle: NDArray[np.float32]
) -> tuple[slice, slice]:
    """Remove the rows and columns that some turned frame does not cover."""
    halves = [inscribed(shape[1], shape[2], float(turn)) for turn in np.deg2rad(angle)]
    margins = np.ceil((np.array(shape[1:]) - 1) / 2 - np.min(halves, axis=0)).astype(int).tolist()
    y, x = (
        slice(part.start + margin, max(part.start + margin, part.stop - margin))
        for part, margin in zip(parts, margins, strict=True)
    )
    return y, x


def _pixels(area: Area) -> int:
    return 0 if is_empty(area) else prod(part.stop - part.start for part in area)


def _falls(seen: Inspected, before: Each, after: Each) -> bool:
    first, second = seen.mean(before), seen.mean(after)
    return first is not None and second is not None and second < first - FALL


def _images(movie: TimeLapse, settings: DriftSettings, curve: DriftCurve) -> DriftImages | None:
    """Return the measured images; for shifts measured elsewhere, those of the channel if they can be used."""
    if settings.shifts is None:
        images = DriftImages(movie, settings)
        left_out = curve.robust.left_out if curve.robust else None
        return images if left_out is None else images.leaving_out(left_out)
    try:
        return DriftImages(movie, DriftSettings(channel=settings.channel))
    except BadInput:
        return None
