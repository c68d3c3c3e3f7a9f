from .movies import TrackedMovie as TrackedMovie
from .movies import track as track
from .plots import PlotResult as PlotResult
from .plots import plot_tracks as plot_tracks
