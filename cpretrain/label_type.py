"""The type that label images are written in."""

import numpy as np

MOST_OF_16_BITS = 65_535


def label_type(highest: int) -> np.dtype:
    """Give uint16 where it holds the highest label, else uint32."""
    return np.dtype(np.uint16 if highest <= MOST_OF_16_BITS else np.uint32)
