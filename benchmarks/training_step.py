"""Where the time of a training step goes on a CPU, and what makes the network's part faster.

    python benchmarks/training_step.py [--tiles 112 224] [--batch 8] [--rounds 5] [--ways NAME …] [--base FILE]

Cellpose 3 only: the demo's network, on crops of noise. First the parts of a step: rotating and scaling the crops,
changing their grey values, the network forward, the loss, backward, and the optimizer. Then steps of several ways to
compute the same: the ways take turns, so that a busy machine disturbs all of them; printed is the median, and its ratio
to the first. Seconds are those of the processor, which other programs disturb less than those of the clock.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from cpretrain.models.segmenter import Segmenter
from cpretrain.models.versions import loss_of
from cpretrain.models.weights import find_base
from cpretrain.pipeline.demo import DATA
from cpretrain.training.examples import Examples, batches
from cpretrain.training.grey_values import GreyValues

WAYS = ("plain", "channels last", "bfloat16", "frozen", "frozen, bfloat16", "compiled", "compiled, bfloat16")


def crops(count: int) -> Examples:
    """Make crops of 104 × 104 pixels of noise."""
    random = np.random.default_rng(0)
    images = [random.random((2, 104, 104), np.float32) for _ in range(count)]
    flows = [random.random((3, 104, 104), np.float32) for _ in range(count)]
    return Examples(images, flows, np.full(count, 30.0), 30.0)


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Return the median of the processor seconds that it takes."""
    seconds = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return float(np.median(seconds))


def make_step(way: str, base: Path) -> Callable[[Any, Any], dict[str, float]]:
    """Return a function that trains for one step and returns the seconds of its parts."""
    import torch

    net = Segmenter(find_base(base), "cpu", for_training=True).model.net.train()
    if way != "plain":
        net.to(memory_format=torch.channels_last)
    if "frozen" in way:
        net.downsample.requires_grad_(False).eval()
    short = "bfloat16" in way
    optimizer = torch.optim.AdamW([one for one in net.parameters() if one.requires_grad], lr=1e-4)
    run = torch.compile(net) if "compiled" in way else net

    def step(images: Any, flows: Any) -> dict[str, float]:
        marks = [time.process_time()]
        optimizer.zero_grad()
        if way != "plain":
            images = images.to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            predicted = run(images)[0]
        marks.append(time.process_time())
        loss = loss_of(flows, predicted.float(), net.device)
        marks.append(time.process_time())
        loss.backward()
        marks.append(time.process_time())
        optimizer.step()
        marks.append(time.process_time())
        return dict(zip(("forward", "loss", "backward", "optimizer"), np.diff(marks), strict=True))

    return step


def main() -> None:
    """Print the parts of a step and the ways to compute it."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiles", type=int, nargs="+", default=[112, 224])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--base", type=Path, default=DATA / "base_nuclei")
    options = parser.parse_args()
    examples = crops(options.batch)
    order = np.arange(options.batch)
    net = Segmenter(find_base(options.base), "cpu", for_training=True).model.net
    vary = GreyValues(0, 0).vary
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, batch {options.batch}")
    steps = {way: make_step(way, options.base) for way in options.ways}
    for tile in options.tiles:
        cut = timed(
            lambda tile=tile: next(batches(examples, order, options.batch, tile, net)), options.rounds
        )
        varied = timed(lambda: [vary(image) for image in examples.images], options.rounds)
        batch = next(batches(examples, order, options.batch, tile, net))
        parts: dict[str, list[dict[str, float]]] = {way: [] for way in steps}
        for number in range(options.rounds + 1):
            for way, step in steps.items():
                seconds = step(batch.images, batch.flows)
                if number:  # the first one compiles, and chooses algorithms
                    parts[way].append(seconds)
        print(f"tile {tile}: turning and scaling {cut:.3f} s, grey values {varied:.3f} s")
        first = None
        for way, found in parts.items():
            medians = {part: float(np.median([one[part] for one in found])) for part in found[0]}
            total = sum(medians.values())
            first = first or total
            shown = ", ".join(f"{part} {seconds:.3f}" for part, seconds in medians.items())
            print(f"  {way:20} {total:.3f} s ({total / first:.2f})  {shown}", flush=True)


if __name__ == "__main__":
    main()
