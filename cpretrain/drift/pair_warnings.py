"""Tell a person in one line what of a measured drift deserves a look."""

from collections.abc import Sequence

import numpy as np

from cpretrain.registration.curve import DriftCurve, Pair
from cpretrain.runtime.console import warn
from cpretrain.settings.drift import DriftSettings


def warn_of_pairs(name: str, curve: DriftCurve, settings: DriftSettings) -> None:
    """Warn of pairs of frames that were clipped, that moved further than max_shift, or that are uncertain.

    Parameters
    ----------
    name : str
        Name of the movie.
    curve : DriftCurve
        What was measured.
    settings : DriftSettings
        How.
    """
    said = []
    limit = f"--max-shift {' '.join(map(str, settings.max_shift))}"
    if curve.clipped_pairs:
        said.append(f"{_pairs(curve.clipped_pairs)} moved further than {limit}, and the shift was cut")
    if curve.large_pairs:
        frames_from, frames_to = np.array(curve.large_pairs).T
        farthest = np.abs(curve.drift[frames_to] - curve.drift[frames_from]).max()
        said.append(
            f"{_pairs(curve.large_pairs)} moved further than {limit}, by up to {farthest:g} pixels, as measured"
        )
    if curve.uncertain_pairs:
        said.append(f"{_pairs(curve.uncertain_pairs)} are uncertain: the images do not determine the shift")
    if said:
        warn(f"{name}: {'; '.join(said)}")


def _pairs(pairs: Sequence[Pair]) -> str:
    """Count pairs of frames, and name the first ones."""
    named = ", ".join(f"{frame_from}–{frame_to}" for frame_from, frame_to in pairs[:3])
    more = ", …" if len(pairs) > 3 else ""
    return f"{len(pairs)} pair{'s' * (len(pairs) > 1)} of frames ({named}{more})"
