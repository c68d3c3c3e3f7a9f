"""Rounds of annotation and retraining: from a first model to a good one."""

from cpretrain.rounds.finishing import Finished, finish_round
from cpretrain.rounds.starting import Started, start_round
from cpretrain.rounds.status import round_status

__all__ = ["Finished", "Started", "finish_round", "round_status", "start_round"]
