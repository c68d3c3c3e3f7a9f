"""Segment whole time-lapses and stacks with a model, frame by frame."""

from cpretrain.prediction.movies import PredictedMovie, predict

__all__ = ["PredictedMovie", "predict"]
