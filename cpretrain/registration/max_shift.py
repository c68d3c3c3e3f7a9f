"""Treatment of measured shifts that are larger than max_shift."""

from cpretrain.registration.curve import PairDrift
from cpretrain.settings.drift import DriftSettings

Whole3 = tuple[int, int, int]


def limited(
    drift: tuple[float, float, float], uncertain: bool, settings: DriftSettings, steps: int = 1
) -> PairDrift:
    """Clip the drift of a pair to max_shift, or keep it if so set; either way it is flagged.

    Parameters
    ----------
    drift : tuple of float
        Movement of the sample between the two frames, in z, y, x, in pixels.
    uncertain : bool
        True if the images do not determine it.
    settings : DriftSettings
        max_shift (in x, y, z) and keep_large_shifts.
    steps : int
        Number of frames between the two, each of which may move by max_shift.
    """
    limits = [steps * limit for limit in settings.max_shift[::-1]]
    z, y, x = (max(-limit, min(limit, value)) for value, limit in zip(drift, limits, strict=True))
    large = (z, y, x) != drift
    if settings.keep_large_shifts:
        return PairDrift(drift, uncertain=uncertain, large=large)
    return PairDrift((z, y, x), clipped=large, uncertain=uncertain)
