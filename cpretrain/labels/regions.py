"""Distinguish drawn cells from objects that mark a region, a spot in a cell, or the whole image.

Everything left out is reported, with what it was taken for.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpretrain.labels.drawn import Drawn
from cpretrain.labels.outlines import Outline, area_of, filled_by
from cpretrain.runtime.wording import counted
from cpretrain.settings.masks import MaskSettings

REGION_CLASSES = ("training", "validation", "region", "ignore", "roi")
PERHAPS_REGIONS = ("train", "val", "test", "testing")
"""Classes that mark a region if the object is a rectangle; cells have such classes too."""

_RECTANGLE_OF_IMAGE, _SHAPE_OF_IMAGE = 0.9, 0.99
"""Share of the image above which a rectangle, or any other shape, marks the image itself."""


@dataclass(frozen=True)
class Frame:
    """Size of an image in pixels, and the width of the edge of zeros around it."""

    height: int
    width: int
    border: int = 0


def cells_of(drawn: Sequence[Drawn], frame: Frame, settings: MaskSettings) -> tuple[list[Drawn], list[str]]:
    """Choose the cells of an image.

    Parameters
    ----------
    drawn : sequence of Drawn
        All objects in the file.
    frame : Frame
        The image.
    settings : MaskSettings
        ``take`` and ``classes`` select; classes named there are taken even if they usually mark regions.

    Returns
    -------
    list of Drawn
        The cells, in the order of the file.
    list of str
        Notes on what was left out.
    """
    notes = []
    steps: tuple[Callable[[Sequence[Drawn]], tuple[set[int], str]], ...] = (
        lambda left: _of_other_type(left, settings.take),
        lambda left: _of_other_class(left, settings.classes),
        _drawn_twice,
        lambda left: _whole_image(left, frame),
        _holders,
        _spots,
    )
    left = list(drawn)
    for step in steps:
        out, note = step(left)
        if out:
            notes.append(note)
            left = [one for index, one in enumerate(left) if index not in out]
    return left, notes


def is_rectangle(outline: Outline) -> bool:
    """Return whether an outline is a single rectangle with sides along x and y, with any number of corners."""
    if len(outline.polygons) != 1 or len(outline.polygons[0]) != 1:
        return False
    left, top, right, bottom = outline.bounds()
    box = (right - left) * (bottom - top)
    return bool(np.isclose(area_of(outline.polygons[0][0]), box, rtol=1e-6))


def selected(class_name: str, classes: Sequence[str]) -> bool:
    """Return whether a class, or a part of a derived one (``Tumor: Positive``), is among `classes`."""
    parts = {*_parts(class_name), class_name.lower()}
    return any(wanted.lower() in parts for wanted in classes)


def is_of_class(one: Drawn, kind: str, classes: Sequence[str]) -> bool:
    """Return whether an object is of a class like ``Ignore*``, with or without the asterisk, and not taken as a cell.

    Parameters
    ----------
    one : Drawn
        The object.
    kind : str
        The class in lower case, without the asterisk.
    classes : sequence of str
        Classes of cells that were named by the user.
    """
    name = one.outline.class_name
    return any(part.rstrip("*") == kind for part in _parts(name)) and not selected(name, classes)


def _parts(class_name: str) -> list[str]:
    return [part.strip().lower() for part in class_name.split(":")]


def _of_other_type(drawn: Sequence[Drawn], take: str) -> tuple[set[int], str]:
    out = {index for index, one in enumerate(drawn) if take not in ("all", f"{one.kind}s")}
    kinds = Counter(drawn[index].kind for index in out)
    listed = ", ".join(counted(count, kind) for kind, count in sorted(kinds.items()))
    return out, f"left out by type: {listed}"


def _of_other_class(drawn: Sequence[Drawn], classes: Sequence[str]) -> tuple[set[int], str]:
    if classes:
        out = {index for index, one in enumerate(drawn) if not selected(one.outline.class_name, classes)}
        names = Counter(drawn[index].outline.class_name or "no class" for index in out)
        listed = ", ".join(f"{count} {name}" for name, count in sorted(names.items()))
        return out, f"left out by class: {listed}"
    out = {index for index, one in enumerate(drawn) if _marks_region(one)}
    names = Counter(drawn[index].outline.class_name for index in out)
    listed = ", ".join(f"{count} of class {name}" for name, count in sorted(names.items()))
    return out, f"{counted(len(out), 'region')} left out: {listed}"


def _marks_region(one: Drawn) -> bool:
    """Return whether its class marks a region: by a trailing asterisk, as in QuPath, or by a usual name."""
    parts = _parts(one.outline.class_name)
    if parts[-1].endswith("*"):
        return True
    if any(part.rstrip("*") in REGION_CLASSES for part in parts):
        return True
    return any(part in PERHAPS_REGIONS for part in parts) and is_rectangle(one.outline)


def _drawn_twice(drawn: Sequence[Drawn]) -> tuple[set[int], str]:
    """Find outlines that are identical to a later one, the result of importing a file twice."""
    places = [_corners(one) for one in drawn]
    last = {place: index for index, place in enumerate(places)}
    out = {index for index, place in enumerate(places) if last[place] != index}
    return out, f"{counted(len(out), 'object')} drawn twice in the same place: taken once"


def _corners(one: Drawn) -> tuple[str, bytes]:
    return one.plane, b"|".join(ring.tobytes() for polygon in one.outline.polygons for ring in polygon)


def _whole_image(drawn: Sequence[Drawn], frame: Frame) -> tuple[set[int], str]:
    out = {index for index, one in enumerate(drawn) if _covers(one.outline, frame)}
    return out, f"{counted(len(out), 'annotation')} of the whole image left out"


def _covers(outline: Outline, frame: Frame) -> bool:
    """Return whether an outline, its holes filled, encloses the whole image."""
    outer = max((polygon[0] for polygon in outline.polygons), key=area_of)
    filled = Outline([[outer]])
    low, high = frame.border, (frame.width - frame.border, frame.height - frame.border)
    left, top, right, bottom = filled.bounds()
    width, height = min(right, high[0]) - max(left, low), min(bottom, high[1]) - max(top, low)
    whole = (high[0] - low) * (high[1] - low)
    if width <= 0 or height <= 0 or width * height < _RECTANGLE_OF_IMAGE * whole:
        return False
    if is_rectangle(filled):
        return True
    if width * height < _SHAPE_OF_IMAGE * whole:
        return False
    inside = filled_by(filled, (frame.height, frame.width))[low : high[1], low : high[0]]
    return bool(inside.mean() >= _SHAPE_OF_IMAGE)


def _holders(drawn: Sequence[Drawn]) -> tuple[set[int], str]:
    """Find objects that were drawn around others to mark their region."""
    places = _Places(drawn)
    detected = np.array([one.kind != "annotation" for one in drawn])
    classed = np.array([bool(one.outline.class_name) for one in drawn])
    out = set()
    for index, one in enumerate(drawn):
        held = places.inside(index) if one.kind == "annotation" else ()
        if one.children > 1 or (
            len(held) > 1
            and (
                is_rectangle(one.outline)
                or detected[held].sum() > 1
                or (not classed[index] and classed[held].all())
            )
        ):
            out.add(index)
    return out, f"{counted(len(out), 'region')} around other objects left out"


def _spots(drawn: Sequence[Drawn]) -> tuple[set[int], str]:
    """Find detections inside cells: spots from QuPath's subcellular detection."""
    cells = [index for index, one in enumerate(drawn) if one.kind == "cell"]
    if len(cells) == len(drawn):
        return set(), ""
    places = _Places(drawn)
    inside = {int(held) for index in cells for held in places.inside(index)}
    out = {index for index in inside if drawn[index].kind == "detection"}
    return out, f"{counted(len(out), 'detection')} inside cells left out"


class _Places:
    """Spatial index that finds the smaller objects whose centre lies inside a given one."""

    def __init__(self, drawn: Sequence[Drawn]) -> None:
        self.outlines = [one.whole() for one in drawn]
        self.bounds = np.array([outline.bounds() for outline in self.outlines]).reshape(-1, 4)
        self.areas = (self.bounds[:, 2:] - self.bounds[:, :2]).prod(axis=1)
        self.centres = (self.bounds[:, :2] + self.bounds[:, 2:]) / 2
        self.by_x = np.argsort(self.centres[:, 0], kind="stable")
        self.x = self.centres[self.by_x, 0]

    def inside(self, index: int) -> NDArray[np.intp]:
        """Return the indices of the objects inside the given one."""
        left, top, right, bottom = self.bounds[index]
        near = self.by_x[np.searchsorted(self.x, left, "right") : np.searchsorted(self.x, right)]
        y = self.centres[near, 1]
        near = near[(y > top) & (y < bottom) & (self.areas[near] < self.areas[index])]
        return near[self.outlines[index].surrounds(self.centres[near])] if len(near) else near
