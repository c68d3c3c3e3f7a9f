"""Mean of the weights over the last epochs, which is often better than the weights of any one of them.

Method: the average of Izmailov et al., Averaging Weights Leads to Wider Optima and Better Generalization, UAI 2018
(arXiv:1803.05407), here with weights that fall exponentially, so that no weights but the mean are kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Average:
    """A running mean of weights.

    Parameters
    ----------
    epochs : int
        Number of epochs that count. Up to there the mean is a plain one; from there on, older epochs fade.
    """

    def __init__(self, epochs: int) -> None:
        self.epochs, self.count = epochs, 0
        self.weights: dict[str, Any] = {}

    def add(self, weights: Mapping[str, Any]) -> None:
        """Add the weights of an epoch; tensors of whole numbers, such as counters, are taken from the last one."""
        self.count += 1
        share = 1 / min(self.count, self.epochs)
        for name, value in weights.items():
            value = value.detach()
            if self.count > 1 and value.is_floating_point():
                self.weights[name].lerp_(value, share)
            else:
                self.weights[name] = value.clone()

    @contextmanager
    def in_place_of_the_last(self, net: Any) -> Iterator[None]:
        """Give the network the mean inside the block, and its own weights back afterwards."""
        own = {name: value.detach().clone() for name, value in net.state_dict().items()}
        net.load_state_dict(self.weights)
        try:
            yield
        finally:
            net.load_state_dict(own)

    def state(self) -> dict[str, Any]:
        """Return the state, to be restored in a resumed run."""
        return {"count": self.count, "weights": self.weights}

    def restore(self, state: Mapping[str, Any], device: Any) -> None:
        """Resume from a result of `state`."""
        self.count = state["count"]
        self.weights = {name: value.to(device) for name, value in state["weights"].items()}
