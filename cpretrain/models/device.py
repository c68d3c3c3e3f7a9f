"""The device that networks run on."""

from typing import Any

from cpretrain.errors import BadInput
from cpretrain.runtime.spelling import option


def find_device(device: str) -> Any:
    """Return the torch device with this name; ``auto`` prefers CUDA, then an Apple GPU, then the CPU.

    Raises
    ------
    BadInput
        When a GPU is requested by name and none is found.
    """
    import torch

    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        device = next(name for name, found in there.items() if found)
    if not there[device]:
        raise BadInput(
            f"device {device}: not found on this machine",
            found=", ".join(name for name, found in there.items() if found),
            cure=f"leave {option('device')} out, or give {option('device', 'cpu')}",
        )
    return torch.device(device)
