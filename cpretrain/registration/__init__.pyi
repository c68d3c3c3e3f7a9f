from .canvas import Canvas as Canvas
from .canvas import canvas_for as canvas_for
from .curve import DriftCurve as DriftCurve
from .measure import measure_drift as measure_drift
from .undo import undo_drift as undo_drift
from .valid_area import covered_area as covered_area
