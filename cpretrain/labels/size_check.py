"""Check that what was drawn on an image has the image's size."""

import os

from cpretrain.errors import BadInput


def check_size(
    path: str | os.PathLike, shape: tuple[int, ...], image: tuple[int, ...], cure: str | None = None
) -> None:
    """Check the size of a label image, or of any other pixels that belong to an image.

    Parameters
    ----------
    path : path-like
        Its file or name, for the error.
    shape, image : tuple of int
        Its height and width, and those of the image.
    cure : str, optional
        What to do about it.

    Raises
    ------
    BadInput
        When they differ.
    """
    if tuple(shape) != tuple(image):
        raise BadInput(
            f"{path}: differs in size from its image",
            found=f"{shape[0]} × {shape[1]} (height × width)",
            expected=f"{image[0]} × {image[1]}",
            cure=cure,
        )
