"""Rounds of annotation and retraining: from a first model to a good one."""

from cpretrain.rounds.finish import Finished, finish_round
from cpretrain.rounds.start import Started, start_round
from cpretrain.rounds.status import round_status

__all__ = ["Finished", "Started", "finish_round", "round_status", "start_round"]
