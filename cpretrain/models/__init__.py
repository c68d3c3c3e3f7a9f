"""Cellpose: weights, the zoo, normalization, the segmenter, and the record in a model folder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
