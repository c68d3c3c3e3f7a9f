"""Positions of crops: random planes and places in a movie, drawn with a seed."""

import hashlib
from itertools import chain, cycle, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cpretrain.crops.crop_image import View, describe_crop
from cpretrain.crops.section import cut, section
from cpretrain.dataset.crops_table import Crop, rows_shown
from cpretrain.errors import BadInput
from cpretrain.images.discovery import chosen_frames
from cpretrain.images.finite import finite, warn_of_not_finite
from cpretrain.images.metadata import Calibration
from cpretrain.images.plane_distance import plane_distance
from cpretrain.images.timelapse import NamedFrames
from cpretrain.images.valid_box import valid_box, valid_stack_box
from cpretrain.models.normalization import Levels, as_one_image, measure_levels
from cpretrain.runtime.spelling import option
from cpretrain.settings.crops import CropSettings

LEAST_HEIGHT = 32
"""Lowest height of a crop across the planes of a thin stack, in pixels."""


class _Section(NamedTuple):
    """A plane that crops can be drawn in."""

    frame: int
    plane: str
    at: int


def draw(movie: NamedFrames, settings: CropSettings) -> list[tuple[Crop, NDArray[Any]]]:
    """Draw frame, plane and corner of each crop; only positions that hold data are drawn.

    Frames are drawn without replacement as long as there are enough of them. Each image has its own generator, so that
    its crops do not depend on other images in the folder.

    Parameters
    ----------
    movie : NamedFrames
        The movie.
    settings : CropSettings
        Number, size, planes and seed of the crops.

    Returns
    -------
    list of (Crop, ndarray), shape (C, Y, X)
        Rows of the table, and the pixels of each crop without its border.

    Raises
    ------
    BadInput
        When no crop fits anywhere, or crops along z are asked for and there is one plane.
    """
    rng = np.random.default_rng([settings.seed, *hashlib.sha256(movie.path.name.encode()).digest()])
    source = _Source(movie, settings)
    candidates = _in_turn([_sections(movie, settings, plane) for plane in settings.planes], rng)
    drawn: list[tuple[Crop, NDArray[Any]]] = []
    while candidates and len(drawn) < settings.per_image:
        usable = []
        for one in candidates:
            crop = source.crop_in(one, rng)
            if crop is None:
                continue
            drawn.append(crop)
            usable.append(one)
            if len(drawn) == settings.per_image:
                break
        candidates = usable
    warn_of_not_finite(movie.path.name, source.bad, "0 in the crops")
    if not drawn:
        raise source.too_small()
    return drawn


class _Source:
    """The movie that crops are cut from, and what was found in it.

    Attributes
    ----------
    bad : dict of int to int
        Number of pixels that are not finite, by frame.
    """

    def __init__(self, movie: NamedFrames, settings: CropSettings) -> None:
        self.movie, self.settings = movie, settings
        self.in_3d = set(settings.planes) != {"xy"}
        if self.in_3d and movie.shape[1] == 1:
            raise BadInput(
                f"{movie.path}: has no stacks to cut along z",
                found="one plane",
                cure=f"leave {option('planes')} out for such images, or name the axes with {option('axes')}",
            )
        known = getattr(movie, "calibration", Calibration())
        given = settings.anisotropy
        self.distance = plane_distance(movie.path.name, known, given) if self.in_3d else 1.0
        self.bad: dict[int, int] = {}
        self._largest = (0, 0)
        self._of_frame: dict[int, Levels] = {}

    def crop_in(self, one: _Section, rng: np.random.Generator) -> tuple[Crop, NDArray[Any]] | None:
        """Draw a crop in a plane; None if it has too little data."""
        size, scale = self.settings.size, 1.0 if one.plane == "xy" else self.distance
        stack = self.movie.frame(one.frame)
        pixels, self.bad[one.frame] = finite(section(stack, one.plane, one.at))
        box = valid_box(pixels)
        there, width = (side.stop - side.start for side in box) if box else (0, 0)
        height = int(there * scale + 1e-9)
        self._largest = max(self._largest, (height, width))
        needed = size if one.plane == "xy" else min(size, LEAST_HEIGHT)
        if box is None or width < size or height < needed:
            return None
        height = min(height, size)
        spans = rows_shown(height, scale), size
        row, column = (
            int(rng.integers(side.start, side.stop - span + 1)) for side, span in zip(box, spans, strict=True)
        )
        corner = {
            "xy": (one.at, row, column),
            "xz": (row, one.at, column),
            "yz": (row, column, one.at),
        }[one.plane]
        view = View(one.plane, scale, height)
        crop = describe_crop(
            self.movie, (one.frame, *corner), self._levels(one, pixels, stack), self.settings, view
        )
        return crop, cut(pixels, crop)

    def _levels(self, one: _Section, pixels: NDArray[Any], stack: NDArray[Any]) -> Levels:
        """Return the grey values of the plane; of the whole stack if crops run along z, as for flows in 3D."""
        if not self.in_3d:
            return measure_levels(pixels)
        if one.frame not in self._of_frame:
            box = valid_stack_box(stack)
            assert box is not None  # a plane of it holds data
            inside = stack[(box[0], slice(None), *box[1:])]
            self._of_frame[one.frame] = measure_levels(as_one_image(inside))
        return self._of_frame[one.frame]

    def too_small(self) -> BadInput:
        """Return the error that no crop fits."""
        size = self.settings.size
        return BadInput(
            f"{self.movie.path}: too small for a crop",
            found=f"at most {self._largest[1]} × {self._largest[0]} pixels with data in a frame",
            expected=f"{size} × {size} pixels or more",
            cure=f"choose a smaller {option('size')}, or leave this image out",
        )


def _sections(movie: NamedFrames, settings: CropSettings, plane: str) -> list[_Section]:
    """List the planes of a kind that can be drawn: those with all channels present."""
    _, z, _, y, x = movie.shape
    frames = chosen_frames(movie, settings.frames_only)
    if plane == "xy":
        return [_Section(t, plane, at) for t in frames for at in range(z) if movie.is_complete(t, at)]
    whole = [t for t in frames if all(movie.is_complete(t, at) for at in range(z))]
    return [_Section(t, plane, at) for t in whole for at in range(y if plane == "xz" else x)]


def _in_turn(kinds: list[list[_Section]], rng: np.random.Generator) -> list[_Section]:
    """Shuffle the planes of each kind, and take one of each kind in turn; those of a shorter list come again."""
    for sections in kinds:
        rng.shuffle(sections)
    longest = max(map(len, kinds))
    return list(chain.from_iterable(zip(*(islice(cycle(one), longest) for one in kinds), strict=True)))
