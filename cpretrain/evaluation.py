"""Did retraining help? The retrained and the base model on the same images that neither was trained on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.atomic import write_aside
from cpretrain.base_models import MODEL_RECORD, find_base
from cpretrain.dataset import Pair, load_pairs, read_split
from cpretrain.errors import BadInput
from cpretrain.metrics import Scores, average_precision
from cpretrain.progress import progress
from cpretrain.provenance import Provenance
from cpretrain.segmenter import Segmenter
from cpretrain.settings import EvaluateSettings, TrainSettings
from cpretrain.training import network_inputs, read_image

DEFINITION = "average_precision = TP / (TP + FP + FN), per image and IoU threshold"
RESAMPLES = 2000


@dataclass(frozen=True)
class EvaluateResult:
    """Scores of each model on the same images.

    Parameters
    ----------
    folder : pathlib.Path
        Where ``evaluation.csv``, ``evaluation_summary.csv`` and the pictures are.
    thresholds : tuple of float
        IoU thresholds.
    scores : dict of str to Scores
        By model: ``base`` and ``retrained``, arrays of shape (images, thresholds).
    images : tuple of str
        Names of the images.
    """

    folder: Path
    thresholds: tuple[float, ...]
    scores: dict[str, Scores]
    images: tuple[str, ...]

    def mean(self, model: str, threshold: float) -> float:
        """Mean average precision of a model over the images, at one threshold."""
        index = int(np.argmin(np.abs(np.asarray(self.thresholds) - threshold)))
        return float(self.scores[model].average_precision[:, index].mean())

    def table(self) -> str:
        """Base against retrained as a short table for people."""
        shown = [threshold for threshold in (0.5, 0.75, 0.9) if threshold in self.thresholds]
        shown = shown or list(self.thresholds)
        lines = [f"average precision, mean of {len(self.images)} validation images"]
        lines += ["IoU threshold   " + "".join(f"{threshold:>8g}" for threshold in shown)]
        for model in self.scores:
            lines.append(f"{model:<16}" + "".join(f"{self.mean(model, level):>8.3f}" for level in shown))
        return "\n".join(lines)

    def as_data(self) -> dict[str, Any]:
        """The means by model and threshold, for ``--json``."""
        return {
            "folder": self.folder,
            "images": len(self.images),
            "average_precision": {
                model: {str(level): round(self.mean(model, level), 6) for level in self.thresholds}
                for model in self.scores
            },
        }


def evaluate(
    model: Path,
    images: Path | None = None,
    masks: Path | None = None,
    against: str | None = None,
    settings: EvaluateSettings | None = None,
    out: Path | None = None,
) -> EvaluateResult:
    """Score a retrained model and its base on the same images.

    Parameters
    ----------
    model : pathlib.Path
        A model folder of this tool.
    images, masks : pathlib.Path, optional
        Folders of other images than the model's own validation images.
    against : str, optional
        The model to compare with, by default the base that it was retrained from.
    settings : EvaluateSettings, optional
        Thresholds and diameter.
    out : pathlib.Path, optional
        Where results go, by default into the model folder.

    Returns
    -------
    EvaluateResult

    Raises
    ------
    BadInput
        When the model or images are not there.
    """
    settings = settings or EvaluateSettings()
    record = _read_record(model)
    trained = TrainSettings.model_validate(record["settings"])
    pairs = _pairs(model, images, masks)
    folder = out or model
    thresholds = parse_thresholds(settings.thresholds)
    provenance = Provenance(
        "evaluate", settings, [path for pair in pairs for path in (pair.image, pair.mask)]
    )
    contenders = {
        "base": against or record["base"]["path"] or record["base"]["name"],
        "retrained": str(model),
    }
    inputs, truth = network_inputs(pairs, trained)
    predicted = _segment_all(contenders, inputs, settings)
    scores = {name: average_precision(truth, labels, thresholds) for name, labels in predicted.items()}
    result = EvaluateResult(folder, thresholds, scores, tuple(pair.image.name for pair in pairs))
    _write_scores(result, record)
    _write_summary(result, record, contenders)
    _draw_extremes(result, pairs, truth, predicted, trained.channel)
    provenance.write(folder / "evaluation.json", definition=DEFINITION, models=contenders, images=len(pairs))
    return result


def parse_thresholds(text: str) -> tuple[float, ...]:
    """Read IoU thresholds: ``0.5:0.95:0.05`` (both ends included) or ``0.5,0.75``.

    Raises
    ------
    BadInput
        When it is neither, or a threshold is not above 0 and at most 1.
    """
    try:
        if ":" in text:
            first, last, step = (float(part) for part in text.split(":"))
            values = first + step * np.arange(round((last - first) / step) + 1)
        else:
            values = np.array([float(part) for part in text.split(",")])
    except (ValueError, ZeroDivisionError) as error:
        raise BadInput(f"thresholds {text!r}: {error}", expected="0.5:0.95:0.05 or 0.5,0.75,0.9") from error
    if not values.size or not np.all((values > 0) & (values <= 1)):
        raise BadInput(f"thresholds {text!r}", expected="numbers above 0 and at most 1")
    return tuple(float(round(value, 6)) for value in values)


def bootstrap_interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """95 % percentile interval of the mean, from resampling the images with a fixed seed.

    Notes
    -----
    Efron & Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    draws = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def _read_record(model: Path) -> dict[str, Any]:
    path = model / MODEL_RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        record["base"]["name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{model}: is not a model folder",
            found=f"{type(error).__name__}: {error}",
            expected=f"a folder with {MODEL_RECORD}, made by cpretrain train",
        ) from error
    return dict(record)


