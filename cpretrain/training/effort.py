"""How long a usual retraining takes on this machine, and how much memory: from a few steps, measured once and kept.

With Cellpose 3, steps of a real run are measured, with random weights, on which time and memory do not depend. The
network of Cellpose 4 is too large for that on many machines: there one of its blocks is measured, and the time is that
of all of them; the memory follows from shapes.
"""

import copy
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from cpretrain.models.device import find_device
from cpretrain.models.segmenter import Segmenter, quietly
from cpretrain.models.versions import installed_cellpose, network_of_shapes
from cpretrain.models.weights import SCRATCH, ModelWeights, cellpose_major
from cpretrain.runtime.other_programs import OtherPrograms
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.atomic import write_text
from cpretrain.storage.json_file import read_json
from cpretrain.training.defaults import with_defaults
from cpretrain.training.examples import Examples
from cpretrain.training.loop import Run
from cpretrain.training.memory import in_gigabytes, plan_memory
from cpretrain.training.optimisation import repeatable
from cpretrain.training.trained_part import choose_trained_part

EPOCHS, CROPS, EDGE = 100, 40, 104
"""A usual retraining: crops of 100 × 100 pixels with their border."""

REPEATS, LONG_ENOUGH = 3, 4.0
"""Most steps to measure, and seconds after which no more are begun."""


@dataclass(frozen=True)
class Effort:
    """What a usual retraining takes.

    Parameters
    ----------
    seconds : float
        Duration of all epochs.
    memory : int
        Bytes, estimated.
    least_memory : int
        The same with the settings that need least.
    sparing : str
        These settings, in words; empty if there are none.
    origin : str
        How the duration was found.
    machine : str
        Device and number of threads.
    disturbed : bool
        True if other programs took the processors meanwhile, so that it would take less without them.
    """

    seconds: float
    memory: int
    least_memory: int
    sparing: str
    origin: str
    machine: str
    disturbed: bool = False

    def describe(self) -> str:
        """Return all of it in one sentence."""
        less = f" ({in_gigabytes(self.least_memory)} with {self.sparing})" if self.sparing else ""
        others = ", while other programs were at work" * self.disturbed
        return (
            f"{EPOCHS} epochs on {CROPS} crops of 100 × 100 pixels take about {_duration(self.seconds)} "
            f"({self.origin}{others}) and {in_gigabytes(self.memory)} of memory{less} on {self.machine}"
        )


def effort_here() -> Effort:
    """Return what a usual retraining takes here; it is measured when versions, device or threads are new.

    What was measured while other programs were at work is not kept.
    """
    import torch

    device = find_device("auto")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()
    machine = f"{name}, {torch.get_num_threads()} threads"
    versions = [f"{package} {metadata.version(package)}" for package in ("cellpose", "torch", "cpretrain")]
    file, key = _file(), ", ".join([*versions, machine])
    known = _known(file)
    if key in known:
        return known[key]
    with quietly(), repeatable(0, device.type):
        effort = (_of_steps if cellpose_major() == 3 else _of_a_block)(device, machine)
    if effort.disturbed:
        return effort
    with suppress(OSError):  # then it is measured again the next time
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(
            file, json.dumps({at: asdict(one) for at, one in {**known, key: effort}.items()}, indent=1)
        )
    return effort


def _known(file: Path) -> dict[str, Effort]:
    """Return what was measured before, by versions and machine; nothing if that cannot be read."""
    try:
        return {key: Effort(**facts) for key, facts in read_json(file).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _of_steps(device: Any, machine: str) -> Effort:
    """Measure steps of a real run on crops of noise."""
    settings = with_defaults(TrainSettings(name="effort", epochs=REPEATS + 1))
    assert isinstance(settings.batch_size, int)
    random, count = np.random.default_rng(0), settings.batch_size
    images = [random.random((2, EDGE, EDGE), np.float32) for _ in range(count)]
    flows = [random.random((3, EDGE, EDGE), np.float32) for _ in range(count)]
    segmenter = Segmenter(ModelWeights(SCRATCH, None), device.type, for_training=True)
    run = Run(segmenter, Examples(images, flows, np.full(count, 30.0), 30.0), settings)
    run.run_epoch()  # chooses algorithms
    before, others = run.seconds, OtherPrograms()
    steps = 0
    while steps == 0 or (steps < REPEATS and run.seconds - before < LONG_ENOUGH):
        run.run_epoch()
        steps += 1
    per_crop = (run.seconds - before) / steps / count
    return Effort(
        per_crop * CROPS * EPOCHS,
        run.plan.estimated,
        run.plan.estimated,
        "",
        "measured on 1 step" if steps == 1 else f"measured on {steps} steps",
        machine,
        _disturbed(others, device),
    )


def _of_a_block(device: Any, machine: str) -> Effort:
    """Measure one block of the transformer, and find the memory from the shapes of all of them."""
    net = network_of_shapes()
    blocks = len(installed_cellpose().blocks(net))
    tile = installed_cellpose().own_tile(net)
    others = OtherPrograms()
    seconds = _time_block(net, tile, device) * blocks * CROPS * EPOCHS
    disturbed = _disturbed(others, device)
    plain = with_defaults(TrainSettings(name="effort", recompute="never"))
    sparing = plain.replace(lora=8, recompute="always")
    memory, least = (
        _memory(copy.deepcopy(net), tile, with_defaults(one), device) for one in (plain, sparing)
    )
    origin = f"estimated from one of {blocks} blocks"
    return Effort(seconds, memory, least, "LoRA of rank 8 and blocks recomputed", origin, machine, disturbed)


def _disturbed(others: OtherPrograms, device: Any) -> bool:
    """Return whether other programs made the steps slower; on a GPU they are not looked for."""
    import torch

    return bool(device.type == "cpu" and others.disturb(torch.get_num_threads()))


def _time_block(net: Any, tile: int, device: Any) -> float:
    """Return the seconds of a step of one block on one crop."""
    import torch

    block = copy.deepcopy(net.encoder.blocks[0]).to_empty(device=device).train()
    for parameter in block.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    optimizer, edge = torch.optim.AdamW(block.parameters(), lr=1e-5), tile // net.ps
    tokens = torch.randn(1, edge, edge, block.norm1.weight.shape[0], device=device)
    seconds = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        optimizer.zero_grad()
        block(tokens).square().mean().backward()
        optimizer.step()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def _memory(net: Any, tile: int, settings: TrainSettings, device: Any) -> int:
    choose_trained_part(net, settings)
    weights = sum(value.nbytes for value in net.state_dict().values())
    in_process = 0 if device.type == "cuda" else weights  # they are not loaded yet
    return plan_memory(net.train(), tile, settings, device).estimated + in_process


def _file() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "cpretrain" / "training_effort.json"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
