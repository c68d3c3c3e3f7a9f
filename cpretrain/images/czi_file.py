"""Movies in Zeiss's CZI: one scene at a time, with tiles stitched, at full resolution."""

from contextlib import ExitStack
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pylibCZIrw import czi

from cpretrain.errors import BadInput
from cpretrain.images.czi_directory import Block, check_block, read_directory
from cpretrain.images.czi_metadata import calibration_of, channels_of, parsed, time_stamps
from cpretrain.images.metadata import Channels
from cpretrain.images.positions import Choose, file_of
from cpretrain.images.recording import Description, Recording

_TYPES = {
    "Gray8": "uint8", "Gray16": "uint16", "Gray32Float": "float32", "Bgr24": "uint8", "Bgr48": "uint16",
    "Bgr96Float": "float32",
}  # fmt: skip
_OTHERS = "RIHVB"
"""Rotations, illuminations, phases, views and blocks."""


class CziMovie(Recording):
    """One scene of a CZI file; see `Recording`."""

    format, package = "CZI", "pylibCZIrw"

    def _open(self, file: Path, choose: Choose) -> Description:
        blocks = read_directory(file)
        if not blocks:
            raise BadInput(f"{self.path}: holds no image")
        self._opened = ExitStack()
        self._bytes = self._opened.enter_context(file.open("rb"))
        self._file = self._opened.enter_context(czi.open_czi(str(file)))
        scenes = sorted({block.at.get("S", 0) for block in blocks})
        scene = scenes[choose(len(scenes))]
        own = [block for block in blocks if block.at.get("S", 0) == scene]
        self._check_axes(own)
        rectangles = self._file.scenes_bounding_rectangle_no_pyramid
        self._scene = scene if scene in rectangles else None
        self._rectangle = rectangles.get(scene, self._file.total_bounding_rectangle_no_pyramid)
        self._along = {axis: sorted({block.at.get(axis, 0) for block in own}) for axis in "TZC"}
        dtype, is_rgb = self._pixels(own)
        t, z, c = (len(self._along[axis]) for axis in "TZC")
        self._tiles: dict[tuple[int, ...], list[Block]] = {}
        for block in own:
            self._tiles.setdefault(tuple(block.at.get(axis, 0) for axis in "TZC"), []).append(block)
        places = product(*self._along.values())
        there = np.array([place in self._tiles for place in places]).reshape(t, z, c)
        facts = parsed(self.path, self._file.raw_metadata)
        return Description(
            (t, z, 3 if is_rgb else c, self._rectangle.h, self._rectangle.w),
            dtype,
            len(scenes),
            calibration_of(facts, self._times(blocks, file)),
            Channels() if is_rgb else channels_of(facts, self._along["C"]),
            None if there.all() else np.repeat(there, 3 if is_rgb else 1, axis=2),
            is_rgb,
            self._notes(own),
        )

    def _planes(self, t: int, z: int) -> NDArray[Any]:
        at = {"T": self._along["T"][t], "Z": self._along["Z"][z]}
        for channel in self._along["C"]:
            for tile in self._tiles.get((at["T"], at["Z"], channel), ()):
                check_block(file_of(self.path), self._bytes, tile)
        planes = [
            self._file.read(self._rectangle, at | {"C": c}, self._scene)[:, :, ::-1]  # blue comes first
            for c in self._along["C"]
        ]
        return np.moveaxis(np.concatenate(planes, axis=2), 2, 0)

    def close(self) -> None:
        """Close the file, even if it was only partly opened."""
        if hasattr(self, "_opened"):
            self._opened.close()

    def _check_axes(self, blocks: list[Block]) -> None:
        lengths = {axis: len({block.at.get(axis, 0) for block in blocks}) for axis in _OTHERS}
        if max(lengths.values()) > 1:
            raise BadInput(
                f"{self.path}: has axes that are not understood",
                found=", ".join(f"{axis} of {length}" for axis, length in lengths.items() if length > 1),
                expected="time, z, channels and scenes",
                cure="process it in ZEN first (views, phases, illuminations), and save the result",
            )

    def _pixels(self, blocks: list[Block]) -> tuple[np.dtype, bool]:
        """Return the pixel type, and whether pixels are RGB."""
        kinds = sorted({block.pixel_type for block in blocks})
        known = [np.dtype(_TYPES[kind]) for kind in kinds if kind in _TYPES]
        is_rgb = any(kind.startswith("Bgr") for kind in kinds)
        if len(known) < len(kinds) or (is_rgb and (len(kinds) > 1 or len(self._along["C"]) > 1)):
            raise BadInput(
                f"{self.path}: pixels of type {', '.join(kinds)} are not read",
                expected="grey values of 8 or 16 bits or 32-bit floats, or one RGB channel",
                cure="save its channels as separate files, in ZEN",
            )
        return np.result_type(*known), is_rgb

    def _times(self, blocks: list[Block], file: Path) -> NDArray[np.float64]:
        """Return the times of the frames in seconds; none unless there is one per frame."""
        times, frames = time_stamps(file), len({block.at.get("T", 0) for block in blocks})
        return times if len(times) == frames else times[:0]

    def _notes(self, blocks: list[Block]) -> list[str]:
        tiles = len(blocks) / len(self._tiles)
        return [f"its {tiles:g} tiles are put together as they lie"] if tiles > 1 else []
