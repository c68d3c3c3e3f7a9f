from . import settings as settings
from .combination import combine as combine
from .crops import cut_crops as cut_crops
from .crops import draw_crops as draw_crops
from .drift import correct_drift as correct_drift
from .drift import correct_drift_in_fiji as correct_drift_in_fiji
from .drift import open_fiji as open_fiji
from .errors import BadInput as BadInput
from .evaluation import agree as agree
from .evaluation import evaluate as evaluate
from .export import export_model as export_model
from .images import TimeLapse as TimeLapse
from .masks import import_masks as import_masks
from .metrics import average_precision as average_precision
from .pipeline import run_experiment as run_experiment
from .prediction import load_model as load_model
from .prediction import predict as predict
from .qupath import make_qupath_project as make_qupath_project
from .registration import DriftCurve as DriftCurve
from .registration import measure_drift as measure_drift
from .registration import undo_drift as undo_drift
from .rounds import finish_round as finish_round
from .rounds import round_status as round_status
from .rounds import start_round as start_round
from .training import retrain as retrain
from .training import sweep as sweep

__version__: str
