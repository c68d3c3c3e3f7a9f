from .tracks import Tracks as Tracks
from .tracks import track_labels as track_labels
from .tracks_table import COLUMNS as COLUMNS
from .tracks_table import read_tracks as read_tracks
from .tracks_table import write_tracks as write_tracks
