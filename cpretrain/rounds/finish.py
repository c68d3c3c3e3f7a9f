"""Finish a round: import the ground truth, retrain the base on all rounds, and score it on the validation set."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from cpretrain.dataset.crops_table import write_crops
from cpretrain.errors import BadInput
from cpretrain.evaluation import evaluate
from cpretrain.labels.ignored import ignored_file
from cpretrain.masks.importing import import_masks
from cpretrain.models.weights import find_base
from cpretrain.rounds.folder import Part, Round, RoundsFolder
from cpretrain.rounds.learning_curve import CURVE, TABLE, write_learning_curve
from cpretrain.rounds.second_look import uncorrected
from cpretrain.rounds.seg_npy import take_in_window_files
from cpretrain.rounds.start import base_of, check_fixed
from cpretrain.rounds.training_options import keep_options, with_earlier
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.spelling import command, option
from cpretrain.runtime.summary import Summary
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.masks import MaskSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.atomic import folder_aside
from cpretrain.storage.hashing import sha256
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.training import retrain


@dataclass(frozen=True)
class FinishResult:
    """A finished round.

    Parameters
    ----------
    number : int
        Number of the round, from 1.
    model : pathlib.Path
        The model folder, with ``report.html`` in it.
    folder : pathlib.Path
        Folder of all rounds, with ``rounds.csv`` and ``rounds.png``.
    text : str
        Scores and verdict.
    warnings : tuple of str
        Warnings about the ground truth.
    """

    number: int
    model: Path
    folder: Path
    text: str
    warnings: tuple[str, ...] = ()

    def summary(self) -> Summary:
        """Return scores and verdict."""
        lines = [
            self.text,
            *(f"note: {warning}" for warning in self.warnings),
            f"model of round {self.number} and report.html are in {self.model}",
            f"all rounds: {self.folder / TABLE} and {self.folder / CURVE}",
        ]
        data = {"round": self.number, "model": self.model, "scores": self.text, "warnings": self.warnings}
        return Summary(lines, data)


def finish_round(path: PathLike, *, settings: TrainSettings | None = None) -> FinishResult:
    """Import the ground truth of the newest round, and retrain on all rounds.

    Parameters
    ----------
    path : path-like
        Folder of all rounds; it may have been copied from another machine.
    settings : TrainSettings, optional
        Options of the training; unset ones are as in the round before. Name and channels are fixed by the first round;
        the seed, unless set, is that of the round. A base states where the same file is on this machine.

    Returns
    -------
    FinishResult
        The model, retrained from the base on the crops of all rounds (``training``), and compared with the base on
        ``validation``. A second call resumes after an interruption.

    Raises
    ------
    BadInput
        When ground truth is missing or does not match, a setting contradicts the first round, or the base does not
        exist or is a different file.
    """
    folder = RoundsFolder(to_path(path))
    rounds = folder.started()
    newest = rounds[-1]
    asked = with_earlier(rounds, settings or TrainSettings())
    settings = _training_settings(folder, newest, asked)
    warnings: list[str] = []
    for part in (folder.validation, *rounds):
        take_in_window_files(part)
        undrawn = (part if isinstance(part, Round) else newest).settings.undrawn
        how = MaskSettings(undrawn=undrawn)
        taken = import_masks(part.ground_truth, part.images, out=part.masks, settings=how)
        info(f"round: {taken.objects} objects on {taken.images} crops in {part.folder.name}")
        warnings += uncorrected(part)
    for text in warnings:
        warning(text)
    _pool(folder, rounds)
    keep_options(newest, asked)
    validation, training = folder.validation, folder.training
    retrain(
        training.images,
        training.masks,
        settings=settings,
        out=newest.model.parent,
        resume=True,
        validation=(validation.images, validation.masks),
    )
    result = evaluate(newest.model, against=settings.base, settings=EvaluateSettings(device=settings.device))
    write_learning_curve(folder)
    return FinishResult(newest.number, newest.model, folder.path, result.table(), tuple(warnings))


def _training_settings(folder: RoundsFolder, newest: Round, given: TrainSettings) -> TrainSettings:
    """Fill in name, base and channels of the rounds, and check that the base is the same file."""
    started = newest.settings
    check_fixed(started, {name: getattr(given, name) for name in given.model_fields_set - {"base"}})
    base = given.base or str(base_of(folder, started))
    try:
        weights = find_base(base).path
    except BadInput as error:
        raise BadInput(error.problem, found=error.found, expected=error.expected, cure=_name_it()) from error
    if not weights or not weights.is_file():
        raise BadInput(f"base model {base}: is not on this machine", cure=_name_it())
    found, wanted = sha256(weights), newest.record.get("base_sha256")
    if found != wanted:
        raise BadInput(
            f"base model {base}: differs from that of the first round",
            found=f"SHA-256 {found}",
            expected=f"SHA-256 {wanted}",
            cure=_name_it(),
        )
    return given.replace(
        name=started.name,
        base=base,
        channel=started.channel,
        second_channel=started.second_channel,
        seed=given.seed if "seed" in given.model_fields_set else started.seed,
    )


def _pool(folder: RoundsFolder, rounds: list[Round]) -> None:
    """Copy crops and masks of all rounds into one folder."""
    with folder_aside(folder.training.folder) as aside:
        pool = Part(aside)
        pool.images.mkdir()
        pool.masks.mkdir()
        for one in rounds:
            for crop in one.crops:
                for source, target in ((one.images, pool.images), (one.masks, pool.masks)):
                    shutil.copyfile(source / crop.file, target / crop.file)
                if (ignored := ignored_file(one.masks / crop.file)).is_file():
                    shutil.copyfile(ignored, pool.masks / ignored.name)
        crops = [crop for one in rounds for crop in one.crops]
        write_crops(pool.images, crops)


def _name_it() -> str:
    return (
        f"name the base model of the first round with {option('base')}; {command('models')} says how to get one of the "
        "zoo"
    )
