"""Track the objects of segmented movies, and write their tracks for pandas, Fiji, TrackMate and napari."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
