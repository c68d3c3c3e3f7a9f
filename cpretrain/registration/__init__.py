"""The native drift engine: the measurement of Fiji's "Correct 3D drift" without Java.

``measure`` measures a movie, ``phase_correlation`` a pair of frames; the other modules are their parts.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
