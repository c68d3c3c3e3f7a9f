"""Loops over pixels in two versions with the same results: vectorised with NumPy, or compiled by numba.

Compiled loops are several times faster, but importing numba takes a second, in which NumPy measures about a hundred
frames. A process begins with NumPy and changes to compiled loops after enough pixels.
"""

import sys
from types import ModuleType

ENOUGH = 2**25
"""Number of pixels from which compiled loops are worth their import: 128 frames of 512 × 512."""

_seen = 0


def loops(pixels: int = 0) -> ModuleType:
    """Return the module to use, `compiled` or `vectorised`; both have the same functions.

    Parameters
    ----------
    pixels : int
        Number of pixels about to be processed.
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
