"""Convert computed grey values back to an image's own type; the type of a label image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def round_to_dtype(values: NDArray[Any], dtype: np.dtype) -> NDArray[Any]:
    """Round half up and clip to the range of an integer type; float32 is kept.

    Parameters
    ----------
    values : ndarray of float32 or float64, any shape
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
    """Return uint16 if it can hold the highest label, else uint32."""
    return np.dtype(np.uint16 if highest <= MOST_OF_16_BITS else np.uint32)
