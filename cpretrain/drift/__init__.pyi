from .correction import CorrectedMovie as CorrectedMovie
from .correction import correct_drift as correct_drift
from .correction import correct_movie as correct_movie
from .in_fiji import correct_drift_in_fiji as correct_drift_in_fiji
from .in_fiji import open_fiji as open_fiji
from .shifts_table import read_shifts as read_shifts
from .shifts_table import write_shifts as write_shifts
