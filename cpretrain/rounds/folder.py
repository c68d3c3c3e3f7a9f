"""The folder of all rounds: plain files with relative names, so that it can be copied to any machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cpretrain.dataset.crops_table import Crop, read_crops
from cpretrain.errors import BadInput, short
from cpretrain.evaluation.files import EvaluationFiles
from cpretrain.images.discovery import source_name
from cpretrain.images.origin import file_behind
from cpretrain.runtime.spelling import command
from cpretrain.settings.base import bad_settings
from cpretrain.settings.rounds import RoundSettings
from cpretrain.storage.json_file import read_json

RECORD = "round.json"


@dataclass(frozen=True)
class Part:
    """Crops that are annotated together: those of one round, or of the validation set.

    Parameters
    ----------
    folder : pathlib.Path
        Holds ``images``, ``predictions``, ``ground_truth`` and, once that is imported, ``masks``.
    """

    folder: Path

    @property
    def images(self) -> Path:
        """Folder of the crops and ``crops.csv``."""
        return self.folder / "images"

    @property
    def predictions(self) -> Path:
        """Folder of the newest model's predictions for the crops."""
        return self.folder / "predictions"

    @property
    def ground_truth(self) -> Path:
        """Folder for exports from QuPath."""
        return self.folder / "ground_truth"

    @property
    def masks(self) -> Path:
        """Folder of label images made from the ground truth."""
        return self.folder / "masks"

    @property
    def crops(self) -> list[Crop]:
        """Rows of the crop table."""
        return list(read_crops(self.images).values())

    @property
    def record(self) -> dict[str, Any]:
        """Contents of ``round.json``."""
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
        Number of the round, from 1.
    """

    number: int

    @property
    def settings(self) -> RoundSettings:
        """Settings that the round was started with."""
        try:
            return RoundSettings.model_validate(self.record["settings"])
        except ValidationError as error:
            raise bad_settings(error, lambda place: f"{self.folder / RECORD}: {place}") from None

    @property
    def model(self) -> Path:
        """Folder of the model retrained on this round and all before it."""
        return self.folder / "model" / self.settings.name

    @property
    def training_options(self) -> Path:
        """File of the options that its model was trained with."""
        return self.folder / "training.json"

    @property
    def finished(self) -> bool:
        """True if the model exists and was evaluated."""
        return EvaluationFiles(self.model).record.is_file()


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
        """True if the validation set consists of whole movies, which are never trained on."""
        return bool(self.validation.record.get("whole_movies"))

    def keeps_apart(self, movie: Path) -> bool:
        """Return whether a movie is kept for validation: itself, or its whole file if whole files are kept."""
        crops = self.validation.crops
        files = {crop.source_file for crop in crops} if self.validation.record.get("whole_files") else set()
        return source_name(movie) in {crop.source for crop in crops} or file_behind(movie) in files - {""}

    def round(self, number: int) -> Round:
        """Return round `number`, from 1, whether or not it exists."""
        return Round(self.path / f"round_{number:02}", number)

    @property
    def rounds(self) -> list[Round]:
        """All rounds started so far, in order."""
        found: list[Round] = []
        while (self.round(len(found) + 1).folder / RECORD).is_file():
            found.append(self.round(len(found) + 1))
        return found

    def started(self) -> list[Round]:
        """Return all rounds, at least one.

        Raises
        ------
        BadInput
            When there is none.
        """
        if not self.rounds:
            raise BadInput(
                f"{self.path}: holds no rounds",
                expected=f"a folder made by {command('round start')}, with round_01 in it",
            )
        return self.rounds
