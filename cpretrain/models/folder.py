"""Where everything lies in a model folder, which ``cpretrain train`` makes and ``cpretrain evaluate`` adds to."""

from dataclasses import dataclass
from pathlib import Path

WEIGHTS, RECORD = "weights", "model.json"


@dataclass(frozen=True)
class ModelFolder:
    """The files of a retrained model.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    """

    path: Path

    @property
    def weights(self) -> Path:
        """The weights, which Cellpose loads by their path."""
        return self.path / WEIGHTS

    @property
    def record(self) -> Path:
        """How the model was trained; a folder without it is no model folder."""
        return self.path / RECORD

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "README.md"

    @property
    def split(self) -> Path:
        """Which images trained and which validate."""
        return self.path / "split.csv"

    @property
    def losses(self) -> Path:
        """What was measured in training, epoch by epoch."""
        return self.path / "losses.csv"

    @property
    def losses_picture(self) -> Path:
        """The same as a picture."""
        return self.path / "losses.png"

    @property
    def tuning(self) -> Path:
        """The record of a search for thresholds, where there was one."""
        return self.path / "tuning.json"

    @property
    def tuning_picture(self) -> Path:
        """What the search found, as a picture."""
        return self.path / "tuning.png"

    @property
    def trained(self) -> list[Path]:
        """All that training writes besides the record, which comes last."""
        return [self.weights, self.split, self.losses, self.losses_picture, self.card]

    @property
    def is_one(self) -> bool:
        """Whether a model was trained here, by its record."""
        return self.record.is_file()
