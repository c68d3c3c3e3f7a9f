"""Size, pixel type and channels of an image, from its header."""

import os
from dataclasses import dataclass

import numpy as np

from cpretrain.errors import BadInput
from cpretrain.images.tiff.integrity import check_page
from cpretrain.images.tiff.opened_image import full_pages, opened_image
from cpretrain.runtime.spelling import command

MOST_CHANNELS = 5
"""Up to this many planes without named axes are taken for channels."""

_IMAGE = "an image as TIFF", "open the image in Fiji and save it with File > Save As > Tiff"


@dataclass(frozen=True)
class ImageFacts:
    """Header of an image: height and width in pixels, pixel type, number of channels."""

    size: tuple[int, int]
    dtype: str
    channels: int


def describe_image(path: str | os.PathLike) -> ImageFacts:
    """Read the header of a training image of one plane, with one or several channels.

    Raises
    ------
    BadInput
        When the file is damaged, or holds several planes along z or t.
    """
    with opened_image(path, *_IMAGE) as file:
        series = file.series[0]
        lengths = dict(zip(series.axes, series.shape, strict=True))
        extra = {axis: count for axis, count in lengths.items() if axis not in "YXCS" and count > 1}
        # a stack without named axes, as written by plain writers, is taken for channels if it is short enough
        unnamed = [extra.pop(axis) for axis in ("Q", "I") if extra.get(axis, 99) <= MOST_CHANNELS]
        if extra:
            raise BadInput(
                f"{path}: is not one plane",
                found=f"axes {series.axes} of lengths {series.shape}",
                expected="one plane in z and t, axes YX or CYX",
                cure=f"cut training crops from it with {command('crops')}",
            )
        for page in full_pages(file):
            check_page(path, page)
        channels = lengths.get("C", 1) * lengths.get("S", 1) * int(np.prod(unnamed, dtype=int))
        return ImageFacts((int(lengths["Y"]), int(lengths["X"])), str(series.dtype), channels)
