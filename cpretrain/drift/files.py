"""Paths of a drift correction: its inputs, its results, and checks that nothing is lost."""

from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, name_in_format
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.shifts_table import shifts_for
from cpretrain.runtime.spelling import option
from cpretrain.settings.base import Format
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.rerun import done_record


@dataclass(frozen=True)
class DriftFiles:
    """The files of one corrected movie.

    Parameters
    ----------
    source : pathlib.Path
        The raw movie.
    folder : pathlib.Path
        Folder of the corrected movie and all other results.
    format : {'tiff', 'ome-zarr'}
        Format of the corrected movie.
    """

    source: Path
    folder: Path
    format: Format = "tiff"

    @property
    def corrected(self) -> Path:
        """The corrected movie."""
        return self._in(self.format)

    @property
    def in_other_format(self) -> Path:
        """The corrected movie in the other format, which an earlier run may have written."""
        return self._in("ome-zarr" if self.format == "tiff" else "tiff")

    @property
    def shifts(self) -> Path:
        """The table of shifts."""
        return self._beside(".shifts.csv")

    @property
    def picture(self) -> Path:
        """The picture of the drift."""
        return self._beside(".drift.png")

    @property
    def outputs(self) -> list[Path]:
        """All files except the record."""
        return [self.corrected, self.shifts, self.picture]

    @property
    def record(self) -> Path:
        """The record, which is written last."""
        return self._beside(".json")

    def mask_to_propose(self, settings: DriftSettings) -> Path:
        """Return the path of a proposed mask: beside the picture, and never that of the mask in use."""
        path = self._beside(".mask.png")
        in_use = settings.mask is not None and settings.mask.resolve() == path.resolve()
        return self._beside(".mask2.png") if in_use else path

    def are_current(self, settings: DriftSettings) -> bool:
        """Return whether the files are complete, and neither movie nor settings have changed since."""
        if not self.record.is_file():
            return False
        with TimeLapse(self.source, settings.axes, settings.convert) as movie:
            inputs = inputs_of(movie, settings)
        return done_record(self.record, settings, inputs, self.outputs) is not None

    def check_table_stays(self, settings: DriftSettings) -> None:
        """Check that the shifts to apply will not be overwritten.

        Raises
        ------
        BadInput
            When they are the very table that would be written.
        """
        if settings.shifts and shifts_for(settings.shifts, self.source).resolve() == self.shifts.resolve():
            raise BadInput(
                f"{settings.shifts}: the shifts to apply would be replaced",
                cure=f"choose another folder with {option('out')}",
            )

    def _in(self, format: Format) -> Path:
        return self.folder / name_in_format(corrected_name(self.source), format)

    def _beside(self, suffix: str) -> Path:
        """Return a path with the movie's name and another suffix, whatever the format of the movie."""
        return (self.folder / corrected_name(self.source)).with_suffix(suffix)


def inputs_of(movie: TimeLapse, settings: DriftSettings) -> list[Path]:
    """List the files that the result depends on."""
    shifts = [shifts_for(settings.shifts, movie.path)] if settings.shifts else []
    mask = [settings.mask] if settings.mask else []
    return [*movie.files, *shifts, *mask]
