"""Movies in Leica's LIF: one image (series), or one tile of it, at a time."""

from pathlib import Path
from typing import Any

import liffile
import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.images.bounded_file import BoundedFile
from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.positions import Choose
from cpretrain.images.recording import Description, Recording

_COLOURS = {
    "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "cyan": (0, 255, 255), "magenta": (255, 0, 255),
    "yellow": (255, 255, 0), "gray": (255, 255, 255), "grey": (255, 255, 255),
}  # fmt: skip
_WAVELENGTHS = "λΛ"
_TILES = "M"


class LifMovie(Recording):
    """One image of a LIF file, or one tile of it; see `Recording`."""

    format, package = "LIF", "liffile"
    _file: liffile.LifFile

    def _open(self, file: Path, choose: Choose) -> Description:
        self._bytes = BoundedFile(file)
        self._file = liffile.LifFile(self._bytes)
        if self._file.type != liffile.LifFileType.LIF:  # other types name further files
            raise DamagedFile(self.path, f"a file of type {self._file.type.name}", expected="a LIF")
        places = [
            (image, tile)
            for image in self._file.images
            if not image.is_flim
            for tile in range(image.sizes.get(_TILES, 1))
        ]
        if not places:
            raise BadInput(f"{self.path}: holds no image")
        self._image: Any
        self._image, self._tile = places[choose(len(places))]
        if self._image.nbytes > self._image.memory_block.size:
            raise DamagedFile(
                self.path,
                f"{self._image.memory_block.size} bytes, where its header says {self._image.nbytes}",
            )
        is_rgb = "S" in self._image.frames.frame_dims
        self._letters, notes = self._named(is_rgb)
        lengths = {
            self._letters[axis]: length for axis, length in self._image.sizes.items() if axis in self._letters
        }
        t, z, c, y, x = (lengths.get(axis, 1) for axis in "TZCYX")
        return Description(
            (t, z, c, y, x),
            self._image.dtype,
            len(places),
            self._calibration(),
            Channels() if is_rgb else self._channels(c),
            is_rgb=is_rgb,
            notes=[f'the image is called "{self._image.name}"'] * (len(places) > 1) + notes,
        )

    def _planes(self, t: int, z: int) -> NDArray[Any]:
        at = {"T": t, "Z": z}
        outer = {
            axis: name for axis, name in self._letters.items() if axis not in self._image.frames.frame_dims
        }
        index = {axis: at[name] for axis, name in outer.items() if name != "C"}
        if _TILES in self._image.sizes:
            index[_TILES] = self._tile
        along = next((axis for axis, name in outer.items() if name == "C"), None)
        if along is None:
            plane = self._image.frame(**index)
            return np.moveaxis(plane, -1, 0) if plane.ndim == 3 else plane[np.newaxis]
        count = self._image.sizes[along]
        return np.stack([self._image.frame(**index, **{along: channel}) for channel in range(count)])

    def close(self) -> None:
        """Close the file, even if it was only partly opened."""
        for one in ("_file", "_bytes"):
            if hasattr(self, one):
                getattr(self, one).close()

    def _named(self, is_rgb: bool) -> tuple[dict[str, str], list[str]]:
        """Return the letter of TZCYX for each axis of the image, and notes on guesses."""
        image, notes = self._image, []
        inner = image.frames.frame_dims
        letters = {axis: axis for axis in image.sizes if axis in "TZCYX"}
        if len(inner) - is_rgb == 2 and inner[-1 - is_rgb] == "X" and inner[0] == "Z":
            letters |= {"Z": "Y", "Y": "Z"} if "Y" in image.sizes else {"Z": "Y"}
            notes.append("its planes lie in x and z: z is taken for y" + ", y for z" * ("Y" in image.sizes))
        spectral = [axis for axis in image.sizes if axis in _WAVELENGTHS]
        if is_rgb:
            letters["S"] = "C"
        elif len(spectral) == 1 and "C" not in image.sizes:
            letters[spectral[0]] = "C"
            notes.append("its wavelengths are taken for channels")
        others = [axis for axis in image.sizes if axis not in letters and axis != _TILES]
        if others or len(set(letters.values())) < len(letters) or not {"Y", "X"} <= set(letters.values()):
            raise BadInput(
                f"{self.path}: has axes that are not understood",
                found=", ".join(f"{axis} of {length}" for axis, length in image.sizes.items()),
                expected="time, z, channels, y and x",
                cure="save this image as TIFF, in LAS X",
            )
        return letters, notes

    def _calibration(self) -> Calibration:
        steps: dict[str, float] = {}
        for axis, places in self._image.coords.items():
            if len(places) > 1 and self._letters.get(axis, "C") != "C":  # those of channels may be names
                steps[self._letters[axis]] = abs(float(places[-1] - places[0])) / (len(places) - 1)
        z, y, x = (steps.get(axis, 0.0) * 1e6 for axis in "ZYX")
        return Calibration.in_micrometres(z, y, x, steps.get("T", 0.0))

    def _channels(self, count: int) -> Channels:
        described = self._image.xml_element.findall(
            "./Data/Image/ImageDescription/Channels/ChannelDescription"
        )
        if len(described) != count:
            return Channels()
        tables = [one.get("LUTName", "") for one in described]
        names = tuple(_dye(one) or table for one, table in zip(described, tables, strict=True))
        colours = [table_of(_COLOURS[name.lower()]) for name in tables if name.lower() in _COLOURS]
        coloured = len(colours) == count
        return Channels(
            names=names if any(names) else (),
            colours=np.array(colours) if coloured else None,
            mode="composite" if coloured and count > 1 else "grayscale",
        )


def _dye(channel: Any) -> str:
    """Return the name of a channel's dye, if LAS X wrote it."""
    for item in channel.findall("ChannelProperty"):
        if item.findtext("Key") == "DyeName":
            return item.findtext("Value") or ""
    return ""
