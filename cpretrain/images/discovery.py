"""Find the movies that a path stands for: a file, a folder of files, an OME-Zarr, or a pattern of single frames."""

import os
from collections.abc import Sequence
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images import formats
from cpretrain.images.formats import format_of
from cpretrain.images.image_sequence import is_pattern
from cpretrain.images.micromanager_folder import image_folders, is_image_folder
from cpretrain.images.ome_zarr_positions import STORE_SUFFIX, in_store, is_ome_zarr, movies_in
from cpretrain.images.positions import file_of, position, positions_of, result_stem
from cpretrain.images.tiff.micromanager import recorded_by
from cpretrain.images.tiff.movie import TiffMovie
from cpretrain.images.tiff.open_file import open_tiff
from cpretrain.images.timelapse import NamedFrames, TimeLapse, reader_of
from cpretrain.runtime.log_silence import silent
from cpretrain.settings.base import Conversion, Format

OME_SUFFIXES = (".ome.tif", ".ome.tiff")


def list_movies(raw: Path) -> list[Path]:
    """List the movies that `raw` stands for, each a path that `TimeLapse` opens.

    Parameters
    ----------
    raw : pathlib.Path
        A file of a movie, an OME-Zarr folder, a pattern of single-frame files, or a folder of files and OME-Zarrs. The
        first file of a multi-file OME-TIFF stands for all. Each position in a file is a separate movie; a number
        names a single one: ``exp.nd2#3``.

    Raises
    ------
    BadInput
        When there is no movie.
    """
    raw = in_store(raw)
    if is_pattern(raw) or position(raw) or is_image_folder(raw):
        return [raw]
    if is_ome_zarr(raw):
        return movies_in(raw)
    stores = sorted(path for path in raw.iterdir() if is_ome_zarr(path)) if raw.is_dir() else []
    folders, inner = (image_folders(raw), _recordings_below(raw)) if raw.is_dir() else ([], [])
    try:
        more = formats.listed_suffixes(raw) if raw.is_dir() else ()
        files = [*list_images(raw, (*SUFFIXES, *more)), *inner]
    except BadInput:
        if not (stores or folders or inner):
            raise
        files = inner
    movies = [movie for file in _one_of_each_set(files) for movie in positions_of(file, _positions(file))]
    return [*movies, *(movie for store in stores for movie in movies_in(store)), *folders]


def _recordings_below(raw: Path) -> list[Path]:
    """List the files of Micro-Manager's recordings in subfolders."""
    folders = [path for path in sorted(raw.iterdir()) if path.is_dir() and not path.name.startswith(".")]
    return [
        file
        for folder in folders
        for file in sorted(folder.iterdir())
        if file.suffix.lower() in SUFFIXES and not file.name.startswith(".") and recorded_by(file) is not None
    ]


def _positions(file: Path) -> int:
    """Return the number of positions in a file; 1 if it cannot be determined yet."""
    if format_of(file) is None and not _may_hold_several(file):
        return 1
    try:
        movie = reader_of(file)(file, None)
    except BadInput:  # reported when its turn comes
        return 1
    movie.close()
    return movie.images


def _may_hold_several(tiff: Path) -> bool:
    """Return whether a TIFF is of a kind that may hold several images, judged by its first page."""
    try:
        with silent("tifffile"), open_tiff(tiff, check=None) as file:
            return recorded_by(tiff) is not None or file.is_ome or file.is_shaped or file.is_lsm
    except Exception:  # a damaged file can raise nearly anything; reported when its turn comes
        return False


def folder_of(raw: Path) -> Path:
    """Return the folder beside which results go: the parent of an OME-Zarr or a pattern, else `raw` itself."""
    file = file_of(in_store(raw))
    if is_ome_zarr(file):
        return file.resolve().parents[len(_parts_in_store(file)) - 1]
    return raw.parent if is_pattern(raw) else file


def corrected_name(movie: Path) -> str:
    """Return the corrected movie's file name: ``img.tif`` for ``img_*.tif``, ``exp_p3.tif`` for ``exp.nd2#3``."""
    name, number = _corrected_name(file_of(movie)), position(movie)
    length = next(
        len(end) for end in (*OME_SUFFIXES, Path(name).suffix) if name.lower().endswith(end.lower())
    )
    return result_stem(name[: len(name) - length], number) + name[len(name) - length :]


def _corrected_name(movie: Path) -> str:
    if is_image_folder(movie):
        name = "_".join(_parts_of_position(movie))
    elif is_ome_zarr(movie):
        name = "_".join(part.removesuffix(".zarr").removesuffix(".ome") for part in _parts_in_store(movie))
    elif is_pattern(movie):
        stem = movie.name.removesuffix(movie.suffix)
        name = stem.replace("*", "").replace("?", "").strip(" _-.") or movie.parent.resolve().name
    elif movie.suffix.lower() in (*OTHER_SUFFIXES, *formats.SUFFIXES):
        name = movie.stem.removesuffix(".ome")
    else:
        return movie.name
    return f"{name}.tif"


