"""Movies in all formats that Bio-Formats reads, through the Fiji in the child process, plane by plane."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration, Channels, table_of
from cpretrain.images.positions import Choose
from cpretrain.images.recording import Description, Recording
from fiji_bridge.errors import FijiNotFound
from fiji_bridge.find import FijiSource, available
from fiji_bridge.session import FijiSession
from fiji_bridge.shared import shared_session

_JARS = ("formats-api", "bioformats_package")
_CURE = "set FIJI_HOME to the folder of a Fiji with Bio-Formats, or save it as OME-TIFF"


class BioFormatsMovie(Recording):
    """One series of a file that Bio-Formats reads; see `Recording`."""

    format, package = "a file of Bio-Formats", "scyjava"

    def _open(self, file: Path, choose: Choose) -> Description:
        _found(self.path)
        self._file = str(file.resolve())
        count = self._call("describe_recording", series=0)["series"]
        self._series = choose(count)
        told = self._call("describe_recording", series=self._series)
        t, z, c, y, x = told["shape"]
        depth, height, width = told["pixel_size"]
        self._planes_shape = c, y, x
        return Description(
            (t, z, c, y, x),
            np.dtype(told["dtype"]),
            count,
            Calibration.in_micrometres(depth, height, width, told["interval"]),
            Channels() if told["rgb"] else _channels(told, c),
            is_rgb=told["rgb"],
            notes=[f"it is read by Bio-Formats in Fiji, as {told['format']}"],
            files=sorted({file, *(Path(name) for name in told["files"])}),
        )

    def _planes(self, t: int, z: int) -> NDArray[Any]:
        session = self._session()
        with session.turn:
            session.start()
            out = session.folder / "planes.raw"
            self._call("read_recording", series=self._series, t=t, z=z, out=str(out))
            pixels = np.fromfile(out, self.dtype)
        return pixels.reshape(self._planes_shape)

    def close(self) -> None:
        """Leave the file open in Fiji, which closes it when another one is opened."""

    def _session(self) -> FijiSession:
        return shared_session(_found(self.path))

    def _call(self, job: str, **parameters: Any) -> dict[str, Any]:
        try:
            return self._session().call(job, path=self._file, **parameters)
        except BadInput as error:
            raise error.in_file(self.path) from error


def is_available() -> bool:
    """Return whether there is a Fiji with Bio-Formats on this machine."""
    source, _ = available(None)
    return source is not None and _has_it(source)


def _found(path: Path) -> FijiSource:
    source, reason = available(None)
    if source is None or not _has_it(source):
        raise FijiNotFound(
            f"{path}: {path.suffix.partition('#')[0]} files are read by Bio-Formats in Fiji",
            _CURE,
            found=reason or f"a Fiji without Bio-Formats in {source.home if source else None}",
        )
    return source


def _has_it(source: FijiSource) -> bool:
    return any(jar.name.startswith(_JARS) for jar in source.jars)


def _channels(told: dict[str, Any], count: int) -> Channels:
    names, colours = told["names"], [colour for colour in told["colours"] if colour]
    coloured = len(colours) == count
    return Channels(
        names=tuple(names) if len(names) == count and any(names) else (),
        colours=np.array([table_of((r, g, b)) for r, g, b in colours]) if coloured else None,
        mode="composite" if coloured and count > 1 else "grayscale",
    )
