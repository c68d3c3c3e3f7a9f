"""The area of an image that was not drawn: what its outlines of class ``Ignore*`` and ``Region*`` say about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.labels.drawn import Drawn
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.outlines import filled_by
from cpretrain.labels.regions import Frame, is_of_class
from cpretrain.runtime.spelling import option
from cpretrain.runtime.wording import counted
from cpretrain.settings.masks import MaskSettings

IGNORE, REGION = "ignore", "region"

NO_REGION = "no region of class Region*: taken as drawn completely"
"""Note on an image without a region if what lies outside regions is to be ignored."""


@dataclass(frozen=True)
class UnknownArea:
    """Outlines around what is to be ignored, and around what was drawn completely (only if asked for).

    Parameters
    ----------
    ignored, regions : tuple of Drawn
        The outlines of either kind.
    outside : bool
        Ignore what lies outside all regions and was not drawn.
    """

    ignored: tuple[Drawn, ...]
    regions: tuple[Drawn, ...]
    outside: bool

    def without(self, drawn: Sequence[Drawn]) -> list[Drawn]:
        """Return the other objects, in order."""
        taken = {id(one) for one in (*self.ignored, *self.regions)}
        return [one for one in drawn if id(one) not in taken]

    def marked_in(self, image: LabelImage, frame: Frame) -> LabelImage:
        """Return the image with its ignored pixels, and a note on them; the border is never ignored."""
        if self.outside and not self.regions:
            image = image.with_notes([NO_REGION])
        if not (self.ignored or self.regions):
            return image
        size = frame.height, frame.width
        marked = _filled(self.ignored, size)
        if self.regions:
            marked |= ~_filled(self.regions, size) & (image.labels == 0)
        if frame.border:
            inside = np.zeros(size, bool)
            inside[frame.border : -frame.border, frame.border : -frame.border] = True
            marked &= inside
        return replace(image, ignored=marked).with_notes([self._told()])

    def _told(self) -> str:
        parts = [counted(len(self.ignored), "area of class Ignore*", "areas of class Ignore*")]
        if self.regions:
            parts.append(f"what lies outside {counted(len(self.regions), 'region')}")
        return "ignored: " + " and ".join(parts[0 if self.ignored else 1 :])


def unknown_area(drawn: Sequence[Drawn], settings: MaskSettings) -> UnknownArea:
    """Find the outlines that mark what is not drawn.

    Parameters
    ----------
    drawn : sequence of Drawn
        All objects in the file.
    settings : MaskSettings
        ``undrawn`` says whether regions matter; classes that are named in ``classes`` are cells.
    """
    outside = settings.undrawn == "ignore"
    return UnknownArea(
        tuple(one for one in drawn if is_of_class(one, IGNORE, settings.classes)),
        tuple(one for one in drawn if outside and is_of_class(one, REGION, settings.classes)),
        outside,
    )


def check_regions_can_be_known(path: object, settings: MaskSettings) -> None:
    """Refuse to ignore what lies outside regions in a label image, which has none.

    Raises
    ------
    BadInput
        When that is asked for.
    """
    if settings.undrawn == "ignore":
        raise BadInput(
            f"{path}: a label image has no regions outside of which pixels could be ignored",
            cure="export GeoJSON from QuPath with the regions of class Region*, or mark the ignored pixels in a file "
            f"NAME_ignore.tif and leave {option('undrawn', 'ignore')} out",
        )


def _filled(areas: Sequence[Drawn], size: tuple[int, int]) -> NDArray[np.bool_]:
    filled = np.zeros(size, bool)
    for one in areas:
        filled |= filled_by(one.outline, size)
    return filled
