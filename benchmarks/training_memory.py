"""Memory and time of a training step of Cellpose 4's own architecture: which settings fit which GPU.

    python benchmarks/training_memory.py [--device cuda] [--batches 1 2 4] [--steps 4] [--limit GB] [--ways NAME …]

The weights are random, so these are figures of memory and time, not of quality. For each way of training and each
batch, a run of two epochs goes over noise; printed are the peak that `cpretrain` estimates, the peak that it measures,
what torch reserved of the GPU for it, and the seconds for a step of the second epoch. With ``--limit``, torch may
reserve no more than that many gigabytes, as on a smaller GPU, of which the driver keeps about half a gigabyte.
"""

import argparse
import copy
import gc
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import find_base
from cpretrain.settings.training import TrainSettings
from cpretrain.training.defaults import with_defaults
from cpretrain.training.examples import Examples
from cpretrain.training.loop import Run

WAYS: dict[str, dict[str, Any]] = {
    "all weights": {"recompute": "never"},
    "all weights, bfloat16": {"recompute": "never", "precision": "bfloat16"},
    "all weights, recomputed": {"recompute": "always"},
    "all weights, recomputed, bfloat16": {"recompute": "always", "precision": "bfloat16"},
    "LoRA 8": {"recompute": "never", "lora": 8},
    "LoRA 8, bfloat16": {"recompute": "never", "lora": 8, "precision": "bfloat16"},
    "LoRA 8, recomputed": {"recompute": "always", "lora": 8},
    "LoRA 8, recomputed, bfloat16": {"recompute": "always", "lora": 8, "precision": "bfloat16"},
    "encoder frozen": {"recompute": "never", "freeze": "encoder"},
    "encoder frozen, bfloat16": {"recompute": "never", "freeze": "encoder", "precision": "bfloat16"},
}
TILE = 256


def noise(count: int) -> Examples:
    """Make images and targets that are nothing but noise."""
    random = np.random.default_rng(0)
    images = [random.random((3, TILE, TILE), np.float32) for _ in range(count)]
    flows = [random.random((3, TILE, TILE), np.float32) for _ in range(count)]
    return Examples(images, flows, np.full(count, 30.0), 30.0)


def copy_of(segmenter: Segmenter) -> Segmenter:
    """Return a copy with a network of its own, on the device."""
    again = copy.copy(segmenter)
    again.model = copy.copy(segmenter.model)
    again.model.net = copy.deepcopy(segmenter.model.net).to(segmenter.device)
    return again


def measure(fresh: Segmenter, way: dict[str, Any], batch: int, options: argparse.Namespace) -> str:
    """Run two epochs, and return the cells of a line of the table."""
    import torch

    settings = with_defaults(
        TrainSettings.model_validate({"name": "memory", "epochs": 2, "batch_size": batch, **way})
    )
    segmenter = copy_of(fresh)
    on_gpu = segmenter.device.type == "cuda"
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        run = Run(segmenter, noise(batch * options.steps), settings)
        run.run_epoch()
        if on_gpu:
            torch.cuda.synchronize()
        started = time.perf_counter()
        run._train(1, lambda: None)
        if on_gpu:
            torch.cuda.synchronize()
    except torch.OutOfMemoryError:
        return "| | does not fit | | |"
    seconds = (time.perf_counter() - started) / options.steps
    reserved = torch.cuda.max_memory_reserved() / 1e9 if on_gpu else float("nan")
    return (
        f"| {run.plan.estimated / 1e9:.1f} | {run.peak_memory / 1e9:.1f} | {reserved:.1f} | {seconds:.3f} | "
        f"{seconds / batch:.3f} |"
    )


def main() -> None:
    """Print the table."""
    import torch
    from cellpose import vit

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--limit", type=float, help="gigabytes that torch may reserve of the GPU")
    options = parser.parse_args()
    if options.limit:
        torch.cuda.set_per_process_memory_fraction(
            options.limit * 1e9 / torch.cuda.get_device_properties(0).total_memory
        )
    print(f"{options}; torch {torch.__version__}")
    print(
        "| trained | crops a step | GB estimated | GB measured | GB reserved | seconds a step | seconds a crop |"
    )
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "random"
        vit.CPSAM().save_model(base)
        fresh = Segmenter(find_base(base), options.device, for_training=True)
        fresh.model.net.cpu()
        for name, way in WAYS.items():
            for batch in options.batches if name in options.ways else ():
                print(f"| {name} | {batch} {measure(fresh, way, batch, options)}", flush=True)
                gc.collect()


if __name__ == "__main__":
    main()
