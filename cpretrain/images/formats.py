"""The formats of movies: endings, reader, and required package of each."""

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
    """

    name: str
    suffixes: tuple[str, ...]
    reader: str
    package: str = ""
    library: str = ""

    def load(self) -> Callable[..., Any]:
        """Import the reader.

        Raises
        ------
        BadInput
            When its library is not installed.
        """
        if self.library:
            library(self.library)
        module, _, name = self.reader.partition(":")
        reader: Callable[..., Any] = getattr(import_module(module), name)
        return reader


FORMATS = (
    Format("ND2", (".nd2",), "cpretrain.images.nd2_file:Nd2Movie", "nd2", "nd2"),
    Format("CZI", (".czi",), "cpretrain.images.czi_file:CziMovie", "pylibCZIrw", "pylibCZIrw"),
    Format("LIF", (".lif",), "cpretrain.images.lif_file:LifMovie", "liffile", "liffile"),
    Format("OIB and OIF", (".oib", ".oif"), "cpretrain.images.oif_file:OifMovie", "oiffile", "oiffile"),
)
"""To add a format, add a file to ``cpretrain/images`` and a line here."""

SUFFIXES = tuple(suffix for one in FORMATS for suffix in one.suffixes)


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
            cure=f"install it: {EXTRA}, or pip install {one.package}",
        ) from error
