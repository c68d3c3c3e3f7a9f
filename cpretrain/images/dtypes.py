"""Grey values computed as fractions, back in the image's own type."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def round_to_dtype(values: NDArray[Any], dtype: np.dtype) -> NDArray[Any]:
    """Round half up into the range of an integer type; keep float32.

    Parameters
    ----------
    values : ndarray of float32 or float64
        Grey values.
    dtype : numpy.dtype
        uint8, uint16 or float32.
    """
    if dtype.kind == "f":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    return np.clip(np.floor(values + values.dtype.type(0.5)), limits.min, limits.max).astype(dtype)


MOST_OF_16_BITS = 65_535


def label_type(highest: int) -> np.dtype:
    """Return uint16 where it holds the highest label, else uint32."""
    return np.dtype(np.uint16 if highest <= MOST_OF_16_BITS else np.uint32)
