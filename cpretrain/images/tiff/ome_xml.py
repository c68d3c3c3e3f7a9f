"""Refuse an OME-XML header that asks for too much, or for files elsewhere, before tifffile follows it.

tifffile makes a list as long as the header says that there are planes, and opens every file that it names.
"""

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from xml.etree import ElementTree

from cpretrain.errors import DamagedFile
from cpretrain.images.tiff.ifd_chain import MOST_PAGES, check_directories

_COUNTS = ("IFD", "NumPlanes", "PlaneCount", "FirstT", "FirstC", "FirstZ", "SizeT", "SizeC", "SizeZ")


def check_ome(path: str | os.PathLike, text: str) -> None:
    """Make sure that the header of an OME-TIFF says what a file can be, and so do the files beside it that it names.

    Parameters
    ----------
    path : path-like
        The file, for errors.
    text : str
        The header; text that is no XML is left to tifffile, which then takes the pages as they are.

    Raises
    ------
    BadInput
        For entities, which OME-XML does not have and XML bombs are made of; counts beyond any movie; and files in
        other folders. For files of its planes whose directories go round in a circle.
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
        When it does.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DamagedFile(path, "definitions of entities in the OME-XML header")


def _check_counts(path: str | os.PathLike, said: dict[str, str]) -> None:
    planes = 1
    for name in _COUNTS:
        count = int(said.get(name, 1))
        planes *= max(1, count) if name.startswith("Size") else 1
        if not 0 <= count <= MOST_PAGES or planes > MOST_PAGES:
            raise DamagedFile(path, f"an OME-XML header that says {name}={said[name]!r}"[:200])


def checked_name(path: str | os.PathLike, name: str) -> str:
    """Give the name of a file that a header names, if it lies beside it.

    Raises
    ------
    BadInput
        When it lies in another folder.
    """
    if not name == PurePosixPath(name).name == PureWindowsPath(name).name or name == "..":
        raise DamagedFile(path, f"an OME-XML header that names a file in another folder, {name!r}"[:200])
    return name


def _check_steps(path: str | os.PathLike, said: dict[str, str]) -> None:
    if "Start" in said:
        start, end, step = (float(said.get(name, 1)) for name in ("Start", "End", "Step"))
        if not abs(end - start) < abs(step) * MOST_PAGES:
            raise DamagedFile(path, f"an OME-XML header of modulo steps from {start:g} to {end:g}")
