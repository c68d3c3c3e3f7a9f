from .frame import segment_frame as segment_frame
from .movies import PredictedMovie as PredictedMovie
from .movies import predict as predict
