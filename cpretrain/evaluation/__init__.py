"""Did retraining help? Models and people scored on the same images, with intervals, and a verdict."""

from cpretrain.evaluation.comparison import EvaluateResult, evaluate
from cpretrain.evaluation.thresholds import parse_thresholds
from cpretrain.metrics import Scores, average_precision

__all__ = ["EvaluateResult", "Scores", "average_precision", "evaluate", "parse_thresholds"]
