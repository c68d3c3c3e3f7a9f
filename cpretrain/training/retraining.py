"""Retrain a model: find the base, split, train, and write a model folder that records its complete origin."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cpretrain.dataset.equal_images import equal_note, find_equal
from cpretrain.dataset.pairs import Pair, files_of, load_pairs, tables_of
from cpretrain.dataset.splitting import Split, split_known, split_pairs
from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside
from cpretrain.models.device import find_device
from cpretrain.models.folder import ModelFolder
from cpretrain.models.segmenter import Segmenter, quietly
from cpretrain.models.weights import SCRATCH, ModelWeights, find_base
from cpretrain.runtime.console import info, progress, warning
from cpretrain.runtime.spelling import option
from cpretrain.runtime.summary import Summary
from cpretrain.runtime.wording import counted
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.atomic import folder_aside
from cpretrain.storage.file_name import is_file_name
from cpretrain.storage.folder_lock import holding
from cpretrain.storage.hashing import sha256
from cpretrain.storage.json_file import read_json
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance, warnings_in
from cpretrain.storage.rerun import earlier_result, update_outputs
from cpretrain.training.checkpoint import Checkpoint
from cpretrain.training.defaults import describe, with_defaults
from cpretrain.training.examples import prepare
from cpretrain.training.inputs import look_again, network_inputs, report_channels, with_enough_objects
from cpretrain.training.loop import Diverged, Run, TestSet
from cpretrain.training.model_card import write_card
from cpretrain.training.model_folder import write_model
from cpretrain.training.optimisation import WARM_UP, repeatable
from cpretrain.training.running_notes import (
    progress_note,
    report_peak,
    report_plan,
    report_rates,
    report_stop,
)
from cpretrain.training.watching import SHOWN, Watching

FEWEST_TO_CHOOSE = 5
"""Images of an in-training test set from which an epoch can be chosen; two did harm (three seeds, two data sets)."""


@dataclass(frozen=True)
class TrainResult:
    """A retrained model.

    Parameters
    ----------
    folder : pathlib.Path
        The model folder: ``weights`` (which Cellpose loads by path), ``model.json``, ``README.md``, ``split.csv``,
        ``losses.csv`` and ``losses.png``.
    parts : Split or None
        Training and validation images; None if the model already existed.
    """

    folder: Path
    parts: Split | None

    def summary(self) -> Summary:
        """Return the path of the model."""
        return Summary([f"model in {self.folder}"], {"model": self.folder})


def retrain(
    images: PathLike,
    masks: PathLike,
    *,
    settings: TrainSettings,
    out: PathLike | None = None,
    resume: bool | None = None,
    validation: tuple[PathLike, PathLike] | None = None,
) -> TrainResult:
    """Retrain a base model.

    Parameters
    ----------
    images, masks : path-like
        Folders of training images and of their label images.
    settings : TrainSettings
        Name, base model and the rest.
    out : path-like, optional
        Folder for models; by default ``models`` beside the training images.
    resume : bool, optional
        Treatment of an interrupted training with the same name: True resumes it, which gives the same weights as
        without the interruption, False starts anew. By default, such a training is an error.
    validation : tuple of path-like, optional
        Folders of validation images and masks; all of `images` are then trained on. By default, `images` are split.

    Returns
    -------
    TrainResult

    Raises
    ------
    BadInput
        When images and masks do not match, the base model does not exist, another model with that name already exists,
        or an unfinished training has a different origin.
    KeyboardInterrupt
        When interrupted by Ctrl-C. The model folder then holds the best model so far.
    """
    images, masks, out = to_path(images), to_path(masks), to_path(out)
    _check_name(settings.name)
    base = find_base(settings.base, settings.continue_from_finetuned)
    pairs = load_pairs(images, masks)
    validation_pairs = load_pairs(*map(to_path, validation)) if validation else []
    given, settings = settings, with_defaults(settings)
    folder = (out or beside(images, "models")) / settings.name
    with holding(folder.parent, f".{settings.name}.lock"):
        return _retrain(folder, base, pairs, validation_pairs, given, settings, resume)


def _retrain(
    folder: Path,
    base: ModelWeights,
    pairs: list[Pair],
    validation_pairs: list[Pair],
    given: TrainSettings,
    settings: TrainSettings,
    resume: bool | None,
) -> TrainResult:
    inputs, tables = files_of([*pairs, *validation_pairs]), tables_of([*pairs, *validation_pairs])
    checkpoint = Checkpoint(folder)
    if _is_there(folder, base, settings, inputs, tables):
        info(f"train: {folder} is complete and unchanged")
        for text in warnings_in(ModelFolder(folder).record):
            warning(text)
        return TrainResult(folder, None)
    if checkpoint.exists and resume is None:
        raise BadInput(
            f"{folder}: an earlier training run of that name was interrupted",
            cure=f"continue it with {option('resume', True)}, or start over with {option('resume', False)}",
        )
    parts = _split(pairs, validation_pairs, settings)
    for text in parts.warnings:
        warning(text)
    train, sparse = with_enough_objects(parts.train, settings.min_train_masks)
    _warn_of_costs(settings, base)
    provenance = Provenance("train", settings, [*inputs, *tables])
    device = find_device(settings.device)
    with repeatable(settings.seed, device.type), quietly():
        segmenter = Segmenter(base, settings.device, for_training=True)
        facts = _facts(base, segmenter, parts, train, sparse) | {"channels": report_channels(train, settings)}
        run, notes = _make_run(segmenter, train, parts.test, settings)
        facts["warnings"] = (*parts.warnings, *notes)
        info(f"train {settings.name}: {describe(given)}, tile {run.tile}")
        report_rates(run)
        report_plan(run)
        _resume_or_begin(run, checkpoint, _origin(provenance, facts), bool(resume))
        try:
            watching = Watching(checkpoint.progress, settings, _shown(run, parts.validation))
            interrupted = _carry_out(run, checkpoint, watching)
            facts["warnings"] += report_stop(run)
        except Diverged:
            checkpoint.remove()  # resuming would diverge again
            raise
    with folder_aside(folder) as aside:
        watching.keep(aside)
        write_model(aside, run, parts, provenance, facts | {"interrupted": interrupted})
    if interrupted:
        info(f"train: the best model so far is in {folder}; {option('resume', True)} continues from here")
        raise KeyboardInterrupt
    checkpoint.remove()
    return TrainResult(folder, parts)


def _split(pairs: Sequence[Pair], validation_pairs: Sequence[Pair], settings: TrainSettings) -> Split:
    """Divide the images, or use the given validation images; equal images stay on one side."""
    equal = find_equal([*pairs, *validation_pairs])
    if validation_pairs:
        parts = split_known(pairs, validation_pairs, settings.seed, settings.test_fraction, equal)
    else:
        parts = split_pairs(
            pairs, settings.train_fraction, settings.split_by, settings.seed, settings.test_fraction, equal
        )
        parts = replace(parts, warnings=(*equal_note(equal), *parts.warnings))
    return replace(parts, warnings=(*parts.warnings, *_chosen_by_few(parts.test, settings)))


def _chosen_by_few(test: Sequence[Pair], settings: TrainSettings) -> list[str]:
    """Return a warning if the epoch that is kept is chosen by so few images that chance decides."""
    if settings.keep == "last" or not 0 < len(test) < FEWEST_TO_CHOOSE:
        return []
    return [
        f"{counted(len(test), 'image')} set aside to choose the epoch: with so few, chance decides, and the model does "
        f"not learn from them either; better leave {option('test_fraction')} out, or keep the last epoch with "
        f"{option('keep', 'last')}"
    ]


def _is_there(
    folder: Path, base: ModelWeights, settings: TrainSettings, inputs: Sequence[Path], tables: Sequence[Path]
) -> bool:
    """Return whether the model exists and is complete; an interrupted or damaged one is trained again."""
    if not folder.exists():
        return False
    record, card = ModelFolder(folder).record, ModelFolder(folder).card
    sought = _with_base_of(record, settings, base)
    earlier = earlier_result(record, sought, inputs, ModelFolder(folder).trained, tables)
    if earlier is None:
        raise BadInput(
            f"{folder}: a model of that name exists, made from other images, settings or base model",
            found=None if record.is_file() else f"no {record.name} in it",
            cure=f"choose another {option('name')}, or move that folder away",
        )
    earlier.warn_of_damage()
    if earlier.damaged.keys() == {card.name}:
        write_card(card, earlier.record)
        update_outputs(record, [card])
        return not earlier.record.get("interrupted")
    return earlier.is_complete and not earlier.record.get("interrupted")


def _with_base_of(record: Path, settings: TrainSettings, base: ModelWeights) -> TrainSettings:
    """Use the record's name for the base if it has the same SHA-256; otherwise make sure that the names differ."""
    if (
        not base.path or not base.path.is_file()
    ):  # random weights, or weights not on this machine: the name decides
        return settings
    try:
        found = read_json(record)
        same = found["base"]["sha256"] == sha256(base.path)
        name = found["settings"]["base"] if same else f"another {settings.base}"
    except (ValueError, KeyError, TypeError, OSError):
        return settings
    return settings.model_copy(update={"base": name})


