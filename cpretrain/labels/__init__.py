"""Ground truth from QuPath, and predictions back to it.

``encodings`` reads label images, ``geojson`` and ``imagej_roi`` read and write outlines, ``pairing`` matches files with
images. ``cpretrain.masks`` puts them together.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
