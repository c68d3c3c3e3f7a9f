"""What a person should know of a drift correction: each finding with the one option that mends it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cpretrain.registration.curve import FramePair
from cpretrain.runtime.spelling import options
from cpretrain.settings.drift import DriftSettings


@dataclass(frozen=True)
class Finding:
    """Something that deserves a look.

    Parameters
    ----------
    kind : str
        A word or two for tables.
    message : str
        What was seen, and the cure.
    frames : tuple of int
        Frames that it concerns, from 0.
    """

    kind: str
    message: str
    frames: tuple[int, ...]


def native_option(settings: DriftSettings, **option: object) -> str:
    """Return how to ask for an option that only the native engine has."""
    return options(engine="native", **option) if settings.engine == "fiji" else options(**option)


def count_pairs(pairs: Sequence[FramePair]) -> str:
    """Count pairs of frames, and name the first ones."""
    named = ", ".join(f"{frame_from}–{frame_to}" for frame_from, frame_to in pairs[:3])
    more = ", …" if len(pairs) > 3 else ""
    return f"{len(pairs)} pair{'s' * (len(pairs) > 1)} of frames ({named}{more})"


def list_frames(frames: Sequence[int]) -> str:
    """Name frames, the first ones of many, for the beginning of a sentence: ``frames 3, 4 are``."""
    named = ", ".join(map(str, frames[:5])) + (f" and {len(frames) - 5} more" if len(frames) > 5 else "")
    return f"frame{'s' * (len(frames) > 1)} {named} {'are' if len(frames) > 1 else 'is'}"


def ends_of(pairs: Iterable[FramePair]) -> tuple[int, ...]:
    """Return the later frames of some pairs."""
    return tuple(frame_to for _, frame_to in pairs)


def touching(pairs: Iterable[FramePair], frames: Collection[int]) -> list[FramePair]:
    """Return the pairs of which one frame is among `frames`."""
    return [pair for pair in pairs if pair[0] in frames or pair[1] in frames]