def _pairs(model: Path, images: Path | None, masks: Path | None) -> Sequence[Pair]:
    if images is None and masks is None:
        return read_split(model / "split.csv").validation
    if images is None or masks is None:
        raise BadInput("--images and --masks belong together", cure="give both, or neither")
    return load_pairs(images, masks)


def _segment_all(
    contenders: dict[str, str], inputs: Sequence[NDArray[np.float32]], settings: EvaluateSettings
) -> dict[str, list[NDArray[np.uint32]]]:
    with progress("evaluate", len(contenders) * len(inputs)) as step:
        predicted: dict[str, list[NDArray[np.uint32]]] = {}
        for name, model in contenders.items():
            segmenter = Segmenter(find_base(model), settings.device)
            predicted[name] = []
            for image in inputs:
                predicted[name].append(segmenter.segment(image, settings))
                step(name)
    return predicted


def _training_columns(record: dict[str, Any]) -> dict[str, Any]:
    names = ("name", "base", "channel", "epochs", "learning_rate", "weight_decay", "images_per_epoch",
             "batch_size", "train_fraction", "seed")  # fmt: skip
    columns = {f"train_{name}": record["settings"][name] for name in names}
    return columns | {"cellpose": record["versions"]["cellpose"], "trained": record["written"]}


def _write_scores(result: EvaluateResult, record: dict[str, Any]) -> None:
    rows = [
        {
            "model": model,
            "image": image,
            "iou_threshold": threshold,
            "average_precision": round(float(scores.average_precision[i, j]), 6),
            "tp": scores.tp[i, j],
            "fp": scores.fp[i, j],
            "fn": scores.fn[i, j],
            **_training_columns(record),
        }
        for model, scores in result.scores.items()
        for i, image in enumerate(result.images)
        for j, threshold in enumerate(result.thresholds)
    ]
    _write_rows(result.folder / "evaluation.csv", rows)


def _write_summary(result: EvaluateResult, record: dict[str, Any], contenders: dict[str, str]) -> None:
    rows = []
    for model, scores in result.scores.items():
        for j, threshold in enumerate(result.thresholds):
            precision = scores.average_precision[:, j]
            low, high = bootstrap_interval(precision)
            rows.append(
                {
                    "model": model,
                    "weights": contenders[model],
                    "iou_threshold": threshold,
                    "images": len(precision),
                    "mean_average_precision": round(float(precision.mean()), 6),
                    "low_95": round(low, 6),
                    "high_95": round(high, 6),
                    "tp": scores.tp[:, j].sum(),
                    "fp": scores.fp[:, j].sum(),
                    "fn": scores.fn[:, j].sum(),
                    "definition": DEFINITION,
                    **_training_columns(record),
                }
            )
    _write_rows(result.folder / "evaluation_summary.csv", rows)


def _write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    import pandas as pd

    with write_aside(path) as aside:
        pd.DataFrame(rows).to_csv(aside, index=False)


def _draw_extremes(
    result: EvaluateResult,
    pairs: Sequence[Pair],
    truth: Sequence[NDArray[Any]],
    predicted: dict[str, list[NDArray[np.uint32]]],
    channel: int,
) -> None:
    """Draw the images that the retrained model does worst and best on; of equals, those with more objects."""
    from cpretrain.outline_picture import draw_outlines

    precision = result.scores["retrained"].average_precision.mean(axis=1)
    objects = np.array([np.unique(labels[labels > 0]).size for labels in truth])
    worst, best = np.lexsort((-objects, precision))[0], np.lexsort((objects, precision))[-1]
    for label, i in (("worst", worst), ("best", best)):
        image = read_image(pairs[i].image)
        titles = {"ground truth": truth[i]}
        for name, labels in predicted.items():
            first = result.scores[name].average_precision[i, 0]
            titles[f"{name}: AP {first:.2f} at IoU {result.thresholds[0]:g}"] = labels[i]
        draw_outlines(
            result.folder / f"evaluation_{label}.png",
            f"{label} image of {len(pairs)}: {result.images[i]}",
            image[channel - 1],
            titles,
        )