def _make_run(
    segmenter: Segmenter, train: Sequence[Pair], test: Sequence[Pair], settings: TrainSettings
) -> tuple[Run, list[str]]:
    """Make the run, and return notes on oddities of its images."""
    seen = network_inputs(train, settings)
    held_out = network_inputs(test, settings)
    notes = look_again(seen, held_out, settings.channel)
    for note in notes:
        warning(note)
    examples = prepare(seen.images, seen.labels, segmenter.device, ignored=seen.ignored)
    if not test:
        return Run(segmenter, examples, settings), notes
    measured = prepare(
        held_out.images, held_out.labels, segmenter.device, examples.mean_diameter, held_out.ignored
    )
    return Run(segmenter, examples, settings, TestSet(measured, held_out.labels, held_out.boxes)), notes


def _resume_or_begin(run: Run, checkpoint: Checkpoint, origin: dict[str, Any], resume: bool) -> None:
    if not (resume and checkpoint.exists):
        checkpoint.begin(origin)
        return
    state = checkpoint.load(origin)
    run.restore(state)
    info(f"train: continuing after epoch {run.curves.epochs} of {run.settings.epochs}")
    if state["hardware"] != run.hardware:
        warning(
            f"trained on {state['hardware']} before, on {run.hardware} now: the last digits of weights may differ"
        )


