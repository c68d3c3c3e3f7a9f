"""Stitch the tiles into which QuPath's tile exporter cut an image's labels."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.dataset.reading import read_image
from cpretrain.errors import BadInput
from cpretrain.labels.label_image import LabelImage, pieces_of
from cpretrain.labels.pairing import Tile, tile_of
from cpretrain.labels.png_plane import is_png, read_png
from cpretrain.labels.resize import enlarge
from cpretrain.runtime.spelling import option


@dataclass(frozen=True)
class Stitched:
    """Ids of a whole image, the tile that each pixel came from (from 1; 0: none), and notes."""

    ids: NDArray[np.uint32]
    tile: NDArray[np.int32]
    notes: tuple[str, ...] = ()


def label_tiles(paths: Sequence[Path], image: Path) -> list[Path]:
    """Drop tiles of the image itself, which QuPath's exporter writes beside those of its labels.

    By default the two have the same name, with the endings .tif and .png. If two tiles have the same position, the one
    that shows the image is dropped; if that is unclear, the .png is taken.

    Raises
    ------
    BadInput
        When several tiles remain for one position.
    """
    places: dict[Tile, list[Path]] = {}
    for path in paths:
        places.setdefault(tile_of(path.name) or Tile(), []).append(path)
    pixels = read_image(image) if any(len(same) > 1 for same in places.values()) else None
    kept = []
    for place, same in places.items():
        labels = same
        if pixels is not None and len(same) > 1:
            labels = [path for path in same if not _shows(path, place, pixels)]
            labels = [path for path in labels if path.suffix.lower() == ".png"] or labels
        if len(labels) != 1:
            raise BadInput(
                f"{same[0].name}: is one of {len(same)} tiles at the same position",
                found=", ".join(path.name for path in same),
                expected="one tile of labels per position",
                cure="remove the tiles of the image from the folder",
            )
        kept += labels
    return kept


def _shows(path: Path, place: Tile, image: NDArray[Any]) -> bool:
    """Return whether a tile is a part of the image, ndarray, shape (C, Y, X), rather than of its labels."""
    try:
        tile = np.atleast_3d(read_png(path).pixels).transpose(2, 0, 1) if is_png(path) else read_image(path)
    except BadInput:  # reported when it is read as labels
        return False
    y, x = place.y or 0, place.x or 0
    part = image[:, y : y + tile.shape[1], x : x + tile.shape[2]]
    return part.shape == tile.shape and bool(tile.any()) and np.array_equal(part, tile)


def stitch(
    tiles: Sequence[tuple[str | os.PathLike, Tile, NDArray[np.integer]]],
    size: tuple[int, int],
    *,
    upsample: bool = False,
    strict: bool = False,
) -> Stitched:
    """Assemble tiles at the positions in their names.

    Parameters
    ----------
    tiles : sequence of (path, Tile, ndarray of int, shape (Y, X))
        File, position and ids of each tile.
    size : tuple of int
        Height and width of the whole image in pixels.
    upsample : bool
        Enlarge tiles of a lower resolution by nearest neighbour.
    strict : bool
        Refuse tiles that leave parts of the image uncovered.

    Raises
    ------
    BadInput
        When a tile does not have the size or position in its name, or overlapping tiles differ.
    """
    ids, tile = np.zeros(size, np.uint32), np.zeros(size, np.int32)
    for number, (path, place, pixels) in enumerate(tiles, 1):
        full = _full_resolution(path, place, pixels, upsample)
        y, x = place.y or 0, place.x or 0
        full = _inside(path, full, y, x, size)
        window = (slice(y, y + full.shape[0]), slice(x, x + full.shape[1]))
        shared = tile[window] > 0
        if (ids[window][shared] != full[shared]).any():
            raise BadInput(
                f"{path}: differs from another tile where the two overlap",
                expected="the same number for an object in all tiles",
                cure="export all tiles with one LabeledImageServer, in one run",
            )
        ids[window], tile[window] = full, number
    share = (tile > 0).mean()
    if share < 1 and strict:
        raise BadInput(
            f"{tiles[0][0]}: the tiles do not cover the image",
            found=f"{share:.0%} of it",
            cure=f"export all tiles, without .annotatedTilesOnly(true), or leave {option('strict', True)} out",
        )
    open_part = (f"tiles cover {share:.0%} of the image; the rest counts as background",) if share < 1 else ()
    notes = [f"put together from {len(tiles)} tiles"] if len(tiles) > 1 else []
    factors = sorted({place.downsample for _, place, _ in tiles if place.downsample != 1})
    notes += [f"enlarged {factor:g} times by nearest neighbour" for factor in factors]
    return Stitched(ids, tile, (*notes, *open_part))


def check_numbering(path: str | os.PathLike, image: LabelImage, tile: NDArray[np.int32]) -> None:
    """Refuse tiles that were numbered independently, which would merge different objects.

    If tiles share their numbering, an object in two of them continues across the seam.

    Parameters
    ----------
    path : path-like
        A tile, for errors.
    image : LabelImage
        The assembled labels.
    tile : ndarray of int32, shape (Y, X)
        The tile that each pixel came from.

    Raises
    ------
    BadInput
        When most numbers that occur in several tiles do not continue across a seam.
    """
    pieces, owner = pieces_of(image.labels)
    inside = image.labels > 0
    of_object = np.unique(np.stack([image.labels[inside].astype(np.int64), tile[inside]]), axis=1)[0]
    of_piece = np.unique(np.stack([pieces[inside].astype(np.int64), tile[inside]]), axis=1)[0]
    shared = np.flatnonzero(np.bincount(of_object) > 1)
    across = np.unique(owner[np.flatnonzero(np.bincount(of_piece) > 1) - 1])
    apart = np.setdiff1d(shared, across)
    if 2 * len(apart) > len(shared):
        raise BadInput(
            f"{path}: its tiles seem to be numbered separately",
            found=f"{len(apart)} of {len(shared)} numbers occur in several tiles without touching",
            expected="one number per object, the same in all tiles",
            cure="export all tiles with one LabeledImageServer, in one run",
        )


def _full_resolution(
    path: str | os.PathLike, place: Tile, pixels: NDArray[np.integer], upsample: bool
) -> NDArray[np.integer]:
    if place.z or place.t:
        raise BadInput(
            f"{path}: lies in plane z={place.z}, t={place.t}",
            expected="the one plane that is trained on, z=0, t=0",
            cure="export the tiles of one plane, under the name of that plane's image",
        )
    height = place.height if place.height is not None else round(pixels.shape[0] * place.downsample)
    width = place.width if place.width is not None else round(pixels.shape[1] * place.downsample)
    slack = 0 if place.downsample == 1 else 1
    expected = (height / place.downsample, width / place.downsample)
    if any(abs(have - want) > slack for have, want in zip(pixels.shape, expected, strict=True)):
        raise BadInput(
            f"{path}: differs in size from what its name says",
            found=f"{pixels.shape[0]} × {pixels.shape[1]} (height × width)",
            expected=f"{expected[0]:g} × {expected[1]:g}",
            cure="export it again, or correct its name",
        )
    if place.downsample != 1 and not upsample:
        raise BadInput(
            f"{path}: was exported at a lower resolution",
            found=f"a downsample of {place.downsample:g}",
            expected="full resolution",
            cure=f"use .downsample(1) in the export script; or enlarge it with {option('upsample', True)}",
        )
    return pixels if pixels.shape == (height, width) else enlarge(pixels, (height, width))


def _inside(
    path: str | os.PathLike, pixels: NDArray[np.integer], y: int, x: int, size: tuple[int, int]
) -> NDArray[np.integer]:
    """Cut off the part beyond the image if nothing was drawn there."""
    kept = pixels[: max(0, size[0] - y), : max(0, size[1] - x)]
    if y < 0 or x < 0 or not kept.size or np.count_nonzero(kept) < np.count_nonzero(pixels):
        raise BadInput(
            f"{path}: lies beyond the image",
            found=f"x from {x} to {x + pixels.shape[1]}, y from {y} to {y + pixels.shape[0]}",
            expected=f"inside {size[1]} × {size[0]} pixels (width × height)",
            cure="these are the tiles of another image: check the names",
        )
    return kept
