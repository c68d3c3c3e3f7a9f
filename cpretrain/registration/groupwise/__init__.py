"""Drift that many pairs of frames agree on, and that the mean of the aligned frames confirms."""
