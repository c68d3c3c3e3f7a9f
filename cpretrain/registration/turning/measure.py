"""Measure the angle of the sample in every frame, after its drift."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cpretrain.images.timelapse import Frames
from cpretrain.registration.curve import DriftCurve, FramePair
from cpretrain.registration.frame_images import DriftImages
from cpretrain.registration.groupwise.consensus import CERTAIN
from cpretrain.registration.groupwise.frames import ContrastFrames
from cpretrain.registration.groupwise.pair_shift import SMOOTHED, standard_error
from cpretrain.registration.groupwise.prepared_image import Contrast
from cpretrain.registration.turning.any_angle import match_at_any_angle
from cpretrain.registration.turning.pose import Pose
from cpretrain.registration.turning.rigid_match import likeness, match_rigidly
from cpretrain.registration.turning.warp import seen_from
from cpretrain.settings.drift import DriftSettings

STILL = 0.5
"""Movement at the corners of a frame, in pixels, up to which the sample counts as not turning."""
TELLING = 40.0
"""Mean gain by the angles up to which the sample counts as not turning: noise gains 1, a faint grainy sample 30."""
DOUBTFUL = 0.5
"""Fraction of the usual correlation below which all angles are tried."""
MEANS = 2
"""Number of times that all frames are matched with their mean."""


def with_angles(movie: Frames, curve: DriftCurve, settings: DriftSettings) -> DriftCurve:
    """Return a curve with the angle of every frame, and with the drift of the middle of the frame in y and x.

    Parameters
    ----------
    movie : Frames
        The movie; frames are read again, several times each.
    curve : DriftCurve
        Drift without rotation, as a first guess in y and x, and for z.
    settings : DriftSettings
        Measured channel, area and limits.

    Returns
    -------
    DriftCurve
        Angles in degrees relative to frame 0, anticlockwise on the screen, and fractions of pixels; the given
        curve if nothing turns.

    Notes
    -----
    Volumes are measured on their mean over z, because a stage turns in the plane. Each frame is matched with the one
    before it, and then with the mean of all others, turned back.
    """
    flat = settings.replace(only_xy=True)
    images = DriftImages(movie, flat)
    if curve.robust is not None and curve.robust.left_out is not None:
        images = images.leaving_out(curve.robust.left_out)
    _, y, x = images.image(0)[0].shape
    frames = ContrastFrames(images, (1, y, x))
    relied = [t for t in range(movie.shape[0]) if t not in curve.bridged and frames.reduced(t).values.any()]
    if len(relied) < 2:
        return curve
    poses, sure = _chained(frames, relied, curve)
    gain = 0.0
    for _ in range(MEANS):
        poses, gain = _with_mean(frames, poses)
    if gain < TELLING or max(abs(pose.angle) for pose in poses.values()) * np.hypot(y, x) / 2 < STILL:
        return curve
    cut_off = np.array([y % frames.by, x % frames.by]) / 2
    return _curve(curve, {t: pose.scaled(frames.by).about(-cut_off) for t, pose in poses.items()}, sure)


def _chained(
    frames: ContrastFrames, relied: list[int], curve: DriftCurve
) -> tuple[dict[int, Pose], list[FramePair]]:
    """Match each frame with the one before it, in pixels of the reduced images; return the pairs with a result too."""
    poses = {relied[0]: Pose()}
    sure: list[FramePair] = []
    scores: list[float] = []
    for before, t in pairwise(relied):
        later, earlier = frames.reduced(t), frames.reduced(before)
        y, x = ((curve.drift[t] - curve.drift[before])[1:] / frames.by).tolist()
        found = match_rigidly(later, earlier, Pose(0.0, y, x))
        usual = DOUBTFUL * float(np.median(scores)) if scores else 1.0
        if found.score < usual:
            found = max(found, match_at_any_angle(later, earlier), key=lambda match: match.score)
        scores.append(found.score)
        chance = CERTAIN * standard_error(later.values.shape, np.zeros(3))
        if found.score < chance:
            found = found._replace(pose=Pose(0.0, y, x))
        elif found.score >= DOUBTFUL * np.median(scores):
            sure.append((before, t))
        poses[t] = found.pose.shortest().after(poses[before])
    return poses, sure


def _with_mean(frames: ContrastFrames, poses: dict[int, Pose]) -> tuple[dict[int, Pose], float]:
    """Match each frame with the mean of the others in frame 0's pose; with too little in common, its pose stays.

    The second value is the mean of twice the gain in log likelihood by the angles, about 1 if nothing turns.
    """
    shape = frames.reduced(0).values.shape
    total, count = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for t, pose in poses.items():
        back = seen_from(frames.reduced(t), pose)
        total += back.values
        count += _counts(back)
    better, gains = {}, []
    for t, pose in poses.items():
        back = seen_from(frames.reduced(t), pose)
        number = count - _counts(back)
        mean = np.divide(total - back.values, number, out=np.zeros(shape, np.float32), where=number > 0)
        others = Contrast(mean, np.ascontiguousarray(number > 0, np.float32))
        found = match_rigidly(frames.reduced(t), others, pose)
        better[t] = found.pose if found.score > 0 else pose
        unturned = likeness(frames.reduced(t), others, better[t]._replace(angle=0.0))
        pixels = frames.reduced(t).values.size / SMOOTHED
        gains.append(
            pixels * (found.score * abs(found.score) - unturned * abs(unturned)) / (1 - found.score**2 + 1e-6)
        )
    return better, float(np.mean(gains))


def _counts(image: Contrast) -> NDArray[np.float32]:
    assert image.kept is not None
    return image.kept


def _curve(curve: DriftCurve, poses: dict[int, Pose], sure: list[FramePair]) -> DriftCurve:
    """Put poses, relative to frame 0, into a curve; frames without one are interpolated."""
    known = sorted(poses)
    frames = np.arange(len(curve.drift))
    angle, y, x = (np.interp(frames, known, [poses[t][i] for t in known]) for i in range(3))
    back = Pose(angle[0], y[0], x[0]).inverse()
    relative = [Pose(*pose).after(back) for pose in zip(angle, y, x, strict=True)]
    degrees = np.rad2deg([pose.angle for pose in relative])
    drift = curve.drift.copy()
    drift[:, 1:] = [(pose.y, pose.x) for pose in relative]
    matched = {*pairwise(known)} - {*sure}
    uncertain = sorted({*(curve.uncertain_pairs or ())} - {*sure} | matched)
    return replace(
        curve,
        drift=drift.astype(np.float32),
        angle=degrees.astype(np.float32),
        uncertain_pairs=tuple(uncertain),
    )
