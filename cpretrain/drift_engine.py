"""The two engines of drift correction, the plugin itself and the native one, and which of them to take."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from numpy.typing import NDArray

from cpretrain.drift_checks import beyond_plugin
from cpretrain.drift_curve import DriftCurve
from cpretrain.progress import say
from cpretrain.settings import DriftSettings
from cpretrain.timelapse import TimeLapse

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


def may_take_fiji(settings: DriftSettings) -> bool:
    """Whether `choose_engine` takes the plugin, or fails."""
    if settings.engine == "auto" and not beyond_plugin(settings):
        from cpretrain.fiji_engine import why_not

        return not why_not(settings.fiji)
    return settings.engine == "fiji"


def choose_engine(settings: DriftSettings, stack: ExitStack) -> Engine:
    """Take the plugin where it is asked for or can be had, else the native engine; `stack` ends what it starts.

    Raises
    ------
    BadInput
        When the plugin is asked for and cannot be had.
    """
    from cpretrain.native_engine import NativeEngine

    if settings.engine == "native":
        return NativeEngine()
    beyond = beyond_plugin(settings)
    if beyond:
        say(f"drift: native engine, because the plugin has no {' and no '.join(beyond)}")
        return NativeEngine()
    from cpretrain.fiji_engine import FijiEngine, why_not

    if settings.engine == "auto":
        reason = why_not(settings.fiji)
        if reason:
            say(f"drift: native engine, because {reason}")
            return NativeEngine()
    fiji = FijiEngine(settings.fiji, stack)
    say(f"drift: Fiji's own Correct 3D drift, {fiji.description}")
    return fiji
