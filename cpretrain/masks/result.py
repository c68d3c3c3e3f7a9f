"""What importing ground truth found, image by image."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpretrain.runtime.summary import Summary
from cpretrain.runtime.wording import counted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class MaskRow:
    """What became of one image's ground truth, a row of ``masks.csv``.

    Parameters
    ----------
    file : str
        Name of the image, and of the label image written.
    mask : str
        Where it was read from; tiles are separated by ``|``.
    encoding : str
        What the file was, in words.
    height, width : int
        Size of the label image in pixels.
    objects : int
        Number of objects; images without any are kept.
    touching_border, tiny, in_pieces, overlapping : int
        Objects at the edge of the data, smaller than 9 pixels, in several pieces, and of those that a smaller
        one covers in part.
    fit : float or None
        How strong the edges of the image are under the outlines, chance being 1; see `cpretrain.qupath.mask_fit`.
    notes : str
        What a person should know, separated by ``; ``.
    """

    file: str
    mask: str
    encoding: str
    height: int
    width: int
    objects: int
    touching_border: int = 0
    tiny: int = 0
    in_pieces: int = 0
    overlapping: int = 0
    fit: float | None = None
    notes: str = ""


@dataclass(frozen=True)
class MasksResult:
    """What an import wrote.

    Parameters
    ----------
    folder : pathlib.Path
        The label images, ``masks.csv`` and ``masks.json``.
    rows : list of dict
        A `MaskRow` as data for each image.
    warnings : list of str
        What a person should look at.
    """

    folder: Path
    rows: list[dict[str, Any]]
    warnings: list[str] = field(default_factory=list)

    @property
    def images(self) -> int:
        """Number of label images."""
        return len(self.rows)

    @property
    def objects(self) -> int:
        """Number of objects in all of them."""
        return sum(row["objects"] for row in self.rows)

    def summary(self) -> Summary:
        """Return how many objects there are, and what a person should look at."""
        line = f"{counted(self.objects, 'object')} in {counted(self.images, 'label image')} in {self.folder}"
        data = {"folder": self.folder, "masks": self.rows, "warnings": self.warnings}
        return Summary([line, *self.warnings], data)

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows of ``masks.csv``."""
        import pandas as pd

        return pd.DataFrame(self.rows)
