from .frame import segment_frame as segment_frame
from .movies import PredictedMovie as PredictedMovie
from .movies import predict as predict
from .ready_model import ReadyModel as ReadyModel
from .ready_model import load_model as load_model
