"""Labels saved by Cellpose's own window, ``NAME_seg.npy``; no code in such a file is run."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from cpretrain.errors import BadInput, DamagedFile
from cpretrain.storage.safe_pickle import PlainArray, read_object

ENDING = "_seg.npy"
PREDICTED = "predicted by cpretrain"
"""A key that the window drops when it saves: it marks files that nobody has corrected yet."""


def read_window_file(path: Path) -> NDArray[Any] | None:
    """Read the labels that Cellpose's window saved.

    Returns
    -------
    ndarray of int, shape (Y, X), or None
        None if nothing was saved since the file was written here.

    Raises
    ------
    BadInput
        When the file holds no labels, or anything except numbers, texts and arrays. No code in it is run.
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
    """Read the labels that the user saved in Cellpose's window.

    Returns
    -------
    ndarray of int, shape (Y, X)

    Raises
    ------
    BadInput
        When the file cannot be read, or holds a prediction that was never saved in the window.
    """
    labels = read_window_file(path)
    if labels is None:
        raise BadInput(
            f"{path}: holds a prediction that nobody has corrected and saved",
            expected="masks that a person has corrected",
            cure="open the image in Cellpose's window, correct the masks, and save them (Ctrl+S)",
        )
    return labels
