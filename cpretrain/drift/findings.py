"""Findings on a drift correction that the user should know, each with the one option that helps."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cpretrain.registration.curve import FramePair
from cpretrain.runtime.spelling import options
from cpretrain.settings.drift import DriftSettings


@dataclass(frozen=True)
class Finding:
    """An observation that deserves a look.

    Parameters
    ----------
    kind : str
        A word or two for tables.
    message : str
        The observation, and the cure.
    frames : tuple of int
        Frames concerned, from 0.
    """

    kind: str
    message: str
    frames: tuple[int, ...]


def native_option(settings: DriftSettings, **option: object) -> str:
    """Return the options to type for an option that only the native engine has."""
    return options(engine="native", **option) if settings.engine == "fiji" else options(**option)


def count_pairs(pairs: Sequence[FramePair]) -> str:
    """Format the number of pairs of frames, with the first ones."""
    named = ", ".join(f"{frame_from}–{frame_to}" for frame_from, frame_to in pairs[:3])
    more = ", …" if len(pairs) > 3 else ""
    return f"{len(pairs)} pair{'s' * (len(pairs) > 1)} of frames ({named}{more})"


def list_frames(frames: Sequence[int]) -> str:
    """Format frames, or the first few of many, for the beginning of a sentence: ``frames 3, 4 are``."""
    named = ", ".join(map(str, frames[:5])) + (f" and {len(frames) - 5} more" if len(frames) > 5 else "")
    return f"frame{'s' * (len(frames) > 1)} {named} {'are' if len(frames) > 1 else 'is'}"


def ends_of(pairs: Iterable[FramePair]) -> tuple[int, ...]:
    """Return the later frames of some pairs."""
    return tuple(frame_to for _, frame_to in pairs)


def touching(pairs: Iterable[FramePair], frames: Collection[int]) -> list[FramePair]:
    """Return the pairs with a frame among `frames`."""
    return [pair for pair in pairs if pair[0] in frames or pair[1] in frames]
