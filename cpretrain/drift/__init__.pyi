from .correction import CorrectedMovie as CorrectedMovie
from .correction import correct_drift as correct_drift
from .correction import correct_movie as correct_movie
from .shifts_table import read_shifts as read_shifts
from .shifts_table import write_shifts as write_shifts
