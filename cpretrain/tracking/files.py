"""Paths of the results for one movie."""

from dataclasses import dataclass
from pathlib import Path

from cpretrain.images.discovery import name_in_format
from cpretrain.linking.tracks_table import ENDING
from cpretrain.settings.tracking import TrackSettings


@dataclass(frozen=True)
class TrackFiles:
    """The files of one tracked movie.

    Parameters
    ----------
    name : str
        Name of the movie without ending.
    folder : pathlib.Path
        Folder of the results.
    settings : TrackSettings
        What is written.
    """

    name: str
    folder: Path
    settings: TrackSettings

    @property
    def table(self) -> Path:
        """The table of tracks."""
        return self.folder / f"{self.name}{ENDING}"

    @property
    def labels(self) -> Path:
        """Label images whose numbers are tracks."""
        return self.folder / name_in_format(f"{self.name}.tif", self.settings.format)

    @property
    def labels_in_other_format(self) -> Path:
        """The same as an earlier run may have written them."""
        other = self.settings.replace(format="ome-zarr" if self.settings.format == "tiff" else "tiff")
        return TrackFiles(self.name, self.folder, other).labels

    @property
    def picture(self) -> Path:
        """The picture of the tracks and the families."""
        return self.folder / f"{self.name}.tracks.png"

    @property
    def shown(self) -> tuple[Path, Path, Path]:
        """Table, label images and picture, which every run writes."""
        return self.table, self.labels, self.picture

    @property
    def trackmate(self) -> Path:
        """XML for TrackMate."""
        return self.folder / f"{self.name}.trackmate.xml"

    @property
    def geff(self) -> Path:
        """The graph as GEFF."""
        return self.folder / f"{self.name}.geff"

    @property
    def rois(self) -> Path:
        """Outlines for ImageJ."""
        return self.folder / f"{self.name}_RoiSet.zip"

    @property
    def record(self) -> Path:
        """The record, which is written last."""
        return self.folder / f"{self.name}.json"

    @property
    def outputs(self) -> list[Path]:
        """All files that are written, except the record."""
        asked = {
            self.trackmate: self.settings.trackmate,
            self.geff: self.settings.geff,
            self.rois: self.settings.rois,
        }
        return [*self.shown, *(path for path, wanted in asked.items() if wanted)]
