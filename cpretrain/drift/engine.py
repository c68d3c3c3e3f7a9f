"""Common interface of the two engines of drift correction: the plugin itself, and the native one."""

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
    """A movie whose drift was corrected: the measured curve, and the frames on the grown canvas.

    Parameters
    ----------
    curve : DriftCurve
        Measured drift of the sample.
    shape : tuple of int
        Lengths of the corrected movie in t, z, c, y, x.
    frames : callable
        Function that returns an iterator over the corrected frames, shape (Z, C, Y, X).
    facts : dict
        Further entries for the record, for example the plugin's log.
    """

    curve: DriftCurve
    shape: tuple[int, int, int, int, int]
    frames: Callable[[], Iterator[NDArray[Any]]]
    facts: dict[str, Any]


class Engine(Protocol):
    """An engine that measures and undoes drift."""

    name: EngineName
    facts: dict[str, Any]

    def correct(self, movie: TimeLapse, settings: DriftSettings) -> Corrected:
        """Correct one movie."""
