"""Retrain Cellpose on your own time-lapses, and see whether it helped.

The steps, in the order in which data flows; each takes paths, and settings from `cpretrain.settings`::

    correct_drift → cut_crops → (draw in QuPath) → import_masks → retrain → evaluate → predict

Arrays work too: `measure_drift`, `undo_drift`, `load_model` and `average_precision` take and return them. Names are
imported on first use.
"""

import lazy_loader

__version__ = "0.2.0"

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
