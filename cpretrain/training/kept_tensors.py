"""What a training step keeps in memory for the gradient, found without computing it: tensors that have only a shape."""

from dataclasses import dataclass, field
from typing import Any

from cpretrain.models.versions import installed_cellpose


@dataclass
class Kept:
    """Memory that one training step takes beside the weights, in bytes.

    Parameters
    ----------
    all : int
        Tensors kept for the gradient.
    largest : int
        The largest of them, of which the step needs a few more for a moment.
    blocks, inputs : list of int
        Part of `all` that each block of a transformer keeps, and the size of its input.
    """

    all: int = 0
    largest: int = 0
    blocks: list[int] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)

    @property
    def recomputed(self) -> int:
        """What is kept if blocks are computed again: their inputs, the rest, and one block at a time."""
        return self.all - sum(self.blocks) + sum(self.inputs) + max(self.blocks, default=0)


def kept_tensors(net: Any, shape: tuple[int, int, int, int]) -> Kept:
    """Find what is kept for the gradient of one batch.

    The network runs with tensors that have a shape but no numbers (torch's device ``meta``), which takes no memory and
    a fraction of a second whatever the size of the network.

    Parameters
    ----------
    net : torch.nn.Module
        Cellpose's network in training mode; it is not changed.
    shape : tuple of int
        Batch, channels, height, width.
    """
    import torch
    from torch.autograd.graph import saved_tensors_hooks
    from torch.func import functional_call

    state = {name: _shape_of(value) for name, value in (*net.named_parameters(), *net.named_buffers())}
    counter = _Counter({_storage(value) for value in state.values()})
    handles = []
    for block in installed_cellpose().blocks(net):
        handles += [
            block.register_forward_pre_hook(counter.enter),
            block.register_forward_hook(counter.leave),
        ]
    try:
        with saved_tensors_hooks(counter.count, lambda kept: kept):
            functional_call(net, state, (torch.empty(shape, device="meta"),))
    finally:
        for handle in handles:
            handle.remove()
    return counter.kept


class _Counter:
    """Adds up the storages that autograd keeps, each of them once and without those of the weights."""

    def __init__(self, weights: set[int]) -> None:
        self.kept, self._seen, self._alive, self._before = Kept(), weights, list[Any](), 0

    def count(self, tensor: Any) -> Any:
        storage = _storage(tensor)
        if storage not in self._seen:
            self._seen.add(storage)
            self._alive.append(tensor)  # so that its place is not given to another one
            size = tensor.untyped_storage().nbytes()
            self.kept.all += size
            self.kept.largest = max(self.kept.largest, size)
        return tensor

    def enter(self, _block: Any, inputs: tuple[Any, ...]) -> None:
        self._before = self.kept.all
        self.kept.inputs.append(inputs[0].numel() * inputs[0].element_size())

    def leave(self, *_: Any) -> None:
        self.kept.blocks.append(self.kept.all - self._before)


def _shape_of(value: Any) -> Any:
    import torch

    return torch.empty_like(value, device="meta", requires_grad=value.requires_grad)


def _storage(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)
