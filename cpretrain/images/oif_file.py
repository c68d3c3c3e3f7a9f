"""Movies in Olympus's OIB (one file) and OIF (a file beside a folder of TIFFs)."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import oiffile
import tifffile
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.bounded_file import BoundedFile
from cpretrain.images.compound_file import check_chains
from cpretrain.images.metadata import Calibration, Channels
from cpretrain.images.positions import Choose, file_of
from cpretrain.images.recording import Description, Recording
from cpretrain.images.tiff.integrity import check_coded, check_page

_MICRONS = {"nm": 0.001, "um": 1.0, "mm": 1000.0}
_SECONDS = {"us": 1e-6, "ms": 0.001, "s": 1.0, "sec": 1.0}
_FLAT = {"L": "C"}
"""Wavelengths are taken for channels if there are no others."""


class OifMovie(Recording):
    """The movie in an OIB or OIF; see `Recording`."""

    format, package = "OIB or OIF", "oiffile"
    _file: oiffile.OifFile

    def _open(self, file: Path, choose: Choose) -> Description:
        if file.suffix.lower() == ".oib":
            check_chains(file)
        self._file = oiffile.OifFile(file)
        if not self._file.series:
            raise BadInput(f"{self.path}: holds no image")
        choose(1)
        series = self._file.series[0]
        axes = [_FLAT.get(axis, axis) if "C" not in series.dims else axis for axis in series.dims]
        lengths = dict(zip(axes, series.shape, strict=True))
        if not set(lengths) <= set("TZC") and len(series) > 1:
            raise BadInput(
                f"{self.path}: has axes that are not understood",
                found=", ".join(f"{axis} of {length}" for axis, length in lengths.items()),
                expected="time, z and channels",
                cure="save it as OME-TIFF, in FluoView",
            )
        t, z, c = (lengths.get(axis, 1) for axis in "TZC")
        self._places: NDArray[Any] = np.full((t, z, c), "", object)
        for name, index in zip(series, series.indices, strict=True):
            at = dict(zip(axes, index, strict=True))
            self._places[tuple(at.get(axis, 0) for axis in "TZC")] = name
        first = self._page(next(name for name in self._places.flat if name))
        self._kind = first.shape, first.dtype
        there = self._places.astype(str) != ""
        folder = file.with_name(f"{file.name}.files")
        return Description(
            (t, z, c, first.shape[0], first.shape[1]),
            first.dtype,
            calibration=self._calibration(),
            channels=self._channels(c),
            there=None if there.all() else there,
            files=[file] if self._file.is_oib else [file, *sorted(folder.glob("*.tif"))],
        )

    def _planes(self, t: int, z: int) -> NDArray[Any]:
        planes = np.zeros((self._places.shape[2], *self._kind[0]), self._kind[1])
        for channel, name in enumerate(self._places[t, z]):
            if name:
                planes[channel] = self._page(name)
        return planes

    def close(self) -> None:
        """Close the file, even if it was only partly opened."""
        if hasattr(self, "_file"):
            self._file.close()

    def _page(self, name: str) -> NDArray[Any]:
        """Read a plane, a separate TIFF, after checking its size."""
        file = file_of(self.path)
        opened = self._file.open_file(name) if self._file.is_oib else BoundedFile(file.parent / name)
        with opened as stream, tifffile.TiffFile(stream, name=name) as tiff:
            page = tiff.pages.first
            check_page(self.path, page, stream.seek(0, os.SEEK_END))
            check_coded(self.path, page, stream)
            if page.ndim != 2:
                raise DamagedFile(self.path, f"{name}: a plane of {page.shape} pixels")
            if hasattr(self, "_kind") and (page.shape, page.dtype) != self._kind:
                raise DamagedFile(
                    self.path, f"{name}: {page.shape} pixels of {page.dtype}, unlike the first plane"
                )
            return np.asarray(page.asarray())

    def _calibration(self) -> Calibration:
        steps = {}
        for number in range(9):
            facts = self._file.mainfile.get(f"Axis {number} Parameters Common", {})
            count, unit = int(facts.get("MaxSize", 0)), str(facts.get("PixUnit", ""))
            length = abs(float(facts.get("EndPosition", 0)) - float(facts.get("StartPosition", 0)))
            scale = _MICRONS.get(unit, _SECONDS.get(unit, 0.0))
            if count > 1 and scale and np.isfinite(length):
                steps[facts.get("AxisCode")] = length * scale / (count - 1)
        facts = self._file.mainfile.get("Reference Image Parameter", {})
        scales = [_MICRONS.get(str(facts.get(f"{side}Unit")), 0.0) for side in ("Height", "Width")]
        y, x = (
            float(facts.get(f"{side}ConvertValue", 0)) * scale
            for side, scale in zip(("Height", "Width"), scales, strict=True)
        )
        return Calibration.in_micrometres(steps.get("Z", 0.0), y, x, steps.get("T", 0.0))

    def _channels(self, count: int) -> Channels:
        facts = [
            self._file.mainfile.get(f"Channel {number} Parameters", {}) for number in range(1, count + 1)
        ]
        names = tuple(
            next(
                (str(one[key]) for key in ("DyeName", "CH Name") if one.get(key) not in (None, "", "None")),
                "",
            )
            for one in facts
        )
        return Channels(names=names if any(names) else ())
