"""Results of several models, a class each, put together into one."""

from cpretrain.combination.combine import CombineResult, combine

__all__ = ["CombineResult", "combine"]
