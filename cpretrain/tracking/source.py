"""What belongs to the label images of a movie: the movie that was segmented, and the drift that was corrected in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name
from cpretrain.images.ome_zarr_labels import image_of
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.pairing import bare, stem
from cpretrain.labels.predicted import LabelImages
from cpretrain.registration.canvas import Canvas, canvas_for
from cpretrain.registration.shifts_table import read_shifts
from cpretrain.storage.json_file import read_json


@dataclass(frozen=True)
class Source:
    """The label images of one movie, and what belongs to them.

    Parameters
    ----------
    labels : LabelImages
        Label images and their table of objects.
    movie : pathlib.Path or None
        The movie that was segmented, if it is known.
    """

    labels: LabelImages
    movie: Path | None

    @property
    def shifts(self) -> Path | None:
        """The table of shifts beside the movie, if it was corrected for drift."""
        return self._beside(".shifts.csv")

    def inputs(self) -> list[Path]:
        """List the files of the movie and of its drift correction."""
        if self.movie is None:
            return []
        with TimeLapse(self.movie) as movie:
            files = movie.files
        beside = (self.shifts, self._beside(".json")) if self.shifts else ()
        return [*files, *(path for path in beside if path)]

    def canvas(self) -> Canvas | None:
        """Return where the raw frames lie on the corrected movie; None if it was not corrected for drift.

        Raises
        ------
        BadInput
            When the table of shifts has no record of a drift correction beside it.
        """
        if not self.shifts:
            return None
        try:
            facts = read_json(self.shifts.with_name(f"{self.shifts.name.removesuffix('.shifts.csv')}.json"))
            shape = tuple(int(length) for length in facts["shape"]["raw"])[1:]
            sub_pixel = bool(facts["settings"]["sub_pixel"])
            z, c, y, x = shape
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput(
                f"{self.shifts}: has no record of the drift correction beside it, which raw positions need",
                expected=f"{self.shifts.name.removesuffix('.shifts.csv')}.json",
                cure="correct the drift again, or move the table of shifts away to do without these positions",
            ) from error
        return canvas_for(read_shifts(self.shifts), (z, c, y, x), sub_pixel)

    def _beside(self, suffix: str) -> Path | None:
        if self.movie is None:
            return None
        path = (self.movie.parent / corrected_name(self.movie)).with_suffix(suffix)
        return path if path.is_file() else None


def source_of(labels: LabelImages, images: Sequence[Path] | None) -> Source:
    """Find the movie that label images belong to.

    Parameters
    ----------
    labels : LabelImages
        The label images.
    images : sequence of pathlib.Path, optional
        The movies that were segmented; by default, the one that the record of the prediction names, if it lies in the
        same place relative to the predictions.

    Raises
    ------
    BadInput
        When none of `images` has the name of the label images.
    """
    if images is None:
        return Source(labels, image_of(labels.path) or _recorded(labels))
    named = [path for path in images if bare(stem(corrected_name(path))) == bare(labels.name)]
    if not named:
        raise BadInput(
            f"{labels.path}: there is no movie of this name",
            found=", ".join(path.name for path in images[:5]),
            expected=f"{labels.name}.tif",
        )
    return Source(labels, named[0])


def _recorded(labels: LabelImages) -> Path | None:
    record = labels.table.with_name(f"{labels.table.name.removesuffix('.objects.csv')}.json")
    try:
        placed = str(read_json(record)["movie"])
    except (BadInput, OSError, ValueError, KeyError, TypeError):
        return None
    beside = record.resolve().parent.parent / placed
    return beside if beside.exists() else None
