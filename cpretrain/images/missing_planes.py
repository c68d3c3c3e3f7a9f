"""Planes of a recording that are not in the file: which frames are left out, and what is said of the others."""

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.tiff.planes import counted, named_places
from cpretrain.runtime.spelling import option


def kept_frames(there: NDArray[np.bool_], axes: str, why: str) -> tuple[list[int] | None, list[str]]:
    """Leave out frames of which no plane is there, and say which planes of others are not.

    Parameters
    ----------
    there : ndarray of bool
        Which planes there are, along `axes`.
    axes : str
        Letters of TZC.
    why : str
        Why planes may be missing, in words for people.

    Returns
    -------
    frames : list of int or None
        The frames to read; None where there is no axis T.
    notes : list of str
        What is left out and what reads as zeros.
    """
    frames, notes = None, []
    if "T" in axes:
        along = axes.index("T")
        whole = there.any(axis=tuple(i for i in range(there.ndim) if i != along))
        frames = np.flatnonzero(whole).tolist()
        gone = np.flatnonzero(~whole).tolist()
        if gone:
            notes.append(
                f"{counted(gone)} of {len(whole)} {'are' if len(gone) > 1 else 'is'} missing and left out: {why}"
            )
        there = there.take(frames, along)
    if not there.all():
        notes.append(
            f"{(~there).sum()} of {there.size} planes are missing and read as zeros: {why}. Missing: "
            f"{named_places(~there, axes)}{_complete(there, axes)}"
        )
    return frames, notes


def _complete(there: NDArray[np.bool_], axes: str) -> str:
    """Name the channels that all planes are there of."""
    if "C" not in axes:
        return ""
    along = axes.index("C")
    whole = there.all(axis=tuple(i for i in range(there.ndim) if i != along))
    names = ", ".join(str(channel + 1) for channel in np.flatnonzero(whole))
    return f". Complete: channel {names}; measure on that ({option('channel')})" if names else ""
