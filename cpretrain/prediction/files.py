"""Paths of a prediction: its inputs, its results, and its unfinished work."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cpretrain.dataset.crops_table import NAME, crop_of
from cpretrain.images.discovery import corrected_name, name_in_format
from cpretrain.images.ome_zarr_labels import place_beside
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.pairing import stem
from cpretrain.settings.base import Format
from cpretrain.settings.prediction import PredictSettings
from cpretrain.storage.unfinished import UnfinishedFolder

NetworkImages = Literal["probability", "flows"]


@dataclass(frozen=True)
class PredictionFiles:
    """The files of one segmented movie or image.

    Parameters
    ----------
    source : pathlib.Path
        The movie.
    folder : pathlib.Path
        Folder of its results.
    settings : PredictSettings
        What is written, in which format.
    """

    source: Path
    folder: Path
    settings: PredictSettings

    @property
    def name(self) -> str:
        """Name of the movie without its ending, which its results are named after."""
        return stem(corrected_name(self.source))

    @property
    def labels(self) -> Path:
        """The label images: beside the movie in an OME-Zarr that was written here, else under the movie's own name."""
        format = self.settings.format
        return (format == "ome-zarr" and self._beside_movie) or self._in(format)

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
        """Label images and table, from which all other results are made, and images of the network."""
        return [self.labels, self.objects, *self.network.values()]

    @property
    def measurements(self) -> Path:
        """The table of measurements."""
        return self.folder / f"{self.name}.measurements.csv"

    @property
    def network(self) -> dict[NetworkImages, Path]:
        """Images of the network's probability and flows, as asked for, in folders of their own."""
        asked: dict[NetworkImages, bool] = {
            "probability": self.settings.probability,
            "flows": self.settings.flows,
        }
        name = name_in_format(corrected_name(self.source), self.settings.format)
        return {kind: self.folder / kind / name for kind, wanted in asked.items() if wanted}

    @property
    def network_of_any_run(self) -> list[Path]:
        """The same as an earlier run may have written them."""
        kinds: tuple[NetworkImages, ...] = ("probability", "flows")
        formats: tuple[Format, ...] = ("tiff", "ome-zarr")
        name = corrected_name(self.source)
        return [self.folder / kind / name_in_format(name, format) for kind in kinds for format in formats]

    @property
    def _beside_movie(self) -> Path | None:
        return place_beside(self.source, self.settings.class_name or self.folder.resolve().name)

    def _in(self, format: Format) -> Path:
        return self.folder / name_in_format(corrected_name(self.source), format)

    @property
    def is_crop(self) -> bool:
        """True if the image is a crop listed in the table beside it."""
        return crop_of(self.source) is not None

    def inputs(self, movie: TimeLapse) -> list[Path]:
        """List the files that the result depends on."""
        return [*movie.files, *([self.source.parent / NAME] if self.is_crop else [])]
