"""The images of an OME-Zarr that holds several: series of bioformats2raw, and the fields of the wells of a plate."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from cpretrain.errors import DamagedFile
from cpretrain.images.positions import positions_of
from cpretrain.storage.json_file import read_json

MOST = 100_000
"""Limit for the number of images in a store; a plate of 1536 wells with 64 fields has fewer."""
STORE_SUFFIX = ".ome.zarr"
METADATA = (".zattrs", "zarr.json")
_IN_STORE = re.compile(r"(?P<store>.+\.zarr)#(?P<row>[^#/]*[^#/0-9][^#/]*)", re.IGNORECASE)

_HELD = re.compile(r"(?:.*/)?(?P<holder>[^/]+\.zarr(?:/[^/]+)*)/[^/]+", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class StoredImage:
    """An image in a store.

    Parameters
    ----------
    folder : pathlib.Path
        Group of the image.
    place : int
        Index of the image in its group, from 0; nearly all groups have one image.
    """

    folder: Path
    place: int = 0


def is_ome_zarr(path: Path) -> bool:
    """Return whether a path is a folder whose name ends in ``.zarr`` or that holds the metadata of a Zarr group."""
    holds = any((path / name).is_file() for name in (".zgroup", ".zattrs", "zarr.json"))
    return path.is_dir() and (path.suffix.lower() == ".zarr" or holds)


def in_store(path: Path) -> Path:
    """Read ``plate.zarr#A/1/0`` as the field ``plate.zarr/A/1/0``; return other paths unchanged."""
    for place, part in enumerate(path.parts):
        named = _IN_STORE.fullmatch(part)
        if named and not Path(*path.parts[: place + 1]).exists():
            return Path(*path.parts[:place], named["store"], named["row"], *path.parts[place + 1 :])
    return path


def holder_in_name(name: str) -> str:
    """Return what holds an image with others by its name: ``plate.zarr/A/1`` for the field ``raw/plate.zarr/A/1/0``.

    Of an image directly in a store that is the store; of other names it is empty. Fields of a well show one sample,
    other wells another one.
    """
    held = _HELD.fullmatch(name)
    return held["holder"] if held else ""


def movies_in(store: Path) -> list[Path]:
    """List the images of a store as paths of separate movies for `TimeLapse`.

    Returns
    -------
    list of pathlib.Path
        The fields of a plate by their wells, ``plate.zarr/A/1/0``; other images by their number, ``exp.zarr#3``; the
        store itself if it holds one image, or cannot be read (opening it then raises `DamagedFile`).
    """
    try:
        images = images_in(store)
        in_wells = "plate" in _stated(store) or "well" in _stated(store)
    except DamagedFile:
        return [store]
    return [image.folder for image in images] if in_wells else positions_of(store, len(images))


def images_in(store: Path) -> list[StoredImage]:
    """List the images of a store in the order of its metadata.

    Raises
    ------
    DamagedFile
        If it holds none, or its metadata are invalid.
    """
    try:
        found = list(_images(store))
        if not found:
            raise KeyError("multiscales")
    except Exception as error:  # JSON from elsewhere may hold anything in place of a list
        raise DamagedFile(
            store,
            error,
            problem="cannot be read as an OME-Zarr",
            expected="a folder with multiscales and their axes in .zattrs or zarr.json",
            cure="choose the folder of one image in it, or take it out of the folder",
        ) from error
    return found


def _images(store: Path) -> Iterator[StoredImage]:
    stated = _stated(store)
    if "multiscales" in stated:
        yield from (StoredImage(store, place) for place in range(_counted(stated["multiscales"])))
    elif "plate" in stated:
        wells = stated["plate"]["wells"]
        _counted(wells)
        for number, field in enumerate(
            field for well in wells for field in _fields(_below(store, well["path"]))
        ):
            _check(number)
            yield field
    elif "well" in stated:
        yield from _fields(store)
    elif "bioformats2raw.layout" in stated:
        yield from (StoredImage(_below(store, name)) for name in _series(store))


def _fields(well: Path) -> Iterator[StoredImage]:
    fields = _stated(well)["well"]["images"]
    _counted(fields)
    yield from (StoredImage(_below(well, field["path"])) for field in fields)


def _series(store: Path) -> list[str]:
    """Return the names of the series: those that the group OME lists, otherwise the numbered groups present."""
    try:
        listed = _stated(store / "OME")["series"]
    except (OSError, KeyError):
        listed = []
        while is_ome_zarr(store / str(len(listed))):
            listed.append(str(len(listed)))
    _counted(listed)
    return [str(name) for name in listed]


def _stated(group: Path) -> dict[str, Any]:
    """Return the OME metadata of a group in version 0.4 or 0.5; ``bioformats2raw.layout`` can be in either place."""
    for name in METADATA:
        if (group / name).is_file():
            facts = read_json(group / name)
            attributes = facts.get("attributes", {}) if name == "zarr.json" else facts
            return {**attributes, **attributes.get("ome", {})}
    raise FileNotFoundError(f"{group.name}: neither .zattrs nor zarr.json")


def _below(folder: Path, name: Any) -> Path:
    """Join a name from the metadata of a store; names that lead out of the store are refused."""
    way = PurePosixPath(str(name))
    if way.is_absolute() or ".." in way.parts or "\\" in str(name) or ":" in str(name) or not way.parts:
        raise ValueError(f"{name!r} is no name of an image in the store")
    return folder / way


def _counted(listed: Any) -> int:
    """Return the length of a list in the metadata.

    Raises
    ------
    TypeError
        If it is no list.
    ValueError
        If it is longer than `MOST`.
    """
    if not isinstance(listed, list):
        raise TypeError(f"{type(listed).__name__} in place of a list")
    _check(len(listed))
    return len(listed)


def _check(number: int) -> None:
    if number > MOST:
        raise ValueError(f"more than {MOST} images are stated")
