"""The model folder: weights that Cellpose loads by path, and everything known about them."""

from pathlib import Path
from typing import Any

from cpretrain.dataset.splitting import Split, write_split
from cpretrain.models.folder import ModelFolder
from cpretrain.models.normalization import Normalization
from cpretrain.storage.hashing import files_in, sha256
from cpretrain.storage.provenance import Provenance
from cpretrain.training.curves import write_curves
from cpretrain.training.loop import THRESHOLDS, Run
from cpretrain.training.model_card import write_card


def write_model(path: Path, run: Run, parts: Split, provenance: Provenance, facts: dict[str, Any]) -> None:
    """Write a model folder.

    Parameters
    ----------
    path : pathlib.Path
        An empty folder.
    run : Run
        The training run, after at least one epoch.
    parts : Split
        Training and validation images.
    provenance : Provenance
        Record of the training.
    facts : dict
        Further entries of ``model.json``.
    """
    import torch

    assert run.kept
    folder = ModelFolder(path)
    torch.save(dict(run.kept.weights), folder.weights)
    write_split(folder.split, parts)
    write_curves(folder, run.curves, run.kept.epoch)
    facts = {
        "cell_type": run.settings.name,
        **facts,
        "weights_sha256": sha256(folder.weights),
        "normalization": Normalization().model_dump(),
        "diameter": run.net.diam_labels.item(),
        "tile": run.tile,
        "epochs_trained": run.curves.epochs,
        "kept_epoch": run.kept.epoch,
        "test_average_precision": _measured(run.curves.test_average_precision[run.kept.epoch]),
        "test_average_precision_thresholds": THRESHOLDS,
        "final_training_loss": run.curves.training_loss[-1],
        "curves": run.curves.as_data(),
        "training_seconds": round(run.seconds, 3),
        "hardware": run.hardware,
        "batch_size": run.plan.batch_size,
        "peak_memory_bytes": run.peak_memory,
    }
    write_card(folder.card, provenance.record | facts)
    provenance.write(folder.record, outputs=files_in(path), **facts)


def _measured(value: float) -> float | None:
    return None if value != value else round(value, 6)
