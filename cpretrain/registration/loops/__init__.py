"""The loops over pixels, in two makes with the same answers: by numpy, or compiled by numba.

Compiled loops are several times faster, but numba takes a second to import: as long as numpy takes for a hundred frames
more. A process begins with numpy and changes to compiled loops once it has seen enough pixels.
"""

import sys
from types import ModuleType

ENOUGH = 2**25
"""Pixels in all from which compiled loops are worth their import: 128 frames of 512 × 512."""

_seen = 0


def loops(pixels: int = 0) -> ModuleType:
    """Return the module whose loops to take: `compiled` or `vectorised`, which have the same functions.

    Parameters
    ----------
    pixels : int
        Pixels of the frames that are about to be gone through.
    """
    global _seen
    _seen += pixels
    if _seen < ENOUGH and not _numba_is_there():
        from cpretrain.registration.loops import vectorised

        return vectorised
    from cpretrain.registration.loops import compiled

    return compiled


def _numba_is_there() -> bool:
    return "numba" in sys.modules
