"""Grid search over training settings: every combination is trained, and ranked on the in-training test set."""

import itertools
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from cpretrain.batch.runner import TABLE as STATES
from cpretrain.batch.runner import for_each
from cpretrain.dataset.pairs import files_of, load_pairs, tables_of
from cpretrain.dataset.splitting import read_split, write_split
from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside
from cpretrain.models.folder import ModelFolder
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.spelling import option
from cpretrain.runtime.summary import Summary
from cpretrain.settings.base import Settings, bad_settings
from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.storage.atomic import folder_aside
from cpretrain.storage.csv_table import write_rows
from cpretrain.storage.json_file import read_json
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import Earlier, earlier_result, update_outputs
from cpretrain.training.checkpoint import Checkpoint
from cpretrain.training.loop import Diverged
from cpretrain.training.retraining import retrain

if TYPE_CHECKING:
    import pandas as pd

SEARCHABLE = ("learning_rate", "weight_decay", "epochs", "batch_size", "images_per_epoch", "tile")
"""Settings that may be searched: numbers that do not affect the split and the test set."""

TABLE, RECORD = "sweep.csv", "sweep.json"

SettingsGrid = Mapping[str, Sequence[float]]


class SweepSettings(Settings):
    """Origin of a sweep: the settings shared by all runs, and the values of those that differ."""

    train: TrainSettings
    grid: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class SweepResult:
    """A finished search.

    Parameters
    ----------
    table : pathlib.Path
        ``sweep.csv``: one row per combination, the best first.
    model : pathlib.Path
        The model folder of the best combination.
    """

    table: Path
    model: Path

    def summary(self) -> Summary:
        """Return the paths of the best model and the ranking."""
        lines = [f"best model in {self.model}", f"ranking in {self.table}"]
        return Summary(lines, {"model": self.model, "sweep": self.table})

    def to_frame(self) -> "pd.DataFrame":
        """Return the ranking as a table, the best first."""
        import pandas as pd

        return pd.read_csv(self.table)


def parse_grid(text: str) -> dict[str, tuple[float, ...]]:
    """Parse a grid as written on the command line: ``learning_rate=0.001:0.005,weight_decay=1e-5:1e-4``.

    Raises
    ------
    BadInput
        When it does not have this form, or names a setting that cannot be searched.
    """
    grid: dict[str, tuple[float, ...]] = {}
    for part in text.split(","):
        name, _, values = (piece.strip() for piece in part.partition("="))
        name = name.replace("-", "_")
        if name not in SEARCHABLE:
            raise BadInput(
                f"{option('grid')}: cannot search {name!r}", expected="some of " + ", ".join(SEARCHABLE)
            )
        try:
            grid[name] = tuple(dict.fromkeys(_number(value) for value in values.split(":")))
        except ValueError as error:
            raise BadInput(
                f"{option('grid')}: {part.strip()!r} cannot be read",
                found=str(error),
                expected="NAME=VALUE:VALUE, several of them separated by commas, "
                "for example learning_rate=0.001:0.005,weight_decay=1e-5:1e-4",
            ) from None
    return grid


def sweep(
    images: PathLike,
    masks: PathLike,
    *,
    settings: TrainSettings,
    grid: SettingsGrid,
    out: PathLike | None = None,
    resume: bool | None = None,
    batch: BatchSettings | None = None,
) -> SweepResult:
    """Train every combination of a grid, rank them, and keep the best model.

    Parameters
    ----------
    images, masks : path-like
        Folders of training images and of their label images.
    settings : TrainSettings
        Settings shared by all runs. An in-training test set is required: the ranking is by average precision on it,
        never by the validation images, which would no longer be unseen.
    grid : mapping of str to sequence of float
        Values to try, by name of the setting.
    out : path-like, optional
        Folder for models; by default ``models`` beside the training images.
    resume : bool, optional
        Treatment of a combination whose training was interrupted, as in ``retrain``. Finished ones are not trained
        again.
    batch : BatchSettings, optional
        Worker processes for training; by default combinations are trained one after the other in this process.

    Returns
    -------
    SweepResult

    Raises
    ------
    BadInput
        When there is no in-training test set, a value is out of range, a model with that name already exists, or a
        combination could not be trained (the others are kept).
    """
    images, masks, out = to_path(images), to_path(masks), to_path(out)
    runs = _combinations(settings, grid)
    models = out or beside(images, "models")
    model, folder = models / settings.name, models / f"{settings.name}.sweep"
    what = SweepSettings(train=settings, grid={name: tuple(values) for name, values in grid.items()})
    pairs = load_pairs(images, masks)
    inputs, tables = files_of(pairs), tables_of(pairs)
    earlier = earlier_result(folder / RECORD, what, inputs, [folder / TABLE], tables)
    if model.exists() and earlier and RECORD not in earlier.damaged:
        _mend(earlier, images, masks, runs, models)
        _remove_runs(folder)
        info(f"sweep: {folder} is complete and unchanged")
        return SweepResult(folder / TABLE, model)
    if model.exists():
        raise BadInput(
            f"{model}: a model of that name already exists",
            cure=f"choose another {option('name')}, or move that folder away",
        )
    provenance = Provenance("sweep", what, [*inputs, *tables])
    for number, run in enumerate(runs, start=1):
        info(f"sweep: run {number} of {len(runs)}: {_values_of(run, grid)}")
    trained = _train_all(images, masks, folder, runs, resume, batch)
    rows = _ranked(trained, grid)
    write_rows(folder / TABLE, rows)
    provenance.write(folder / RECORD, outputs=[folder / TABLE], runs=rows)
    best = trained[rows[0]["run"] - 1]
    assert best
    _move_model(best, model)  # after the record, so that a sweep killed here can be repeated
    _remove_runs(folder)
    info(f"sweep: the best is run {rows[0]['run']}: {_values_of(runs[rows[0]['run'] - 1], grid)}")
    return SweepResult(folder / TABLE, model)


