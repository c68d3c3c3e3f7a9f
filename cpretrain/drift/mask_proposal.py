"""Write a proposed mask of still structure beside the picture, ready to be used."""

import io
from pathlib import Path

import numpy as np

from cpretrain.drift.inspection import Inspected
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.curve import DriftCurve
from cpretrain.registration.pixel_mask import read_mask
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.atomic import write_aside


def propose_mask(
    path: Path, inspected: Inspected, curve: DriftCurve, movie: TimeLapse, settings: DriftSettings
) -> Path | None:
    """Write a PNG that is white where still structure holds the frames, or would; return None if there is none.

    The mask in use, if any, is part of the proposal.
    """
    mask = curve.robust.left_out if curve.robust else inspected.still
    if mask is None:
        return None
    from PIL import Image

    if settings.mask is not None:
        _, planes, _, height, width = movie.shape
        mask = mask | read_mask(settings.mask, (planes, height, width)).any(axis=0, keepdims=True)
    data = io.BytesIO()
    Image.fromarray(np.where(mask[0], 255, 0).astype(np.uint8)).save(data, "PNG")
    with write_aside(path) as aside:
        aside.write_bytes(data.getvalue())
    return path
