"""Labels that Cellpose's own window saves, ``NAME_seg.npy``; nothing in such a file is run."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.storage.safe_pickle import PlainArray, read_object

ENDING = "_seg.npy"
PREDICTED = "predicted by cpretrain"
"""A key that the window does not know, and does not keep when it saves: tells files that nobody has looked at."""


def read_window_file(path: Path) -> NDArray[Any] | None:
    """Read the labels, axes (Y, X), that Cellpose's window saved.

    Returns
    -------
    ndarray of int or None
        None where nothing was saved since the file was written here.

    Raises
    ------
    BadInput
        When the file holds no labels, or more than numbers, texts and arrays. Nothing in it is run.
    """
    content = read_object(path)
    masks = content.get("masks") if isinstance(content, dict) else None
    if not isinstance(masks, PlainArray):
        raise BadInput(f"{path}: holds no masks", expected="a file saved by Cellpose's window")
    if PREDICTED in content:
        return None
    try:
        labels = masks.numbers()
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedFile(
            path, error, problem="its masks cannot be read", expected=None, cure=None
        ) from error
    if labels.ndim != 2 or labels.dtype.kind not in "biu" or labels.min(initial=0) < 0:
        raise BadInput(
            f"{path}: its masks are no label image",
            found=f"shape {labels.shape}, {labels.dtype}",
            expected="whole numbers, 0 or more, of one plane",
        )
    return labels


def read_saved(path: Path) -> NDArray[Any]:
    """Read the labels, axes (Y, X), that a person saved in Cellpose's window.

    Raises
    ------
    BadInput
        When it cannot be read, or holds what was predicted and never saved.
    """
    labels = read_window_file(path)
    if labels is None:
        raise BadInput(
            f"{path}: holds what was predicted, and nobody has saved it",
            expected="masks that a person has corrected",
            cure="open the image in Cellpose's window, correct the masks, and save them (Ctrl+S)",
        )
    return labels
