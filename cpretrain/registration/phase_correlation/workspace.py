"""Arrays that a thread uses again for each pair, and the number of cores of a transform in it."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from cpretrain.runtime.threads import threads_allowed

_THREAD = threading.local()
Maker = Callable[[tuple[int, ...], DTypeLike], NDArray[Any]]


def measure_beside_others() -> None:
    """Prepare this thread, which measures beside others: one core per transform, and its own arrays to use again.

    Memory that is freed and allocated for each pair costs a tenth of the time of a measurement.
    """
    _THREAD.workers, _THREAD.arrays = 1, {}


def fft_workers() -> int:
    """Return the number of cores for one Fourier transform."""
    return getattr(_THREAD, "workers", threads_allowed(2))


def array_for(
    use: str, make: Maker, shape: tuple[int, ...], dtype: DTypeLike, of: object = None
) -> NDArray[Any]:
    """Return an array as its last user in this thread left it, if it has the same shape; otherwise a new one.

    Parameters
    ----------
    use : str
        Its use.
    make : callable
        `numpy.zeros` or `numpy.empty`.
    shape, dtype
        Lengths and type.
    of : object, optional
        Anything else that must be the same.
    """
    arrays = getattr(_THREAD, "arrays", None)
    if arrays is None:
        return make(shape, dtype)
    key = shape, np.dtype(dtype), of
    known, array = arrays.get(use, (None, None))
    if known != key:
        arrays[use] = key, (array := make(shape, dtype))
    return np.asarray(array)
