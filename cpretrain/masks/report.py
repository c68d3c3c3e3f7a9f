"""A self-contained page that shows every mask on its image, those to check first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.html.page import write_page
from cpretrain.html.pictures import as_text, grey, hatched, jpeg
from cpretrain.labels.resize import enlarge

EDGE = 320
"""Longest side of a picture, in pixels."""

MOST_PICTURES = 500
_OUTLINE = (255, 210, 0)
_SECOND_OUTLINE = (0, 220, 255)


@dataclass(frozen=True)
class Picture:
    """One pair on the page: names, facts, warnings, and the JPEG with the outlines."""

    file: str
    mask: str
    encoding: str
    facts: str
    warnings: tuple[str, ...]
    jpeg: bytes


def write_report(path: Path, pictures: Iterable[Picture], warnings: Sequence[str]) -> None:
    """Write the page: warnings for the folder, then every pair, those with warnings first.

    Parameters
    ----------
    path : pathlib.Path
        The HTML file.
    pictures : iterable of Picture
        The pairs; those beyond `MOST_PICTURES` are listed without their picture.
    warnings : sequence of str
        Warnings for the folder as a whole.
    """
    ordered = sorted(pictures, key=lambda picture: (not picture.warnings, picture.file))
    shown = [
        vars(picture) | {"data": as_text(picture.jpeg) if number < MOST_PICTURES else ""}
        for number, picture in enumerate(ordered)
    ]
    to_check = sum(bool(picture.warnings) for picture in ordered)
    write_page(path, "masks_report.html", pictures=shown, to_check=to_check, warnings=warnings)


def draw(image: NDArray[Any], labels: NDArray[Any], ignored: NDArray[np.bool_] | None = None) -> bytes:
    """Draw the outlines of all objects over an image, and stripes over its ignored pixels.

    Parameters
    ----------
    image : ndarray, shape (Y, X) or (C, Y, X)
        Grey values, shown from the 1st to the 99.5th percentile with dark parts brightened.
    labels : ndarray of int, shape (Y, X)
        0 is background.
    ignored : ndarray of bool, shape (Y, X), optional
        Ignored pixels.

    Returns
    -------
    bytes
        A JPEG of at most `EDGE` × `EDGE` pixels; small images are enlarged.
    """
    factor = EDGE / max(labels.shape)
    size = (max(1, round(labels.shape[0] * factor)), max(1, round(labels.shape[1] * factor)))
    shown = grey(enlarge(image.reshape(-1, *image.shape[-2:]).max(axis=0), size))
    colours = np.repeat(shown[..., None], 3, axis=2)
    if ignored is not None:
        colours = hatched(colours, enlarge(ignored, size))
    numbers = enlarge(labels, size)
    outlines = _outlines(numbers)
    colours[outlines] = np.array([_OUTLINE, _SECOND_OUTLINE], np.uint8)[numbers[outlines] % 2]
    return jpeg(colours)


def _outlines(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the pixels of objects next to a different label."""
    framed = np.pad(numbers, 1, mode="edge")
    neighbours = (framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:])
    return (numbers > 0) & np.logical_or.reduce([numbers != neighbour for neighbour in neighbours])
