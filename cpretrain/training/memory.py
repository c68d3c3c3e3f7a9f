"""The memory of a training run: estimated before it starts, fitted to what the machine has, and measured afterwards."""

import platform
import sys
from dataclasses import dataclass
from typing import Any

from cpretrain.models.versions import installed_cellpose
from cpretrain.settings.training import TrainSettings
from cpretrain.training.kept_tensors import Kept, kept_tensors

LARGEST_BATCH = 8
STATES = {"sgd": 1, "adamw": 2}
"""Numbers that an optimizer keeps for each trained weight."""

TEMPORARY = 4
"""Number of tensors as large as the largest kept one that a step holds for a moment, such as gradients."""

HIDDEN = 4
"""Width of the hidden layer in a transformer's block, in widths of its input."""

REUSES = (2, 38)
"""Version of glibc from which the places of aligned arrays, as all of torch's are, are taken again. Older ones keep a
hole where one was freed (https://sourceware.org/bugzilla/show_bug.cgi?id=14581)."""

MAPPED = 2**25
"""Bytes from which an array leaves no hole, because glibc maps its memory apart."""

GAPS = 0.15
"""Share of a step's arrays that such holes take in a network without a transformer (0.1 to 0.3, measured)."""

LIBRARIES = 150_000_000
"""Bytes that libraries take in main memory at their first step: code, and scratch of their own (measured)."""

RESERVE = 0.9
"""Share of the memory found that a run may fill: torch keeps gaps, and other programs want some too."""


@dataclass(frozen=True)
class Plan:
    """How a run will use memory.

    Parameters
    ----------
    batch_size : int
        Crops per step.
    recompute : bool
        Whether blocks are computed again for the gradient.
    estimated, found : int
        Bytes that the run will take, and that were free for it.
    place : str
        Whose memory it is, in words.
    """

    batch_size: int
    recompute: bool
    estimated: int
    found: int
    place: str

    @property
    def fits(self) -> bool:
        """True if the run should get by with the memory found."""
        return self.estimated <= RESERVE * self.found

    def describe(self) -> str:
        """Say what the run will take."""
        return (
            f"about {in_gigabytes(self.estimated)} of {self.place} memory needed for {self.batch_size} "
            f"crop{'s' * (self.batch_size > 1)} a step (estimated), {in_gigabytes(self.found)} free"
            + (", blocks are computed again for the gradient to save memory" if self.recompute else "")
        )


def plan_memory(net: Any, tile: int, settings: TrainSettings, device: Any) -> Plan:
    """Choose the batch size, and whether to compute blocks again, by the memory found.

    Parameters
    ----------
    net : torch.nn.Module
        Cellpose's network in training mode, its trained part chosen.
    tile : int
        Edge length of a training tile in pixels.
    settings : TrainSettings
        Complete settings.
    device : torch.device
        Where the run computes.

    Returns
    -------
    Plan
        The first that fits: the largest batch, if there is a choice, before anything is computed again; the most
        sparing one if none fits.
    """
    assert settings.optimizer
    version = installed_cellpose()
    kept = kept_tensors(net, (1, version.network_channels, tile, tile))
    found, place = memory_found(device)
    held = _held(net, settings.optimizer, device)
    sizes = (LARGEST_BATCH, 4, 2, 1) if settings.batch_size == "fit" else (settings.batch_size or 1,)
    ways = {"auto": (False, True), "always": (True,), "never": (False,)}[settings.recompute]
    plans = [
        Plan(size, again, held + _in_step(net, kept, size, again, device), found, place)
        for size in sizes
        for again in (ways if version.blocks(net) else (False,))
    ]
    return next((plan for plan in plans if plan.fits), plans[-1])


def memory_found(device: Any) -> tuple[int, str]:
    """Return the bytes that this process may take in all, and whose memory they are, in words."""
    import psutil
    import torch

    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] + torch.cuda.memory_reserved(device), "GPU"
    if device.type == "mps":
        return torch.mps.recommended_max_memory(), "GPU"
    return psutil.virtual_memory().available + psutil.Process().memory_info().rss, "main"


def leaves_holes() -> bool:
    """Return whether main memory stays taken where an array was freed."""
    name, version = platform.libc_ver()
    return name == "glibc" and tuple(map(int, version.split(".")[:2])) < REUSES


def measured_peak(device: Any) -> int:
    """Return the most memory, in bytes, that this process has taken so far: of the GPU if it computes there."""
    import torch

    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return torch.mps.driver_allocated_memory()
    import psutil

    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def in_gigabytes(size: int) -> str:
    """Format a number of bytes."""
    return f"{size / 1e9:.1f} GB"


def _held(net: Any, optimizer: str, device: Any) -> int:
    """Return the bytes held from the first step to the last: weights, and what the optimizer keeps about them."""
    import psutil

    states = STATES[optimizer] * _trained(net)
    if device.type == "cuda":
        return states + sum(value.nbytes for value in net.state_dict().values())
    return states + psutil.Process().memory_info().rss  # the weights are in it


def _in_step(net: Any, kept: Kept, batch: int, recompute: bool, device: Any) -> int:
    """Return the bytes of one step: first what is kept for the gradient, then the gradient and the optimizer's own."""
    forward = batch * ((kept.recomputed if recompute else kept.all) + TEMPORARY * kept.largest)
    step = max(forward, 2 * _trained(net))
    if device.type != "cpu":
        return step
    return step + LIBRARIES + (_holes(kept, batch, step) if leaves_holes() else 0)


def _holes(kept: Kept, batch: int, step: int) -> int:
    """Return the bytes left unused: in a transformer, each block's hidden layer before and after activation."""
    if not kept.inputs:
        return int(GAPS * step)
    return sum(2 * hidden for size in kept.inputs if (hidden := HIDDEN * batch * size) < MAPPED)


def _trained(net: Any) -> int:
    return sum(parameter.nbytes for parameter in net.parameters() if parameter.requires_grad)
