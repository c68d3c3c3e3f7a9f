"""The native drift engine: measures what Fiji's "Correct 3D drift" measures, without Java.

``native_drift`` measures a movie, ``phase_correlation`` a pair of frames; the rest are their parts.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
