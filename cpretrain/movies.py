"""The movies that a person means by a path: a file, a folder of them, an OME-Zarr, a pattern of single frames."""

from collections.abc import Sequence
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.frame_files import is_pattern
from cpretrain.tiff_movie import TiffMovie
from cpretrain.timelapse import TimeLapse, list_images
from cpretrain.zarr_movie import is_ome_zarr

OME_SUFFIXES = (".ome.tif", ".ome.tiff")


def list_movies(raw: Path) -> list[Path]:
    """List what `raw` stands for, each path to be opened by `TimeLapse`.

    Parameters
    ----------
    raw : pathlib.Path
        A TIFF, an OME-Zarr folder, a pattern of single-frame files, or a folder of TIFFs and OME-Zarrs. Of a
        multi-file OME-TIFF the first file stands for all.

    Raises
    ------
    BadInput
        When there is no movie.
    """
    if is_pattern(raw) or is_ome_zarr(raw):
        return [raw]
    stores = sorted(path for path in raw.iterdir() if is_ome_zarr(path)) if raw.is_dir() else []
    try:
        images = list_images(raw)
    except BadInput:
        if not stores:
            raise
        images = []
    return [*_one_of_each_set(images), *stores]


def folder_of(raw: Path) -> Path:
    """The folder that results go beside: of an OME-Zarr or a pattern the one it lies in, else `raw` itself."""
    return raw.parent if is_pattern(raw) or is_ome_zarr(raw) else raw


def corrected_name(movie: Path) -> str:
    """File name of the corrected movie, for example ``img.tif`` for the pattern ``img_*.tif``."""
    if is_ome_zarr(movie):
        name = movie.name.removesuffix(".zarr").removesuffix(".ome")
    elif is_pattern(movie):
        stem = movie.name.removesuffix(movie.suffix)
        name = stem.replace("*", "").replace("?", "").strip(" _-.") or movie.parent.resolve().name
    else:
        return movie.name
    return f"{name}.tif"


def chosen_frames(movie: TimeLapse, only: Sequence[int] | None) -> Sequence[int]:
    """List the frames of a movie that are wanted: those of `only` that it has, or all where that is None.

    Raises
    ------
    BadInput
        When it has none of them.
    """
    there = range(movie.shape[0])
    chosen = there if only is None else [t for t in only if t in there]
    if not chosen:
        raise BadInput(f"{movie.path}: has none of the frames {only}", found=f"frames 0 to {len(there) - 1}")
    return chosen


def _one_of_each_set(images: list[Path]) -> list[Path]:
    """Leave out the files that an earlier one already stands for."""
    kept: list[Path] = []
    known: set[Path] = set()
    for image in images:
        if image in known:
            continue
        kept.append(image)
        if len(images) > 1 and image.name.lower().endswith(OME_SUFFIXES):
            known.update(_set_of(image))
    return kept


def _set_of(image: Path) -> list[Path]:
    try:
        movie = TiffMovie(image)
    except BadInput:  # told when its turn comes
        return []
    movie.close()
    return movie.files
