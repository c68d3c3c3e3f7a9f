"""The native drift engine: measures what Fiji's "Correct 3D drift" measures, without Java.

``native_drift`` measures a movie, ``phase_correlation`` a pair of frames; the rest are their parts.
"""
