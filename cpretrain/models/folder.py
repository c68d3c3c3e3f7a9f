"""Paths in a model folder, which ``cpretrain train`` makes and ``cpretrain evaluate`` adds to."""

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
        """The record of the training; a folder without it is not a model folder."""
        return self.path / RECORD

    @property
    def card(self) -> Path:
        """The model card."""
        return self.path / "README.md"

    @property
    def split(self) -> Path:
        """Training and validation images."""
        return self.path / "split.csv"

    @property
    def losses(self) -> Path:
        """Measurements during training, epoch by epoch."""
        return self.path / "losses.csv"

    @property
    def losses_picture(self) -> Path:
        """The same measurements as a picture."""
        return self.path / "losses.png"

    @property
    def tuning(self) -> Path:
        """The record of a threshold search, if there was one."""
        return self.path / "tuning.json"

    @property
    def tuning_picture(self) -> Path:
        """The result of the search, as a picture."""
        return self.path / "tuning.png"

    @property
    def trained(self) -> list[Path]:
        """All files that training writes before the record."""
        return [self.weights, self.split, self.losses, self.losses_picture, self.card]

    @property
    def is_one(self) -> bool:
        """True if the folder has the record of a trained model."""
        return self.record.is_file()
