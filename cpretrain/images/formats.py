"""The formats of movies: endings, reader, and required package of each."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from cpretrain.errors import BadInput
from cpretrain.images.positions import file_of

EXTRA = 'pip install "cpretrain[formats]"'


@dataclass(frozen=True)
class Format:
    """A format with its reader.

    Parameters
    ----------
    name : str
        Name in messages.
    suffixes : tuple of str
        Endings of its files, in lower case.
    reader : str
        Module and class, separated by a colon; imported when such a file is read.
    package : str
        Name of the required library for pip; empty if cpretrain's own requirements suffice.
    library : str
        Name of the library in Python.
    condition : str
        Module and function that tells whether such files can be read on this machine; empty if nothing but the
        library decides.
    before : tuple of int
        The first version of Python, major and minor, for which its library has no build; empty if there is none.
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    package: str = ""
    library: str = ""
    condition: str = ""
    before: tuple[int, int] | tuple[()] = ()

    @property
    def is_listed(self) -> bool:
        """True if its files in a folder count as movies."""
        return not self.condition or bool(_named(self.condition)())

    def load(self) -> Callable[..., Any]:
        """Import the reader: its own, or the one of Bio-Formats if its library is missing and that can be had.

        Raises
        ------
        BadInput
            When its library is not installed, and there is no Fiji with Bio-Formats either.
        """
        try:
            if self.library:
                library(self.library)
        except BadInput:
            if not BIO_FORMATS.is_listed:
                raise
            return BIO_FORMATS.load()
        return _named(self.reader)

    @property
    def cure(self) -> str:
        """What to do when its library is missing."""
        other = "set FIJI_HOME to the folder of a Fiji with Bio-Formats, which reads them too"
        if self.before and sys.version_info[:2] >= self.before:
            major, minor = self.before
            return f"{other}; or use a Python before {major}.{minor}, as {self.package} has no build for later ones"
        return f"install it: {EXTRA}, or pip install {self.package}; or {other}"


def _named(what: str) -> Callable[..., Any]:
    """Import what is named ``module:name``."""
    module, _, name = what.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


BIO_FORMATS = Format(
    "Bio-Formats",
    (
        *(
            ".vsi",
            ".oir",
            ".ims",
            ".dv",
            ".r3d",
            ".zvi",
            ".mvd2",
            ".lof",
            ".lei",
            ".sld",
            ".flex",
            ".ics",
            ".obf",
        ),
        *(".msr", ".xdce", ".htd", ".spe", ".al3d", ".scn", ".ndpi", ".mrxs"),
    ),
    "fiji_bridge.bioformats:BioFormatsMovie",
    condition="fiji_bridge.bioformats:is_available",
)

FORMATS = (
    Format("ND2", (".nd2",), "cpretrain.images.nd2_file:Nd2Movie", "nd2", "nd2"),
    Format(
        "CZI", (".czi",), "cpretrain.images.czi_file:CziMovie", "pylibCZIrw", "pylibCZIrw", before=(3, 14)
    ),
    Format("LIF", (".lif",), "cpretrain.images.lif_file:LifMovie", "liffile", "liffile"),
    Format("OIB and OIF", (".oib", ".oif"), "cpretrain.images.oif_file:OifMovie", "oiffile", "oiffile"),
    BIO_FORMATS,
)
"""To add a format, add a file to ``cpretrain/images`` and a line here. Bio-Formats is a floor above, and named only."""

SUFFIXES = tuple(suffix for one in FORMATS for suffix in one.suffixes)


def listed_suffixes(folder: Path) -> tuple[str, ...]:
    """Return the endings of the files that count as movies in a folder: of formats that can be read here."""
    there = {file.suffix.lower() for file in folder.iterdir()}
    formats = [
        one for one in FORMATS if not one.condition or (not there.isdisjoint(one.suffixes) and one.is_listed)
    ]
    return tuple(suffix for one in formats for suffix in one.suffixes)


def format_of(movie: Path) -> Format | None:
    """Find the format of a file by its ending; None for TIFF, OME-Zarr and unknown endings."""
    suffix = file_of(movie).suffix.lower()
    return next((one for one in FORMATS if suffix in one.suffixes), None)


def library(name: str) -> ModuleType:
    """Import the library behind a format.

    Raises
    ------
    BadInput
        When it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        one = next(one for one in FORMATS if one.library == name)
        raise BadInput(
            f"{one.name} files ({', '.join(one.suffixes)}) are read with the package {one.package}",
            found=f"{type(error).__name__}: {error}"[:200],
            cure=one.cure,
        ) from error
