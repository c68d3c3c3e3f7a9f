"""One page that shows every mask on its image, those to check first; the page needs no other file."""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.atomic import write_text
from cpretrain.qupath.mask_size import enlarge

EDGE = 320
"""Longest side of a picture, in pixels."""

MOST_PICTURES = 500
_OUTLINE = (255, 210, 0)
_SECOND_OUTLINE = (0, 220, 255)
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Masks to check</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body { font-family: system-ui, sans-serif; margin: 1.5rem; background: #fafafa; color: #222; }
h1 { font-size: 1.3rem; } ul.warnings { color: #8a4b00; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(340px, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .6rem; background: #fff; border: 1px solid #ddd; border-radius: 6px; }
figure.check { border: 2px solid #d97700; }
img { max-width: 100%; image-rendering: pixelated; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; } figcaption p { margin: .3rem 0; color: #8a4b00; }
</style></head><body>
<h1>{{ pictures|length }} masks on their images, {{ to_check }} to check</h1>
{% if warnings %}<ul class="warnings">{% for text in warnings %}<li>{{ text }}</li>{% endfor %}</ul>{% endif %}
<main>
{% for picture in pictures %}<figure{% if picture.warnings %} class="check"{% endif %}>
{% if picture.data %}<img alt="{{ picture.file }}" src="data:image/jpeg;base64,{{ picture.data }}">{% endif %}
<figcaption><strong>{{ picture.file }}</strong><br>from {{ picture.mask }} ({{ picture.encoding }})<br>
{{ picture.facts }}{% for text in picture.warnings %}<p>{{ text }}</p>{% endfor %}</figcaption>
</figure>
{% endfor %}</main></body></html>
"""


@dataclass(frozen=True)
class Picture:
    """One pair on the page: names, what is known of it, and the JPEG with the outlines."""

    file: str
    mask: str
    encoding: str
    facts: str
    warnings: tuple[str, ...]
    jpeg: bytes


def write_report(path: Path, pictures: Iterable[Picture], warnings: Sequence[str]) -> None:
    """Write the page: what counts for the folder, then every pair, those with warnings first.

    Parameters
    ----------
    path : pathlib.Path
        The HTML file.
    pictures : iterable of Picture
        The pairs; from `MOST_PICTURES` on without their picture.
    warnings : sequence of str
        What to check in the folder as a whole.
    """
    from jinja2 import Environment

    ordered = sorted(pictures, key=lambda picture: (not picture.warnings, picture.file))
    shown = [
        vars(picture) | {"data": base64.b64encode(picture.jpeg).decode() if number < MOST_PICTURES else ""}
        for number, picture in enumerate(ordered)
    ]
    page = Environment(autoescape=True).from_string(_PAGE)
    to_check = sum(bool(picture.warnings) for picture in ordered)
    write_text(path, page.render(pictures=shown, to_check=to_check, warnings=warnings))


def draw(image: NDArray[Any], labels: NDArray[Any]) -> bytes:
    """Draw the outlines of all objects over an image.

    Parameters
    ----------
    image : ndarray
        Axes y, x or channel, y, x; from its 1st to its 99.5th percentile, dark parts lifted.
    labels : ndarray
        Axes y, x; 0 is background.

    Returns
    -------
    bytes
        A JPEG of at most `EDGE` × `EDGE` pixels; small images are enlarged.
    """
    from PIL import Image

    factor = EDGE / max(labels.shape)
    size = (max(1, round(labels.shape[0] * factor)), max(1, round(labels.shape[1] * factor)))
    grey = _grey(enlarge(image.reshape(-1, *image.shape[-2:]).max(axis=0), size))
    colours = np.repeat(grey[..., None], 3, axis=2)
    numbers = enlarge(labels, size)
    outlines = _outlines(numbers)
    colours[outlines] = np.array([_OUTLINE, _SECOND_OUTLINE], np.uint8)[numbers[outlines] % 2]
    file = io.BytesIO()
    Image.fromarray(colours).save(file, "JPEG", quality=85, subsampling=0)
    return file.getvalue()


def _grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    pixels = np.nan_to_num(image.astype(np.float32), posinf=0, neginf=0)
    inside = pixels[pixels != 0] if (pixels != 0).any() else pixels
    low, high = np.percentile(inside, (1, 99.5))
    return (255 * np.clip((pixels - low) / max(high - low, 1e-9), 0, 1) ** 0.6).astype(np.uint8)


def _outlines(numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels of objects that have another neighbour."""
    framed = np.pad(numbers, 1, mode="edge")
    neighbours = (framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:])
    return (numbers > 0) & np.logical_or.reduce([numbers != neighbour for neighbour in neighbours])
