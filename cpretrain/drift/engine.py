"""The two engines of drift correction, the plugin itself and the native one, and which of them to take."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.curve import DriftCurve
from cpretrain.settings.drift import DriftSettings

EngineName = Literal["fiji", "native"]


@dataclass(frozen=True)
class Corrected:
    """A movie whose drift was undone: the measured curve, and the frames on the grown canvas.

    Parameters
    ----------
    curve : DriftCurve
        What the sample did.
    shape : tuple of int
        Lengths of the corrected movie in t, z, c, y, x.
    frames : callable
        Gives the corrected frames in turn, axes z, c, y, x.
    facts : dict
        What else the record should say, for example the plugin's log.
    """

    curve: DriftCurve
    shape: tuple[int, int, int, int, int]
    frames: Callable[[], Iterator[NDArray[Any]]]
    facts: dict[str, Any]


class Engine(Protocol):
    """Something that measures and undoes drift."""

    name: EngineName
    facts: dict[str, Any]

    def correct(self, movie: TimeLapse, settings: DriftSettings) -> Corrected:
        """Correct one movie."""
