"""All that came of a comparison: what tables and page are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cpretrain.dataset.pairs import Pair
from cpretrain.evaluation.compared_models import ComparedModel
from cpretrain.evaluation.scoring import Scoring
from cpretrain.evaluation.verdict import Verdict
from cpretrain.models.folder import ModelFolder


@dataclass(frozen=True)
class Evaluation:
    """What was compared, and what came of it.

    Parameters
    ----------
    model : ModelFolder
        The retrained model.
    record : mapping
        Its ``model.json``.
    views : mapping of str to sequence of Pair
        The images of each view.
    contenders : sequence of ComparedModel
        The models, and what they were used with.
    scorings : sequence of Scoring
        Scores of each view, the one that the verdict is about first.
    verdict : Verdict
        Whether retraining helped.
    """

    model: ModelFolder
    record: Mapping[str, Any]
    views: Mapping[str, Sequence[Pair]]
    contenders: Sequence[ComparedModel]
    scorings: Sequence[Scoring]
    verdict: Verdict
