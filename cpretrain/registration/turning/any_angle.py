"""Match two images whose relative rotation can be any angle."""

import numpy as np

from cpretrain.registration.groupwise.pair_shift import shift_between, spectrum_of
from cpretrain.registration.groupwise.prepared_image import Contrast, _reduced
from cpretrain.registration.turning.pose import Pose, matrix
from cpretrain.registration.turning.rigid_match import RigidMatch, match_rigidly
from cpretrain.registration.turning.warp import seen_from

EDGE, STEP, TRIED = 80, 4.0, 3
"""Edge length of the reduced images, degrees between the tried angles, and number of angles to refine."""


def match_at_any_angle(later: Contrast, earlier: Contrast) -> RigidMatch:
    """Try all angles on small images, and refine the best ones, like `match_rigidly` without a first guess."""
    by = max(1, min(later.values.shape[1:]) // EDGE)
    small = [Contrast(_reduced(image.values, by)) for image in (later, earlier)]
    spectrum = spectrum_of(small[1])
    tried = []
    for angle in np.deg2rad(np.arange(0, 360, STEP)).tolist():
        turned = seen_from(small[0], Pose(angle))
        found = shift_between(spectrum_of(Contrast(turned.values)), spectrum)
        y, x = matrix(angle) @ found.shift[1:]
        tried.append((found.score, Pose(angle, y, x)))
    best = sorted(tried, key=lambda one: -one[0])[:TRIED]
    return max(
        (match_rigidly(later, earlier, pose.scaled(by)) for _, pose in best), key=lambda match: match.score
    )
