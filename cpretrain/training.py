"""Retrain a Cellpose model on pairs of image and mask; the model folder says all that it came from."""

import csv
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.atomic import folder_aside
from cpretrain.base_models import MODEL_RECORD, WEIGHTS, find_base
from cpretrain.crops import beside
from cpretrain.dataset import Pair, Split, load_pairs, split, write_split
from cpretrain.errors import BadInput
from cpretrain.progress import progress, say, warn
from cpretrain.provenance import Provenance, is_current, sha256
from cpretrain.qupath.label_image import read_label_image
from cpretrain.segmenter import Losses, Segmenter, network_input, steps_of, with_defaults
from cpretrain.settings import TrainSettings
from cpretrain.timelapse import TimeLapse


@dataclass(frozen=True)
class TrainResult:
    """A retrained model.

    Parameters
    ----------
    folder : pathlib.Path
        The model folder: ``weights`` (which Cellpose loads by path), ``model.json``, ``split.csv``,
        ``losses.csv`` and ``losses.png``.
    parts : Split or None
        Which images trained and which validate; None where the model was there already.
    """

    folder: Path
    parts: Split | None


def retrain(images: Path, masks: Path, settings: TrainSettings, out: Path | None = None) -> TrainResult:
    """Retrain a base model.

    Parameters
    ----------
    images, masks : pathlib.Path
        Folders of training images and of their label images.
    settings : TrainSettings
        Name, base model and the rest.
    out : pathlib.Path, optional
        Where models are kept; by default ``models`` beside the training images.

    Returns
    -------
    TrainResult

    Raises
    ------
    BadInput
        When images and masks do not fit, the base model is not there, or a model of that name is there already.
    """
    _check_name(settings.name)
    base = find_base(settings.base, settings.continue_from_finetuned)
    pairs = load_pairs(images, masks)
    settings = with_defaults(settings)
    folder = (out or beside(images, "models")) / settings.name
    inputs = [path for pair in pairs for path in (pair.image, pair.mask)]
    if is_current(folder / MODEL_RECORD, settings, inputs):
        say(f"train: {folder} is complete and unchanged")
        return TrainResult(folder, None)
    if folder.exists():
        raise BadInput(
            f"{folder}: there is a model of that name, made from other images or settings",
            cure="choose another --name, or move that folder away",
        )
    parts = split(pairs, settings.train_fraction, settings.split_by, settings.seed, settings.test_fraction)
    for warning in parts.warnings:
        warn(warning)
    train, sparse = _with_enough_objects(parts.train, settings.min_train_masks)
    provenance = Provenance("train", settings, inputs)
    segmenter = Segmenter(base, settings.device, for_training=True)
    with folder_aside(folder) as aside:
        losses = _train(segmenter, train, parts.test, settings, aside)
        write_split(aside / "split.csv", parts)
        _write_losses(aside, losses)
        provenance.write(
            aside / MODEL_RECORD,
            cell_type=settings.name,
            base={
                "name": base.name,
                "path": str(base.path.resolve()) if base.path else None,
                "sha256": sha256(base.path) if base.path else None,
            },
            weights_sha256=sha256(aside / WEIGHTS),
            device=str(segmenter.device),
            images={
                "train": len(train),
                "validation": len(parts.validation),
                "test": len(parts.test),
                "left out of training, too few objects": [pair.image.name for pair in sparse],
            },
            split_by=parts.by,
            warnings=parts.warnings,
            diameter=_diameter(segmenter),
            final_training_loss=float(losses.train[-1]),
        )
    return TrainResult(folder, parts)


def read_image(path: Path) -> NDArray[Any]:
    """Read a training image, axes (C, Y, X); unnamed planes of a file are channels.

    Raises
    ------
    BadInput
        When it cannot be read.
    """
    with TimeLapse(path) as planes:
        return np.concatenate([planes.frame(t)[0] for t in range(planes.shape[0])])


def network_inputs(
    pairs: Sequence[Pair], settings: TrainSettings
) -> tuple[list[NDArray[np.float32]], list[NDArray[Any]]]:
    """Images ready for the network, and their labels."""
    images = []
    for pair in pairs:
        try:
            images.append(network_input(read_image(pair.image), settings.channel, settings.second_channel))
        except BadInput as error:
            raise BadInput(f"{pair.image}: {error.problem}", found=error.found) from error
    return images, [read_label_image(pair.mask).labels for pair in pairs]


def _train(
    segmenter: Segmenter, train: Sequence[Pair], test: Sequence[Pair], settings: TrainSettings, folder: Path
) -> Losses:
    images, labels = network_inputs(train, settings)
    seen = network_inputs(test, settings) if test else None
    with progress(f"train {settings.name}", steps_of(settings, len(images))) as step:
        weights, losses = segmenter.train(images, labels, settings, folder, seen, lambda: step(""))
    shutil.move(weights, folder / WEIGHTS)
    weights.parent.rmdir()
    return losses


def _with_enough_objects(pairs: Sequence[Pair], fewest: int) -> tuple[list[Pair], list[Pair]]:
    enough = [pair for pair in pairs if pair.objects >= fewest]
    sparse = [pair for pair in pairs if pair.objects < fewest]
    if sparse:
        warn(f"{len(sparse)} of {len(pairs)} training images have fewer than {fewest} objects: left out")
    if not enough:
        most = max((pair.objects for pair in pairs), default=0)
        raise BadInput(
            f"no training image has {fewest} objects or more",
            found=f"at most {most}",
            cure="draw more, cut larger crops, or lower --min-train-masks",
        )
    return enough, sparse


def _check_name(name: str) -> None:
    if not name.strip() or Path(name).name != name or name.startswith("."):
        raise BadInput(
            f"name {name!r}: cannot be the name of a model",
            expected="a name for the cell type without slashes, for example U2OS nuclei",
        )


def _diameter(segmenter: Segmenter) -> float:
    return float(segmenter.model.net.diam_labels.item())


def _write_losses(folder: Path, losses: Losses) -> None:
    from matplotlib.figure import Figure

    with open(folder / "losses.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "training_loss", "test_loss"])
        for epoch, (train, test) in enumerate(zip(losses.train, losses.test, strict=True)):
            writer.writerow([epoch, f"{train:.6g}", "" if np.isnan(test) else f"{test:.6g}"])
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(losses.train, color="#0072B2", label="training images")
    measured = ~np.isnan(losses.test)
    if measured.any():
        axes.plot(
            measured.nonzero()[0], losses.test[measured], "o-", color="#D55E00", label="in-training test set"
        )
    axes.set(xlabel="epoch", ylabel="loss", title="Loss during training")
    axes.legend()
    figure.savefig(folder / "losses.png", dpi=100)
