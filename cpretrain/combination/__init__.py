"""Results of several models, a class each, put together into one."""

from cpretrain.combination.movies import CombineResult, combine

__all__ = ["CombineResult", "combine"]
