"""Objects as read from a file of outlines, before it is decided which of them are cells."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cpretrain.errors import BadInput
from cpretrain.labels.outlines import Outline

_ONE = {
    "points": "point",
    "lines": "line",
    "outlines without area": "outline without area",
    "cells without a nucleus": "cell without a nucleus",
    "features without a geometry": "feature without a geometry",
    "TMA cores": "TMA core",
    "tiles": "tile",
    "text or image overlays": "text or image overlay",
    "ROIs of other kinds": "ROI of another kind",
}


@dataclass(frozen=True)
class Drawn:
    """One drawn object.

    Parameters
    ----------
    outline : Outline
        Its outline; for a cell whose nucleus is wanted, that of the nucleus.
    kind : str
        QuPath's object type: annotation, detection or cell.
    plane : str
        The plane that it lies in, as text; empty for a plain image.
    children : int
        Number of its child objects in the file.
    around : Outline, optional
        The cell that a nucleus lies in.
    """

    outline: Outline
    kind: str = "annotation"
    plane: str = ""
    children: int = 0
    around: Outline | None = None

    def whole(self) -> Outline:
        """Return its outline; for a nucleus, that of its cell."""
        return self.around or self.outline


def check_one_plane(path: str | os.PathLike, drawn: Iterable[Drawn]) -> None:
    """Check that all objects lie in one plane.

    Raises
    ------
    BadInput
        When they do not; it counts the objects in each plane.
    """
    planes = Counter(one.plane for one in drawn)
    if len(planes) > 1:
        raise BadInput(
            f"{path}: holds objects of several planes",
            found=", ".join(f"{count} at {plane or 'z=0, t=0'}" for plane, count in sorted(planes.items())),
            expected="objects of the one plane that is trained on",
            cure="export the objects of one plane at a time",
        )


def check_outlines(path: str | os.PathLike, drawn: Sequence[Drawn], skipped: Counter[str]) -> None:
    """Check that cells were not marked with points or lines only.

    Raises
    ------
    BadInput
        When nothing but such marks was found.
    """
    marks = {kind: count for kind, count in skipped.items() if kind in ("points", "lines") and count}
    if marks and not drawn:
        raise BadInput(
            f"{path}: holds no outlines",
            found=", ".join(f"{count} {kind}" for kind, count in marks.items()),
            expected="an outline around each object",
            cure="draw the outline of each object (points and lines have no area), or delete what is not an object",
        )


def left_out(skipped: Counter[str]) -> list[str]:
    """List what was left out because its kind is not an object; the kinds in `skipped` are in the plural."""
    return [
        f"{count} {_ONE.get(kind, kind) if count == 1 else kind} left out"
        for kind, count in sorted(skipped.items())
        if count
    ]
