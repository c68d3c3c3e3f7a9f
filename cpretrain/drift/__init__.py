"""Step 1: correct the drift of movies."""

from cpretrain.drift.correction import CorrectedMovie as CorrectedMovie
from cpretrain.drift.correction import correct_drift as correct_drift
from cpretrain.registration.measure import measure_drift as measure_drift
