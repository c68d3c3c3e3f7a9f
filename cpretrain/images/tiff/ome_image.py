"""Find a file's image in an OME-XML header: with several positions, each file may describe them all.

tifffile takes the first image in the header, whichever file was opened, and takes pages for frames if the header is in
another file.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.positions import Choose
from cpretrain.images.tiff.ome_xml import checked_name, refuse_entities
from cpretrain.images.tiff.open_file import open_tiff

LONGEST_HEADER = 2**28
"""Maximum length in bytes of a header in a separate file."""
_UUID_OF_FILE = re.compile(r"<(?:\w+:)?OME\b[^>]*?\bUUID=[\"']([^\"']*)")


@dataclass(frozen=True)
class OmeImage:
    """The content of an OME-XML header that concerns one file.

    Parameters
    ----------
    text : str
        The header reduced to the chosen image, as if it were in the file.
    images : int
        Number of images with planes in the file.
    files : tuple of str
        Names of all files of the chosen image.
    identifiers : dict of str to str
        UUID of each of these files, according to the header.
    header : str
        Name of the file that contains the header.
    """

    text: str
    images: int
    files: tuple[str, ...]
    identifiers: dict[str, str]
    header: str


def image_of(path: Path, text: str, choose: Choose) -> OmeImage | None:
    """Find the image whose planes are in a file.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    text : str
        Its own header, which may refer to another file with the whole header.
    choose : callable
        Chooses one of several.

    Returns
    -------
    OmeImage or None
        None if the header is not XML, or describes no planes; tifffile then takes the pages as they are.

    Raises
    ------
    BadInput
        When the file with the header is missing, or it is unclear which image belongs to the file.
    """
    root, own = _parsed(path, text), identifier_in(text)
    if root is None:
        return None
    master = next((child.get("MetadataFile") for child in root if _kind(child) == "BinaryOnly"), None)
    if master is not None:
        root = _read_header(path, checked_name(path, master))
    described = [image for image in root if _kind(image) == "Image" and _planes(image)]
    if not described:
        return None
    name = _name_in_header(path, described, own, in_file=master is None)
    here = [image for image in described if name in _files(image, path.name)]
    chosen = here[choose(len(here))]
    for image in [child for child in root if _kind(child) == "Image" and child is not chosen]:
        root.remove(image)
    identifiers = _files(chosen, path.name)
    known = identifiers[name] or own
    root.attrib.pop("UUID", None)
    if known:
        root.set("UUID", known)
    names = tuple(path.name if file == name else file for file in identifiers)
    text = ElementTree.tostring(root, "unicode")
    return OmeImage(text, len(here), names, identifiers, master or path.name)


def identifier_in(text: str) -> str:
    """Return the UUID that a header states for its own file; empty if it states none."""
    found = _UUID_OF_FILE.search(text[:4096])
    return found.group(1) if found else ""


def _name_in_header(path: Path, described: list[ElementTree.Element], own: str, in_file: bool) -> str:
    """Return the name by which the header refers to the file: its present one, or an earlier one."""
    files: dict[str, str] = {}
    for image in described:
        files |= _files(image, path.name if in_file else "")
    by_name = [name for name in files if name.lower() == path.name.lower()]
    by_identifier = [name for name, uuid in files.items() if own and uuid == own]
    alone = list(files) if len(files) == 1 and in_file else []
    found = by_name or by_identifier or alone
    if not found:
        raise BadInput(
            f"{path}: cannot tell which of the images in its OME-XML header it holds",
            found=f"a header of {', '.join(list(files)[:5])}" + (" …" if len(files) > 5 else ""),
            cure="give the file the name that it was recorded under",
        )
    return found[0]


def _files(image: ElementTree.Element, own: str) -> dict[str, str]:
    """Return names and UUIDs of an image's files; planes that name no file are in the header's file."""
    files: dict[str, str] = {}
    for plane in _planes(image):
        named = next((child for child in plane if _kind(child) == "UUID"), None)
        if named is None:
            files.setdefault(own, "")
        else:
            files.setdefault(named.get("FileName") or own, (named.text or "").strip())
    return files


def _planes(image: ElementTree.Element) -> list[ElementTree.Element]:
    return [plane for pixels in image for plane in pixels if _kind(plane) == "TiffData"]


def _kind(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _parsed(path: Path, text: str) -> ElementTree.Element | None:
    refuse_entities(path, text)
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None


def _read_header(path: Path, name: str) -> ElementTree.Element:
    """Read the header that describes the planes of `path` from a file beside it: a TIFF, or plain XML."""
    file = path.with_name(name)
    if not file.is_file():
        raise BadInput(
            f"{path}: holds pixels only, and the file that describes them is missing",
            found=f"no {name} in this folder",
            cure="put it there, under the name that it was recorded under",
        )
    root = _parsed(file, _header_text(file))
    if root is None or any(_kind(child) == "BinaryOnly" for child in root):
        raise DamagedFile(file, f"no OME-XML header, where {path.name} says that there is one")
    return root


def _header_text(file: Path) -> str:
    with file.open("rb") as opened:
        start = opened.read(4)
    if start[:2] in (b"II", b"MM"):
        with open_tiff(file) as tiff:
            return tiff.ome_metadata or ""
    if file.stat().st_size > LONGEST_HEADER:
        raise DamagedFile(file, f"{file.stat().st_size} bytes of OME-XML")
    return file.read_text("utf-8", "replace").lstrip("\ufeff")
