"""Movies in TIFF, ImageJ hyperstack, OME-TIFF or Micro-Manager stack, read one frame at a time."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.axes import named_axes
from cpretrain.images.metadata import Channels
from cpretrain.images.missing_planes import kept_frames
from cpretrain.images.positions import Choose, chosen_index, file_of
from cpretrain.images.tiff.metadata import calibration_of, channels_of
from cpretrain.images.tiff.micromanager import read_stack, recorded_by
from cpretrain.images.tiff.ndtiff import INDEX, read_ndtiff
from cpretrain.images.tiff.ome_image import OmeImage, identifier_in, image_of
from cpretrain.images.tiff.ome_xml import check_ome
from cpretrain.images.tiff.open_file import open_tiff
from cpretrain.images.tiff.planes import Index, Planes
from cpretrain.images.tiff.series_pages import SeriesPages, images_in
from cpretrain.runtime.log_silence import silent


class TiffMovie:
    """A movie in a TIFF; `files` lists all files that it consists of.

    Frames without any plane are left out; `notes` state this, and anything else that was missing or guessed.

    Parameters
    ----------
    path : pathlib.Path
        The file; of a movie in several files any one of them; with the position where it holds several.
    axes : str, optional
        Axes of the file, if stated wrongly there.

    Raises
    ------
    BadInput
        When it cannot be read, lacks a file of its set, or has axes that are not understood.
    """

    def __init__(self, path: Path, axes: str | None = None) -> None:
        self.path, choose = file_of(path), partial(chosen_index, path)
        with ExitStack() as on_error, silent("tifffile"), _clear_errors(path):
            self._file = on_error.enter_context(open_tiff(self.path))
            self._planes = self._open(on_error, choose)
            self._describe(axes)
            on_error.pop_all()

    def read(self, t: int) -> NDArray[Any]:
        """Return frame `t` (from 0), with the file's axes except T."""
        return self._planes.read(self._index(t))

    def _index(self, t: int) -> Index:
        return tuple(self.frames[t] if axis == "T" else slice(None) for axis in self.axes)

    def missing(self, t: int) -> NDArray[np.bool_]:
        """Return which planes of frame `t` are missing and read as zeros, ndarray of bool, shape (Z, C) or (1, 1)."""
        there = self._planes.there
        if there is None:
            return np.zeros((1, 1), bool)
        leading = self.axes[: there.ndim]
        absent = ~there[self._index(t)[: there.ndim]]
        left = leading.replace("T", "")
        shape = [self.lengths[axis] if axis in left else 1 for axis in "ZC"]
        return absent.transpose([left.index(axis) for axis in "ZC" if axis in left]).reshape(shape)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self, on_error: ExitStack, choose: Choose) -> Planes:
        """Find the planes: by Micro-Manager's index, or by the header of the file."""
        kind = recorded_by(self.path)
        if kind == "stack" and (stack := read_stack(self.path, choose)):
            return stack
        if kind == "ndtiff" and self.path.with_name(INDEX).is_file():
            return read_ndtiff(self.path, choose)
        image = image_of(self.path, self._file.ome_metadata or "", choose)
        if image is not None:
            check_ome(self.path, image.text)
            _check_files(self.path, image)
            self._reopen(on_error, omexml=image.text)
        elif _appended(self._file):
            self._reopen(on_error, is_shaped=False)
        if not self._file.series:
            raise BadInput(f"{self.path}: holds no image")
        full = self._file.series[:1] if image else images_in(self.path, self._file)
        series = full[0] if image else full[choose(len(full))]
        pages = SeriesPages(self.path, self._file, series, image.images if image else len(full))
        if image is not None:
            pages.notes += _foreign_files(self.path, self._file, image)
            pages.files = sorted({*pages.files, self.path.with_name(image.header)})
        elif kind == "ndtiff" and len(self._file.pages) > 1:
            pages.notes.append(
                f"there is no {INDEX} beside it, so its pages are taken as frames in file order; put it into this "
                "folder"
            )
        return pages

    def _reopen(self, on_error: ExitStack, **how: Any) -> None:
        self._file.close()
        self._file = on_error.enter_context(open_tiff(self.path, check=None, **how))

    def _describe(self, axes: str | None) -> None:
        planes = self._planes
        self.files, self.images, self.dtype = planes.files, planes.images, planes.dtype
        self.axes = named_axes(self.path, planes.axes, planes.shape, axes)
        self.lengths = dict(zip(self.axes, planes.shape, strict=True))
        self.is_rgb = planes.axes.endswith("S")
        self.notes = [*planes.notes]
        self.frames = list(range(self.lengths.get("T", 1)))
        if planes.there is not None:
            self._leave_out(planes.there)
        self.calibration = calibration_of(self._file)
        self.channels = channels_of(self._file, self.lengths.get("C", 1))
        names = getattr(planes, "channels", ())
        if names and len(names) == self.lengths.get("C", 1):
            self.channels = Channels(names=names)

    def _leave_out(self, there: NDArray[np.bool_]) -> None:
        """Leave out missing frames, and note missing planes of other frames."""
        axes = self.axes[: there.ndim]
        if len(axes) < there.ndim or not set(axes) <= set("TZC"):
            raise BadInput(f"{self.path}: planes are missing", found=f"{there.sum()} of {there.size} planes")
        frames, notes = kept_frames(there, axes, self._planes.why_missing)
        self.notes += notes
        if frames is not None:
            self.frames = frames
            self.lengths["T"] = len(frames)


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Turn tifffile's exceptions into a clear error; a damaged file can raise nearly anything."""
    try:
        yield
    except BadInput:
        raise
    except Exception as error:
        raise DamagedFile(
            path,
            error,
            problem="cannot be read as a TIFF",
            expected="a TIFF, an ImageJ hyperstack or an OME-TIFF",
            cure="open it in Fiji and save it again, or take it out of the folder",
        ) from error


def _appended(file: tifffile.TiffFile) -> bool:
    """Return whether pages were appended one by one, each with its own header that does not mention the others."""
    if not file.is_shaped or len(file.pages) < 2 or len(file.series) < 2:
        return False
    full = [series for series in file.series if not series.keyframe.is_reduced]
    return len(full) > 1 and all(
        series.kind == "shaped" and re.fullmatch("[TQI]?(YX|YXS|SYX)", series.axes) for series in full
    )


def _check_files(path: Path, image: OmeImage) -> None:
    """Check that all files of an image exist; tifffile would fill in zeros for a missing one."""
    missing = [name for name in image.files if not path.with_name(name).is_file()]
    if missing:
        raise BadInput(
            f"{path}: files of this multi-file OME-TIFF are missing",
            found=f"{len(image.files) - len(missing)} of {len(image.files)} files; no {', '.join(missing[:5])}",
            cure="put all its files into this folder, under the names they were recorded with",
        )


def _foreign_files(path: Path, file: tifffile.TiffFile, image: OmeImage) -> list[str]:
    """Return notes on files of a set that are not the recorded ones, judged by the identifiers in their headers."""
    own = identifier_in(str(tifffile.tiffcomment(path))) if len(image.files) > 1 else ""
    foreign = []
    for page in {page.parent.filename: page for page in file.series[0].pages if page is not None}.values():
        name = page.parent.filename
        stated = identifier_in(page.parent.pages.first.description)
        if name != path.name and stated not in ("", own, image.identifiers.get(name, "") or stated):
            foreign.append(name)
    if not foreign:
        return []
    return [
        f"{', '.join(foreign[:5])}: has a different identifier from the one in the movie's header; was another file "
        "given this name?"
    ]
