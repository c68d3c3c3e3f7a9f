"""Segment whole time-lapses and stacks with a model, frame by frame."""

from cpretrain.prediction.predicting import PredictedMovie, predict

__all__ = ["PredictedMovie", "predict"]
