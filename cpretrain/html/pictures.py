"""Pictures for self-contained pages: grey values as JPEG, outlines of objects as SVG paths."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

STRIPES, STRIPE_GREY = 9, 160
"""Distance of stripes across the rows in pixels, and their grey value; see `hatched`."""


def grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale grey values from their 1st to their 99.5th percentile, without padding, and brighten dark parts.

    Parameters
    ----------
    image : ndarray, shape (Y, X)
        Grey values of any type; NaN and infinity count as 0.

    Returns
    -------
    ndarray of uint8, shape (Y, X)
    """
    pixels = np.nan_to_num(image.astype(np.float32), posinf=0, neginf=0)
    inside = pixels[pixels != 0] if (pixels != 0).any() else pixels
    low, high = np.percentile(inside, (1, 99.5))
    return (255 * np.clip((pixels - low) / max(high - low, 1e-9), 0, 1) ** 0.6).astype(np.uint8)


def hatched(pixels: NDArray[np.uint8], area: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Cover an area of a picture with diagonal stripes, as a sign that it does not count.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (Y, X) or (Y, X, 3)
        Grey values or RGB.
    area : ndarray of bool, shape (Y, X)
        The pixels to cover.

    Returns
    -------
    ndarray of uint8, shape of `pixels`
    """
    rows, columns = np.indices(area.shape)
    stripes = area & ((rows + columns) % STRIPES < STRIPES // 3)
    covered = pixels.copy()
    covered[stripes] = covered[stripes] // 2 + STRIPE_GREY // 2
    return covered


def jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """Encode a picture as JPEG.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (Y, X) or (Y, X, 3)
        Grey values or RGB.
    """
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85, subsampling=0)
    return file.getvalue()


def as_text(data: bytes) -> str:
    """Encode bytes as base64, for a ``data:`` address."""
    return base64.b64encode(data).decode()


def outline_path(labels: NDArray[Any]) -> str:
    """Trace all objects along the edges of their pixels, as the ``d`` attribute of one SVG path.

    Parameters
    ----------
    labels : ndarray of int, shape (Y, X)
        Label image, 0 for background.

    Returns
    -------
    str
        Path in pixels, with the origin at the image's top left corner.
    """
    from cpretrain.labels.outlines import trace

    rings = (
        ring.astype(int) for outline in trace(labels) for polygon in outline.polygons for ring in polygon
    )
    return "".join(map(_ring, rings))


def _ring(corners: NDArray[np.int64]) -> str:
    sides = np.diff(corners[:-1], axis=0).tolist()
    steps = (f"h{right}" if right else f"v{down}" for right, down in sides)
    x, y = corners[0]
    return f"M{x} {y}{''.join(steps)}z"
