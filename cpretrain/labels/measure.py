"""Measurements of single label images: objects cut by the edge, tiny objects."""

import numpy as np

TINY = 9
"""Objects of fewer pixels than this are counted as tiny."""


def edge_objects(labels: np.ndarray) -> int:
    """Count the objects of a label image (axes y, x) that touch its edge."""
    if labels.size == 0:
        return 0
    edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    return int(np.count_nonzero(np.unique(edge)))
