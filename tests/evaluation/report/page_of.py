"""A report of real crops and synthetic predictions, as an evaluation writes it, without running a network."""

from pathlib import Path

import numpy as np
import tifffile

from cpretrain.dataset.pairs import Pair
from cpretrain.evaluation.compared_models import ComparedModel
from cpretrain.evaluation.model_scores import ImageSet
from cpretrain.evaluation.outcome import Evaluation
from cpretrain.evaluation.report.page import write_report
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.verdict import Verdict, reach_verdict
from cpretrain.models.folder import ModelFolder
from cpretrain.models.weights import ModelWeights
from cpretrain.settings.evaluation import EvaluateSettings
from tests.support.paths import FIELDS

THRESHOLDS = (0.5, 0.6, 0.75, 0.9)
SIZE = 100
RECORD = {
    "settings": {"name": "U2OS nuclei", "channel": 1, "epochs": 28, "second_channel": None},
    "base": {"name": "/models/base <b>", "sha256": "ab12"},
    "versions": {"cellpose": "3.1.1"},
}


def moved(labels: np.ndarray, by: int, lost: int) -> np.ndarray:
    """Return a plausible prediction: everything moved down by some pixels, with a fraction of the objects lost."""
    guess = np.roll(labels, by, axis=0).astype(np.uint32)
    ids = np.unique(guess[guess > 0])
    return np.where(np.isin(guess, ids[::lost]), 0, guess)


def scoring_of(number: int, image_set: str = "crop", people: bool = True) -> tuple[Scoring, list[Pair]]:
    """Score this many crops of the demo's fields: a base that is off by four pixels, a retrained model by one."""
    fields = sorted((FIELDS / "images").glob("*.tif"))
    pixels = [tifffile.imread(path) for path in fields]
    labels = [tifffile.imread(path.parents[1] / "labels" / path.name) for path in fields]
    pairs = [
        Pair(Path(f'crop {k} <b>&"{k % 7}.tif'), Path(f"{k}.tif"), fields[k % len(fields)].name)
        for k in range(number)
    ]
    scoring = Scoring(
        ImageSet(image_set, tuple(p.image.name for p in pairs), tuple(p.movie for p in pairs), THRESHOLDS)
    )
    rng = np.random.default_rng(0)
    for k in range(number):
        image, truth = pixels[k % len(fields)], labels[k % len(fields)]
        y, x = (int(rng.integers(0, length - SIZE)) for length in image.shape)
        cut = slice(y, y + SIZE), slice(x, x + SIZE)
        crop = np.unique(truth[cut], return_inverse=True)[1].reshape(SIZE, SIZE).astype(np.uint16)
        label_images = {"base": moved(crop, 4, 3), "retrained": moved(crop, 1, 9)}
        if people and k % 2 == 0:
            label_images["human"] = moved(crop, 1, 20)
        scoring.add(image[cut], crop, label_images)
    return scoring, pairs


def write_example(
    path: Path, number: int = 12, people: bool = True, model: Path = Path("a & b")
) -> tuple[Verdict, Scoring]:
    """Write the page; without losses or tuning if `model` is not a folder."""
    scoring, pairs = scoring_of(number, people=people)
    evaluation = evaluation_of(scoring, pairs, model)
    write_report(path, evaluation)
    return evaluation.verdict, scoring


def evaluation_of(scoring: Scoring, pairs: list[Pair], model: Path = Path("a & b")) -> Evaluation:
    """Return an evaluation with one image set."""
    verdict = reach_verdict({(scoring.image_set.name, name): one for name, one in scoring.models.items()})
    models = [
        ComparedModel(name, ModelWeights(name, None), EvaluateSettings().filled())
        for name in ("base", "retrained")
    ]
    return Evaluation(ModelFolder(model), RECORD, {"crop": pairs}, models, [scoring], verdict)
