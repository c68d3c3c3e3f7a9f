"""Results of importing ground truth, image by image."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpretrain.runtime.summary import Summary
from cpretrain.runtime.wording import counted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class MaskRow:
    """Ground truth of one image, a row of ``masks.csv``.

    Parameters
    ----------
    file : str
        Name of the image, and of the label image written.
    mask : str
        Name of the file it was read from; tiles are separated by ``|``.
    encoding : str
        Encoding of the file, in words.
    height, width : int
        Size of the label image in pixels.
    objects : int
        Number of objects; images without any are kept.
    touching_border, tiny, in_pieces, overlapping : int
        Numbers of objects at the edge of the data, smaller than 9 pixels, in several pieces, and partly covered by a
        smaller one.
    fit : float or None
        Strength of the image's edges under the outlines, 1 by chance; see `cpretrain.masks.fit.mask_fit`.
    notes : str
        Notes for the user, separated by ``; ``.
    ignored : float or None
        Share of the pixels that is ignored; None if all are known. The table has this column only if an image has a
        value in it.
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
    ignored: float | None = None


def as_rows(rows: Sequence[MaskRow]) -> list[dict[str, Any]]:
    """Return the rows as data, with the column of ignored pixels only if an image has some."""
    some = any(row.ignored is not None for row in rows)
    return [{name: value for name, value in asdict(row).items() if some or name != "ignored"} for row in rows]


@dataclass(frozen=True)
class MasksResult:
    """Result of an import.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the label images, ``masks.csv`` and ``masks.json``.
    rows : list of dict
        A `MaskRow` as data for each image.
    warnings : list of str
        Warnings for the user.
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
        """Return the number of objects, and the warnings."""
        line = f"{counted(self.objects, 'object')} in {counted(self.images, 'label image')} in {self.folder}"
        data = {"folder": self.folder, "masks": self.rows, "warnings": self.warnings}
        return Summary([line, *self.warnings], data)

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows of ``masks.csv`` as a table."""
        import pandas as pd

        return pd.DataFrame(self.rows)
