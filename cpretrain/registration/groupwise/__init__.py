"""Group-wise measurement: a drift that many pairs of frames agree on, confirmed by the mean of the aligned frames."""
