"""Retrain a Cellpose model on pairs of image and mask; the model folder says all that it came from."""

from cpretrain.training.inputs import network_inputs
from cpretrain.training.retraining import TrainResult, retrain
from cpretrain.training.sweep import SweepResult, sweep

__all__ = ["SweepResult", "TrainResult", "network_inputs", "retrain", "sweep"]
