"""Blocks that are computed again for the gradient, instead of keeping everything they computed in memory.

Method: Chen et al., Training Deep Nets with Sublinear Memory Cost, 2016 (arXiv:1604.06174), known as gradient
checkpointing. The weights that come out are the same.
"""

from functools import partial
from typing import Any

from cpretrain.models.versions import installed_cellpose


def recompute_blocks(net: Any) -> None:
    """Make each block of the transformer keep only its input for the gradient; other networks remain as they are."""
    from torch.utils.checkpoint import checkpoint

    for block in installed_cellpose().blocks(net):
        # blocks draw no random numbers, so there is no state of the generators to keep
        block.forward = partial(checkpoint, block.forward, use_reentrant=False, preserve_rng_state=False)
