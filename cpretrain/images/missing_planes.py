"""Planes of a recording that are missing from the file: frames to leave out, and notes on the others."""

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.tiff.planes import counted, named_places
from cpretrain.runtime.spelling import option


def kept_frames(there: NDArray[np.bool_], axes: str, why: str) -> tuple[list[int] | None, list[str]]:
    """Leave out frames without any plane, and note missing planes of the others.

    Parameters
    ----------
    there : ndarray of bool, shape (T, Z, C) or that of its `axes`
        True for planes that are present.
    axes : str
        Letters from TZC.
    why : str
        Likely reason for missing planes, as part of a sentence.

    Returns
    -------
    frames : list of int or None
        The frames to read; None without an axis T.
    notes : list of str
        Sentences on what is left out and what reads as zeros.
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
    """Return the part of a message that names channels without missing planes."""
    if "C" not in axes:
        return ""
    along = axes.index("C")
    whole = there.all(axis=tuple(i for i in range(there.ndim) if i != along))
    names = ", ".join(str(channel + 1) for channel in np.flatnonzero(whole))
    return f". Complete: channel {names}; measure on that ({option('channel')})" if names else ""
