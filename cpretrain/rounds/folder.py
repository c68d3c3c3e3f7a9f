"""The folder of all rounds: plain files, named relative to it, so that it works on any machine it is copied to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cpretrain.dataset.crops_table import Crop, read_crops
from cpretrain.errors import BadInput, short
from cpretrain.images.discovery import source_name
from cpretrain.images.origin import file_behind
from cpretrain.settings.base import bad_settings
from cpretrain.settings.rounds import RoundSettings
from cpretrain.storage.json_file import read_json

RECORD = "round.json"


@dataclass(frozen=True)
class Part:
    """Crops to be annotated together: those of one round, or those of the validation set.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``images``, ``predictions``, ``ground_truth`` and, once that was taken in, ``masks``.
    """

    folder: Path

    @property
    def images(self) -> Path:
        """Crops, and ``crops.csv``."""
        return self.folder / "images"

    @property
    def predictions(self) -> Path:
        """What the newest model makes of the crops."""
        return self.folder / "predictions"

    @property
    def ground_truth(self) -> Path:
        """What people export from QuPath."""
        return self.folder / "ground_truth"

    @property
    def masks(self) -> Path:
        """Label images made of the ground truth."""
        return self.folder / "masks"

    @property
    def crops(self) -> list[Crop]:
        """Where the crops were cut."""
        return list(read_crops(self.images).values())

    @property
    def record(self) -> dict[str, Any]:
        """``round.json``."""
        path = self.folder / RECORD
        try:
            found = read_json(path)
            if not isinstance(found, dict) or "settings" not in found:
                raise ValueError("no settings in it")
        except (OSError, ValueError) as error:
            raise BadInput(
                f"{path}: cannot be read", found=short(error), expected="the record of a round"
            ) from error
        return found


@dataclass(frozen=True)
class Round(Part):
    """One round, ``round_01`` and so on.

    Parameters
    ----------
    number : int
        From 1.
    """

    number: int

    @property
    def settings(self) -> RoundSettings:
        """How it was started."""
        try:
            return RoundSettings.model_validate(self.record["settings"])
        except ValidationError as error:
            raise bad_settings(error, lambda place: f"{self.folder / RECORD}: {place}") from None

    @property
    def model(self) -> Path:
        """The model that was retrained on this round and those before."""
        return self.folder / "model" / self.settings.name

    @property
    def finished(self) -> bool:
        """Whether the model is there, and was evaluated."""
        return (self.model / "evaluation.json").is_file()


@dataclass(frozen=True)
class RoundsFolder:
    """The folder of all rounds of one cell type.

    Parameters
    ----------
    path : pathlib.Path
        The folder.
    """

    path: Path

    @property
    def validation(self) -> Part:
        """Crops that no round trains on."""
        return Part(self.path / "validation")

    @property
    def training(self) -> Part:
        """Crops and masks of all finished rounds together."""
        return Part(self.path / "training")

    @property
    def whole_movies(self) -> bool:
        """Whether the validation set is of whole movies, which are not trained on at all."""
        return bool(self.validation.record.get("whole_movies"))

    def keeps_apart(self, movie: Path) -> bool:
        """Whether a movie validates, or another position of its file where whole files do."""
        crops = self.validation.crops
        files = {crop.source_file for crop in crops} if self.validation.record.get("whole_files") else set()
        return source_name(movie) in {crop.source for crop in crops} or file_behind(movie) in files - {""}

    def round(self, number: int) -> Round:
        """Round `number`, from 1, whether it is there or not."""
        return Round(self.path / f"round_{number:02}", number)

    @property
    def rounds(self) -> list[Round]:
        """The rounds that were started, in order."""
        found: list[Round] = []
        while (self.round(len(found) + 1).folder / RECORD).is_file():
            found.append(self.round(len(found) + 1))
        return found

    def started(self) -> list[Round]:
        """Give the rounds, at least one.

        Raises
        ------
        BadInput
            When there is none.
        """
        if not self.rounds:
            raise BadInput(
                f"{self.path}: holds no rounds",
                expected="a folder made by cpretrain round start, with round_01 in it",
            )
        return self.rounds
