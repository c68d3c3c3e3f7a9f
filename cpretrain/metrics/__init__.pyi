from .overlaps import find_overlaps as find_overlaps
from .scores import Scores as Scores
from .scores import average_precision as average_precision
