"""Cellpose: weights, the zoo, normalization, the segmenter, and what a model folder says."""