def name_in_format(name: str, format: Format) -> str:
    """Return the file name of a result in another format, for example ``img.ome.zarr`` for ``img.tif``."""
    if format == "tiff":
        return name
    return f"{Path(name).stem.removesuffix('.ome')}{STORE_SUFFIX}"


def source_name(movie: Path) -> str:
    """Return a movie's name in tables: its file name; for an image in an OME-Zarr, with the name of the store."""
    if is_image_folder(movie):
        return "/".join(_parts_of_position(movie))
    return "/".join(_parts_in_store(movie)) if is_ome_zarr(movie) else movie.name


def _parts_of_position(folder: Path) -> list[str]:
    """Return the names of a recording's folder and of the folder of a position in it."""
    return list(folder.resolve().parts[-2:])


def _parts_in_store(store: Path) -> list[str]:
    """Return the names of an OME-Zarr and of the store around it, for example ``["day1.zarr", "0"]``."""
    full = store.resolve()
    outer = [folder for folder in (full, *full.parents) if folder.suffix.lower() == ".zarr"]
    return [*full.relative_to(outer[-1].parent).parts] if outer else [full.name]


def chosen_frames(movie: NamedFrames, only: Sequence[int] | None) -> Sequence[int]:
    """List the requested frames of a movie: those in `only` that it has, or all if that is None.

    Parameters
    ----------
    movie : NamedFrames
        The movie.
    only : sequence of int or None
        Frame numbers, from 0.

    Raises
    ------
    BadInput
        When the movie has none of them.
    """
    there = range(movie.shape[0])
    chosen = there if only is None else [t for t in only if t in there]
    if not chosen:
        raise BadInput(f"{movie.path}: has none of the frames {only}", found=f"frames 0 to {len(there) - 1}")
    return chosen


def _one_of_each_set(images: list[Path]) -> list[Path]:
    """Drop files that belong to the movie of an earlier file."""
    kept: list[Path] = []
    known: set[Path] = set()
    for image in images:
        if image in known:
            continue
        kept.append(image)
        if len(images) > 1 and _may_have_others(image):
            known.update(_set_of(image))
    return kept


def _may_have_others(image: Path) -> bool:
    return image.name.lower().endswith(OME_SUFFIXES) or recorded_by(image) is not None


def _set_of(image: Path) -> list[Path]:
    try:
        movie = TiffMovie(image)
    except BadInput:  # reported when its turn comes
        return []
    movie.close()
    return movie.files


def beside(chosen: Path, name: str) -> Path:
    """Return the path of a folder `name` beside the chosen folder (or beside the folder of the chosen file)."""
    folder = file_of(chosen).resolve()
    return (folder.parent if folder.is_file() else folder).parent / name


def files_of(
    movies: Sequence[Path], axes: str | None = None, convert: Conversion | None = None
) -> list[Path]:
    """List all files of some movies; a movie that cannot be opened is listed itself."""
    files: list[Path] = []
    for path in movies:
        try:
            with TimeLapse(path, axes, convert) as movie:
                files += movie.files
        except BadInput:  # reported when its turn comes
            files.append(path)
    return list(dict.fromkeys(files))


def check_names(files: list[Path]) -> None:
    """Check that no two movies would have results with the same name.

    Raises
    ------
    BadInput
        When two would; the error names both.
    """
    of_name: dict[str, Path] = {}
    for path in files:
        other = of_name.setdefault(Path(corrected_name(path)).stem, path)
        if other != path:
            raise BadInput(
                f"{path}: its results would have the same names as those of {other.name}",
                cure="rename one of them, or put it into another folder",
            )


OTHER_SUFFIXES = (".stk", ".lsm", ".tf2", ".tf8", ".btf")
"""Other endings of TIFF files: of MetaMorph, of Zeiss, and for more than 4 GB."""
SUFFIXES = (".tif", ".tiff", *OTHER_SUFFIXES)


def list_images(path: str | os.PathLike, suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """List the TIFF files of a folder, sorted by name, or return the one file named.

    Parameters
    ----------
    path : path-like
        A file, or a folder. Hidden files and subfolders are ignored.
    suffixes : tuple of str
        Endings of files that count, in lower case.

    Returns
    -------
    list of pathlib.Path
        At least one file.

    Raises
    ------
    BadInput
        When there is no such path, or no image in it.
    """
    given = Path(path)
    if given.is_file():
        return [given]
    if not given.is_dir():
        raise BadInput(f"{given}: no such file or folder")
    files = sorted(
        file
        for file in given.iterdir()
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    )
    if not files:
        others = sorted(file.name for file in given.iterdir() if not file.name.startswith("."))
        raise BadInput(
            f"{given}: no images in this folder",
            found=", ".join(others[:5]) + (" …" if len(others) > 5 else "") if others else "an empty folder",
            expected="files ending in " + ", ".join(suffixes),
        )
    return files
