"""What becomes of a measured shift that is larger than max_shift."""

from cpretrain.registration.curve import PairDrift
from cpretrain.settings.drift import DriftSettings

Whole3 = tuple[int, int, int]


def limited(
    drift: tuple[float, float, float], uncertain: bool, settings: DriftSettings, steps: int = 1
) -> PairDrift:
    """Cut the drift of a pair to max_shift, or keep it where that is asked for; either way it is marked.

    Parameters
    ----------
    drift : tuple of float
        What the sample did between the two frames, in z, y, x pixels.
    uncertain : bool
        Whether the images do not determine it.
    settings : DriftSettings
        max_shift (in x, y, z), keep_large_shifts.
    steps : int
        Number of frames that it took, each of which may move so far.
    """
    limits = [steps * limit for limit in settings.max_shift[::-1]]
    z, y, x = (max(-limit, min(limit, value)) for value, limit in zip(drift, limits, strict=True))
    large = (z, y, x) != drift
    if settings.keep_large_shifts:
        return PairDrift(drift, uncertain=uncertain, large=large)
    return PairDrift((z, y, x), clipped=large, uncertain=uncertain)
