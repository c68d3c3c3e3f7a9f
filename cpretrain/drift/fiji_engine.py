"""The plugin itself as a drift engine, through ``fiji_bridge``."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.drift.engine import Corrected, EngineName
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.curve import DriftCurve, measured_pairs
from cpretrain.runtime.console import progress
from cpretrain.settings.drift import DriftSettings
from fiji_bridge import available, find_fiji
from fiji_bridge.shared import shared_session


def why_not(fiji: Path | None) -> str:
    """Return why the plugin is not available without a download; empty if it is."""
    source, reason = available(fiji)
    return "" if source else reason


class FijiEngine:
    """Fiji's own "Correct 3D drift" in one headless Fiji that serves all movies.

    Parameters
    ----------
    fiji : pathlib.Path or None
        Folder of a local Fiji; by default the one in ``FIJI_HOME``, else a downloaded one.
    stack : contextlib.ExitStack
        Stack that ends Fiji when it closes.

    Raises
    ------
    fiji_bridge.FijiNotFound
        When there is no Fiji or no Java.
    """

    name: EngineName = "fiji"

    def __init__(self, fiji: Path | None, stack: ExitStack) -> None:
        source = find_fiji(fiji)
        self.description = str(source)
        self.facts: dict[str, Any] = {
            "fiji": {name: value for name, value in asdict(source).items() if name != "jars"}
        }
        self._session = shared_session(source)
        stack.callback(self._session.close)
        self._session.start()

    def correct(self, movie: TimeLapse, settings: DriftSettings) -> Corrected:
        """Run the plugin on one movie."""
        frames_told = (
            sum(1 for _ in measured_pairs(movie.shape[0], settings.multi_time_scale)) + movie.shape[0]
        )
        with progress(f"Fiji on {movie.path.name}", frames_told) as step:
            drifted = self._session.correct_drift(
                movie, settings, movie.calibration, lambda frame: step(f"frame {frame}")
            )
        pixels = drifted.pixels
        assert pixels is not None
        t, z, c, y, x = pixels.shape

        def frames() -> Iterator[NDArray[Any]]:
            for frame in pixels:
                yield np.asarray(frame)

        curve = DriftCurve(drifted.drift, tuple(drifted.clipped_pairs))
        return Corrected(curve, (t, z, c, y, x), frames, {"plugin_log": drifted.log.splitlines()})
