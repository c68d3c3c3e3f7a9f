"""Low-rank changes of linear layers (LoRA): few numbers to train, and added to the weights when these are saved.

Method: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models, ICLR 2022 (arXiv:2106.09685). The package peft
does the same for any layer; these are its thirty lines that are needed here, so that no further package is.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from cpretrain.models.versions import installed_cellpose

ATTENTION = ("qkv", "proj")
"""Names of the linear layers inside an attention layer."""

BASE, DOWN, UP = ".base.", ".down", ".up"


def add_low_rank(net: Any, rank: int) -> None:
    """Put a trainable change of low rank beside every linear layer of the transformer's attention.

    Parameters
    ----------
    net : torch.nn.Module
        Cellpose's network, changed in place: it computes what it did before until the changes are trained.
    rank : int
        Rank of a change.
    """
    for block in installed_cellpose().blocks(net):
        for name in ATTENTION:
            setattr(block.attn, name, _changed_linear(getattr(block.attn, name), rank))


def merged(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Add the changes to the weights that they belong to.

    Parameters
    ----------
    weights : mapping of str to torch.Tensor
        State of a network, with or without low-rank changes.

    Returns
    -------
    dict of str to torch.Tensor
        State under Cellpose's own names, which any Cellpose loads.
    """
    return dict(_merged(weights))


def _merged(weights: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in weights.items():
        if name.endswith((DOWN, UP)):
            continue
        layer, base, kind = name.rpartition(BASE)
        if base and kind == "weight":
            value = value + weights[layer + UP] @ weights[layer + DOWN]
        yield (f"{layer}.{kind}" if base else name), value


def _changed_linear(layer: Any, rank: int) -> Any:
    import torch
    from torch.nn.functional import linear

    class ChangedLinear(torch.nn.Module):
        """A linear layer, with weights that stay, plus the product of two small matrices, of which one starts at 0."""

        def __init__(self) -> None:
            super().__init__()
            like = {"device": layer.weight.device, "dtype": torch.float32}
            self.base = layer.requires_grad_(False)
            self.down = torch.nn.Parameter(torch.empty(rank, layer.in_features, **like))
            self.up = torch.nn.Parameter(torch.zeros(layer.out_features, rank, **like))
            torch.nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

        def forward(self, x: Any) -> Any:
            return self.base(x) + linear(linear(x, self.down), self.up)

    return ChangedLinear()
