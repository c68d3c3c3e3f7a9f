"""The files of a drift correction: what goes in, what comes out, whether it is there already, what must not be lost."""

from dataclasses import dataclass
from pathlib import Path

from cpretrain.drift.shifts_table import shifts_for
from cpretrain.errors import BadInput
from cpretrain.images.timelapse import TimeLapse
from cpretrain.runtime.spelling import option
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.json_file import read_json
from cpretrain.storage.rerun import done_record


@dataclass(frozen=True)
class DriftFiles:
    """The files of one corrected movie.

    Parameters
    ----------
    source : pathlib.Path
        The raw movie.
    corrected : pathlib.Path
        The corrected one; the others lie beside it.
    """

    source: Path
    corrected: Path

    @property
    def shifts(self) -> Path:
        """The table of shifts."""
        return self.corrected.with_suffix(".shifts.csv")

    @property
    def picture(self) -> Path:
        """The picture of the drift."""
        return self.corrected.with_suffix(".drift.png")

    @property
    def outputs(self) -> list[Path]:
        """All files but the record."""
        return [self.corrected, self.shifts, self.picture]

    @property
    def record(self) -> Path:
        """The record, the last file to be written."""
        return self.corrected.with_suffix(".json")

    def mask_to_propose(self, settings: DriftSettings) -> Path:
        """A PNG for a proposed mask: beside the picture, and never in the place of a mask that is in use."""
        path = self.corrected.with_suffix(".mask.png")
        in_use = settings.mask is not None and settings.mask.resolve() == path.resolve()
        return self.corrected.with_suffix(".mask2.png") if in_use else path

    def are_current(self, settings: DriftSettings) -> bool:
        """Whether they are complete, and neither movie nor settings have changed since."""
        if not self.record.is_file():
            return False
        with TimeLapse(self.source, settings.axes, settings.convert) as movie:
            inputs = inputs_of(movie, settings)
        return done_record(self.record, settings, inputs, self.outputs) is not None

    def warnings_told(self) -> tuple[str, ...]:
        """Return the warnings of the run that wrote the files."""
        try:
            return tuple(str(warning["message"]) for warning in read_json(self.record).get("warnings", ()))
        except (ValueError, KeyError, TypeError, OSError):  # of an earlier version, or changed by hand
            return ()

    def check_table_stays(self, settings: DriftSettings) -> None:
        """Make sure that the shifts to apply are not replaced.

        Raises
        ------
        BadInput
            When they are the table that would be written.
        """
        if settings.shifts and shifts_for(settings.shifts, self.source).resolve() == self.shifts.resolve():
            raise BadInput(
                f"{settings.shifts}: the shifts to apply would be replaced",
                cure=f"choose another folder with {option('out')}",
            )


def inputs_of(movie: TimeLapse, settings: DriftSettings) -> list[Path]:
    """List the files that the result depends on."""
    shifts = [shifts_for(settings.shifts, movie.path)] if settings.shifts else []
    mask = [settings.mask] if settings.mask else []
    return [*movie.files, *shifts, *mask]
