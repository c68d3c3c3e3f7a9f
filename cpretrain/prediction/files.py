"""Paths of a prediction: its inputs, its results, and its unfinished work."""

from dataclasses import dataclass
from pathlib import Path

from cpretrain.dataset.crops_table import NAME, crop_of
from cpretrain.images.discovery import corrected_name, name_in_format
from cpretrain.images.ome_zarr_labels import place_beside
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.pairing import stem
from cpretrain.settings.base import Format
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
    format : str
        Format of the label images: ``tiff`` or ``ome-zarr``.
    class_name : str
        Name of the objects, and of their label images beside an OME-Zarr.
    """

    source: Path
    folder: Path
    format: Format = "tiff"
    class_name: str = ""

    @property
    def name(self) -> str:
        """Name of the movie without its ending, which its results are named after."""
        return stem(corrected_name(self.source))

    @property
    def labels(self) -> Path:
        """The label images: beside the movie in an OME-Zarr that was written here, else under the movie's own name."""
        return (self.format == "ome-zarr" and self._beside_movie) or self._in(self.format)

    @property
    def in_other_formats(self) -> list[Path]:
        """The label images as an earlier run may have written them."""
        places = (self._in("tiff"), self._in("ome-zarr"), self._beside_movie)
        return [place for place in places if place and place != self.labels]

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
    def _beside_movie(self) -> Path | None:
        return place_beside(self.source, self.class_name or self.folder.resolve().name)

    def _in(self, format: Format) -> Path:
        return self.folder / name_in_format(corrected_name(self.source), format)

    @property
    def is_crop(self) -> bool:
        """True if the image is a crop listed in the table beside it."""
        return crop_of(self.source) is not None

    def inputs(self, movie: TimeLapse) -> list[Path]:
        """List the files that the result depends on."""
        return [*movie.files, *([self.source.parent / NAME] if self.is_crop else [])]
