from .grid_search import SweepResult as SweepResult
from .grid_search import sweep as sweep
from .inputs import network_inputs as network_inputs
from .retraining import TrainResult as TrainResult
from .retraining import retrain as retrain
