"""Refuse an OME-XML header with excessive counts, or with files in other folders, before tifffile acts on it.

tifffile allocates a list as long as the stated number of planes, and opens every file that the header names.
"""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from xml.etree import ElementTree

from cpretrain.errors import DamagedFile
from cpretrain.images.tiff.ifd_chain import MOST_PAGES, check_directories

_COUNTS = ("IFD", "NumPlanes", "PlaneCount", "FirstT", "FirstC", "FirstZ", "SizeT", "SizeC", "SizeZ")


def check_ome(path: str | os.PathLike, text: str) -> None:
    """Check that an OME-TIFF's header is plausible, and so are the directories of files that it names.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    text : str
        The header; text that is not XML is left to tifffile, which then takes the pages as they are.

    Raises
    ------
    BadInput
        When it defines entities, which OME-XML does not use but XML bombs do; has counts beyond those of any movie;
        names files in other folders; or names files whose directories form a loop.
    """
    refuse_entities(path, text)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return
    names = set[str]()
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        if kind in ("Pixels", "TiffData"):
            _check_counts(path, element.attrib)
        elif kind == "UUID":
            names.add(checked_name(path, element.attrib.get("FileName") or Path(path).name))
        elif kind.startswith("ModuloAlong"):
            _check_steps(path, element.attrib)
    for file in (Path(path).with_name(name) for name in names):
        if file.is_file():
            check_directories(file)


def refuse_entities(path: str | os.PathLike, text: str) -> None:
    """Refuse a header that defines entities, before it is parsed.

    Raises
    ------
    BadInput
        When it defines any.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DamagedFile(path, "definitions of entities in the OME-XML header")


def _check_counts(path: str | os.PathLike, stated: dict[str, str]) -> None:
    planes = 1
    for name in _COUNTS:
        count = int(stated.get(name, 1))
        planes *= max(1, count) if name.startswith("Size") else 1
        if not 0 <= count <= MOST_PAGES or planes > MOST_PAGES:
            raise DamagedFile(path, f"an OME-XML header that says {name}={stated[name]!r}"[:200])


def checked_name(path: str | os.PathLike, name: str) -> str:
    """Return the name of a file in the header of `path`, provided that it is in the same folder.

    Raises
    ------
    BadInput
        When it is in another folder.
    """
    if not name == PurePosixPath(name).name == PureWindowsPath(name).name or name == "..":
        raise DamagedFile(path, f"an OME-XML header that names a file in another folder, {name!r}"[:200])
    return name


def _check_steps(path: str | os.PathLike, stated: dict[str, str]) -> None:
    if "Start" in stated:
        start, end, step = (float(stated.get(name, 1)) for name in ("Start", "End", "Step"))
        if not abs(end - start) < abs(step) * MOST_PAGES:
            raise DamagedFile(path, f"an OME-XML header of modulo steps from {start:g} to {end:g}")
