"""Paths of a prediction: its inputs, its results, and its unfinished work."""

from dataclasses import dataclass
from pathlib import Path

from cpretrain.dataset.crops_table import NAME, crop_of
from cpretrain.images.discovery import corrected_name
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.pairing import stem
from cpretrain.storage.unfinished import UnfinishedFolder


@dataclass(frozen=True)
class PredictionFiles:
    """The files of one segmented movie or image.

    Parameters
    ----------
    source : pathlib.Path
        The movie.
    folder : pathlib.Path
        Folder of its results.
    """

    source: Path
    folder: Path

    @property
    def name(self) -> str:
        """Name of the movie without its ending, which its results are named after."""
        return stem(corrected_name(self.source))

    @property
    def labels(self) -> Path:
        """The label images, under the movie's own name."""
        return self.folder / corrected_name(self.source)

    @property
    def objects(self) -> Path:
        """The object table."""
        return self.folder / f"{self.name}.objects.csv"

    @property
    def record(self) -> Path:
        """The record of the label images and the table, written after them."""
        return self.folder / f"{self.name}.json"

    @property
    def geojson(self) -> Path:
        """Outlines for QuPath."""
        return self.folder / f"{self.name}.geojson"

    @property
    def rois(self) -> Path:
        """Outlines for ImageJ."""
        return self.folder / f"{self.name}_RoiSet.zip"

    @property
    def picture(self) -> Path:
        """The picture of a single plane."""
        return self.folder / f"{self.name}.png"

    @property
    def pictures(self) -> Path:
        """Folder of the pictures of a movie or stack."""
        return self.folder / f"{self.name}_png"

    @property
    def unfinished(self) -> UnfinishedFolder:
        """Frames of an interrupted run."""
        return UnfinishedFolder(self.folder / self.name)

    @property
    def outputs(self) -> list[Path]:
        """Label images and table, from which all other results are made."""
        return [self.labels, self.objects]

    @property
    def is_crop(self) -> bool:
        """True if the image is a crop listed in the table beside it."""
        return crop_of(self.source) is not None

    def inputs(self, movie: TimeLapse) -> list[Path]:
        """List the files that the result depends on."""
        return [*movie.files, *([self.source.parent / NAME] if self.is_crop else [])]
