"""Ground truth from QuPath, and predictions back to it.

``label_image`` reads label TIFFs, ``geojson`` and ``imagej_roi`` read and write outlines, ``pairing`` knows which file
belongs to which image. ``cpretrain.masks`` puts them together.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