def _mend(earlier: Earlier, images: Path, masks: Path, runs: Sequence[TrainSettings], models: Path) -> None:
    """Rewrite the table, and retrain the best model, if they are not as they were written."""
    earlier.warn_of_damage()
    rows = earlier.record["runs"]
    if not earlier.is_complete:
        write_rows(earlier.path.with_name(TABLE), rows)
        update_outputs(earlier.path, [earlier.path.with_name(TABLE)])
    retrain(images, masks, settings=runs[rows[0]["run"] - 1], out=models, resume=True)


def _remove_runs(folder: Path) -> None:
    """Remove the models that were tried, and the table of their states."""
    for place in folder.glob("run *"):
        shutil.rmtree(place)
    (folder / STATES).unlink(missing_ok=True)


def _train_all(
    images: Path,
    masks: Path,
    folder: Path,
    runs: Sequence[TrainSettings],
    resume: bool | None,
    batch: BatchSettings | None,
) -> list[Path | None]:
    """Train each run in its own folder, and return the model folders; None where the training diverged."""
    places = {folder / f"run {number}": run for number, run in enumerate(runs, start=1)}
    if resume is None and not any(Checkpoint(place / run.name).exists for place, run in places.items()):
        resume = True  # anything found unfinished from now on was left by a worker of this sweep that died
    trained = for_each(
        list(places),
        partial(_train, images=images, masks=masks, runs=places, resume=resume),
        "sweep",
        batch=batch if batch and batch.asks_for_workers else None,
        results=folder,
    )
    for error in trained.failed.values():
        raise error
    return trained.done


def _train(
    place: Path, images: Path, masks: Path, runs: Mapping[Path, TrainSettings], resume: bool | None
) -> Path | None:
    try:
        return retrain(images, masks, settings=runs[place], out=place, resume=resume).folder
    except Diverged as error:
        warning(f"sweep: {place.name} is not ranked: {error.problem} ({error.found})")
        return None


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() and "e" not in text and "." not in text else value


def _combinations(settings: TrainSettings, grid: SettingsGrid) -> list[TrainSettings]:
    if not settings.test_fraction or not settings.ap_every:
        raise BadInput(
            f"{option('grid')}: needs an in-training test set to rank by",
            cure=f"add for example {option('test_fraction', 0.2)} (and leave {option('ap_every')} above 0)",
        )
    try:
        return [
            settings.replace(**dict(zip(grid, values, strict=True)))
            for values in itertools.product(*grid.values())
        ]
    except ValidationError as error:
        raise bad_settings(error, lambda place: f"{option('grid')}: {place}") from None


def _values_of(run: TrainSettings, grid: SettingsGrid) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {getattr(run, name):g}" for name in grid)


def _ranked(trained: Sequence[Path | None], grid: SettingsGrid) -> list[dict[str, Any]]:
    """Return one row per run, the best first; of equally precise runs, the one with the lower test loss."""
    rows = []
    for number, folder in enumerate(trained, start=1):
        if folder is None:
            continue
        record = read_json(ModelFolder(folder).record)
        kept = record["kept_epoch"]
        rows.append(
            {
                "run": number,
                **{name: record["settings"][name] for name in grid},
                "test_average_precision": record["test_average_precision"],
                "test_loss": record["curves"]["test_loss"][kept],
                "kept_epoch": kept,
                "training_seconds": record["training_seconds"],
            }
        )
    if not rows:
        raise BadInput(
            f"{option('grid')}: every training run diverged",
            found="losses or weights that are not finite",
            cure="search lower learning rates, or check the images",
        )
    rows.sort(
        key=lambda row: (
            -row["test_average_precision"],
            math.inf if row["test_loss"] is None else row["test_loss"],
        )
    )
    return [{"rank": rank, **row} for rank, row in enumerate(rows, start=1)]


def _move_model(source: Path, target: Path) -> None:
    """Move a model folder, and adjust ``split.csv``, which names files relative to its own folder."""
    model = ModelFolder(source)
    parts = read_split(model.split)
    with folder_aside(target) as aside:
        for file in source.iterdir():
            if file != model.record:
                shutil.copy2(file, aside)
        moved = ModelFolder(aside)
        write_split(moved.split, parts)
        shutil.copy2(model.record, aside)
        update_outputs(moved.record, [moved.split])
