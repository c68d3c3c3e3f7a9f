"""Movies in Nikon's ND2: one position at a time."""

import zlib
from math import prod
from pathlib import Path
from typing import Any

import nd2
import numpy as np
from nd2.structures import Metadata, NETimeLoop, TimeLoop
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile, short
from cpretrain.images.bounded_file import BoundedFile
from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.positions import Choose
from cpretrain.images.recording import Description, Recording
from cpretrain.images.tiff.ifd_chain import MOST_PAGES

_LOOPS = "TPZ"


class Nd2Movie(Recording):
    """One position of an ND2 file; see `Recording`."""

    format, package = "ND2", "nd2"
    _file: nd2.ND2File

    def _open(self, file: Path, choose: Choose) -> Description:
        self._bytes, self._trusted = file.open("rb"), BoundedFile(file)
        self._file = opened = nd2.ND2File(self._trusted)
        sizes = dict(opened.sizes)
        others = {axis: length for axis, length in sizes.items() if axis not in "TPZCYXS"}
        if others or len(opened.experiment) > len({loop.type for loop in opened.experiment}):
            raise BadInput(
                f"{self.path}: has loops that are not understood",
                found=", ".join(f"{loop.type} of {loop.count}" for loop in opened.experiment),
                expected="loops over time, positions and z",
                cure="save its parts as separate files, in NIS-Elements",
            )
        is_rgb = "S" in sizes
        if is_rgb and sizes.get("C", 1) > 1:
            raise BadInput(
                f"{self.path}: holds RGB and other channels in one file",
                found=", ".join(f"{axis} {length}" for axis, length in sizes.items()),
                expected="either",
            )
        self._position = choose(sizes.get("P", 1))
        self._loops = [(axis, sizes[axis]) for axis in sizes if axis in _LOOPS]
        channels = sizes["S"] if is_rgb else sizes.get("C", 1)
        self._metadata, notes = self._read_metadata()
        shape = (sizes.get("T", 1), sizes.get("Z", 1), channels, sizes["Y"], sizes["X"])
        row = opened.attributes.widthBytes or prod(shape[2::2]) * opened.dtype.itemsize
        self._needed = row * shape[3]
        self._starts: dict[int, int] | None = getattr(opened._rdr, "_frame_offsets", None)
        return Description(
            shape,
            opened.dtype,
            sizes.get("P", 1),
            self._calibration(shape[0]),
            Channels() if is_rgb else self._channels(channels),
            self._present(file, shape),
            is_rgb,
            notes,
        )

    def _planes(self, t: int, z: int) -> NDArray[Any]:
        number = self._number(t, z)
        if self._starts is None:
            pixels = self._file.read_frame(number)
        elif number in self._starts:
            pixels = self._frame(self._unpacked(number) if self._is_packed else self._stored(number))
        else:
            return np.zeros((1, 1, 1), self._file.dtype)
        pixels = pixels.reshape(pixels.shape if pixels.ndim == 3 else (1, *pixels.shape))
        return np.moveaxis(pixels, -1, 0) if "S" in self._file.sizes else pixels

    def close(self) -> None:
        """Close the file, even if it was only partly opened."""
        for one in ("_file", "_trusted", "_bytes"):
            if hasattr(self, one):
                getattr(self, one).close()

    @property
    def _is_packed(self) -> bool:
        return bool(self._file.attributes.compressionType == "lossless" and not self._file.is_legacy)

    def _number(self, t: int, z: int) -> int:
        """Return the number of a frame in the file, whose loops are nested."""
        at = {"T": t, "P": self._position, "Z": z}
        number = 0
        for axis, length in self._loops:
            number = number * length + at[axis]
        return number

    def _frame(self, data: bytes) -> NDArray[Any]:
        """Return a frame from its bytes: channels, y, x and the colours of RGB, without axes of length 1."""
        reader: Any = self._file._rdr
        shape, dtype = reader._actual_frame_shape(), reader._dtype()
        array: NDArray[Any] = np.ndarray(shape, dtype, data, strides=reader._strides)
        return array.reshape(self._file._raw_frame_shape).transpose(2, 0, 1, 3).squeeze()

    def _stored(self, number: int) -> bytes:
        """Read an uncompressed frame; the library would map the file, which counts as memory of the process."""
        assert self._starts is not None
        self._bytes.seek(self._starts[number])
        return self._bytes.read(self._needed)

    def _unpacked(self, number: int) -> bytes:
        """Decompress a frame to at most the number of bytes of a frame."""
        reader: Any = self._file._rdr
        unpack = zlib.decompressobj()
        pixels = unpack.decompress(reader._load_chunk(f"ImageDataSeq|{number}!".encode())[8:], self._needed)
        if len(pixels) < self._needed or unpack.decompress(unpack.unconsumed_tail, 1):
            raise DamagedFile(
                self.path, f"frame {number} does not unpack to the {self._needed} bytes of a frame"
            )
        return pixels

    def _calibration(self, frames: int) -> Calibration:
        described = self._metadata.channels if self._metadata else None
        x, y, z = described[0].volume.axesCalibration if described else (0.0, 0.0, 0.0)
        return Calibration.in_micrometres(float(z), float(y), float(x), self._interval(frames) / 1000)

    def _read_metadata(self) -> tuple[Metadata | None, list[str]]:
        """Read the metadata of pixels and channels, which the library does not support in every file."""
        try:
            found = self._file.metadata
        except Exception as error:
            return None, [f"pixel size and names of the channels are not known: {short(error)}"]
        return (found, []) if isinstance(found, Metadata) else (None, [])

    def _interval(self, frames: int) -> float:
        """Return the milliseconds between frames: measured, else from the first and last times, else planned."""
        loop = next((loop for loop in self._file.experiment if isinstance(loop, TimeLoop | NETimeLoop)), None)
        if loop is None or frames < 2:
            return 0.0
        period = loop.parameters.periods[0] if isinstance(loop, NETimeLoop) else loop.parameters
        measured = period.periodDiff.avg if period.periodDiff else 0.0
        if measured <= 0 and self._metadata:
            first, last = (self._taken_at(self._number(t, 0)) for t in (0, frames - 1))
            measured = (last - first) / (frames - 1)
        return float(measured if measured > 0 else max(period.periodMs, 0.0))

    def _channels(self, count: int) -> Channels:
        described = [one.channel for one in (self._metadata.channels if self._metadata else None) or ()]
        if len(described) != count:
            return Channels()
        return Channels(
            names=tuple(one.name for one in described),
            colours=np.array([table_of((one.color.r, one.color.g, one.color.b)) for one in described]),
            mode="composite" if count > 1 else "grayscale",
        )

    def _taken_at(self, number: int) -> float:
        """Return the time of a frame in milliseconds since the start; 0 if it is unknown."""
        facts = self._file.frame_metadata(number)
        channels = getattr(facts, "channels", None)
        return float(channels[0].time.relativeTimeMs) if channels else 0.0

    def _present(self, file: Path, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
        """Return which frames are in the file; a recording that was stopped has fewer than planned."""
        starts = self._starts
        if starts is None or prod(shape[:3]) > MOST_PAGES:
            return None
        numbers = np.array([[self._number(t, z) for z in range(shape[1])] for t in range(shape[0])])
        needed, size = self._needed, file.stat().st_size
        last = max((starts[number] for number in numbers.flat if number in starts), default=0)
        if not self._is_packed and last + needed > size:
            raise DamagedFile(
                self.path, f"{size} bytes, where frames of {needed} bytes go on to {last + needed}"
            )
        there = np.repeat(np.isin(numbers, list(starts))[..., np.newaxis], shape[2], axis=2)
        return None if there.all() else there
