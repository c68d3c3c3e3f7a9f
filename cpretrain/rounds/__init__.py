"""Rounds of annotation and retraining: from a first model to a good one."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
