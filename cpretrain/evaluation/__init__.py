"""Did retraining help? Models and people scored on the same images, with intervals, and a verdict."""

from cpretrain.evaluation.comparison import evaluate
from cpretrain.evaluation.iou_thresholds import parse_thresholds
from cpretrain.evaluation.result import EvaluateResult
from cpretrain.metrics.scores import Scores, average_precision

__all__ = ["EvaluateResult", "Scores", "average_precision", "evaluate", "parse_thresholds"]