def _origin(provenance: Provenance, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that determines a run: resuming requires the same."""
    record = provenance.record
    versions = {name: record["versions"][name] for name in ("cellpose", "torch", "numpy")}
    return {
        "settings": record["settings"],
        "inputs": record["inputs"],
        "base": facts["base"]["sha256"],
        "versions": versions,
    }


def _shown(run: Run, validation: Sequence[Pair]) -> TestSet | None:
    """Return images to draw while training: of the in-training test set, else of the validation images."""
    if not run.settings.picture_every or run.test:
        return run.test
    read = network_inputs(validation[:SHOWN], run.settings)
    return TestSet(prepare(read.images, read.labels, run.device), read.labels, read.boxes)


def _carry_out(run: Run, checkpoint: Checkpoint, watching: Watching) -> bool:
    """Train to the end, and return whether it was interrupted."""
    if run.settings.tensorboard or run.settings.picture_every:
        info(f"train: see {watching.folder} while it runs")
    with closing(watching), progress(f"train {run.settings.name}", run.steps_left) as step:
        try:
            while not run.finished:
                note = progress_note(run)
                run.run_epoch(lambda note=note: step(note))  # type: ignore[misc]
                if run.curves.epochs == 1:
                    report_peak(run)
                watching.after_epoch(run)
                if checkpoint.is_due and not run.finished:
                    checkpoint.save(run.state())
        except KeyboardInterrupt:
            if run.kept is None:
                raise
            return True
    return False


def _facts(
    base: ModelWeights, segmenter: Segmenter, parts: Split, train: Sequence[Pair], sparse: Sequence[Pair]
) -> dict[str, Any]:
    """Return the entries of the record beyond settings and measurements."""
    return {
        "base": {
            "name": base.name,
            "path": str(base.path.resolve()) if base.path else None,
            "sha256": sha256(base.path) if base.path else None,
            "licence": base.licence,
        },
        "device": str(segmenter.device),
        "images": {
            "train": len(train),
            "validation": len(parts.validation),
            "test": len(parts.test),
            "left out of training, too few objects": [pair.image.name for pair in sparse],
        },
        "objects": sum(pair.objects for pair in train),
        "movies": len({pair.movie for pair in train}),
        "split_by": parts.by,
        "warnings": parts.warnings,
    }


def _check_name(name: str) -> None:
    if not is_file_name(name):
        raise BadInput(
            f"name {name!r}: cannot be the name of a model",
            expected="a name of the cell type that every system accepts for a folder, for example U2OS nuclei",
        )


def _warn_of_costs(settings: TrainSettings, base: ModelWeights) -> None:
    assert settings.epochs
    if base.name == SCRATCH:
        warning(
            "base scratch: the network starts from random weights and learns everything from your images; that takes "
            "many times the images and epochs of retraining, and rarely gives a better "
            "model"
        )
    if settings.schedule == "cellpose" and settings.epochs <= WARM_UP:
        warning(
            f"{settings.epochs} epochs: the learning rate starts at 0 and rises over the first {WARM_UP} epochs, so "
            "this run trains little or "
            "nothing"
        )
