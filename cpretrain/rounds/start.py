"""Start a round: choose crops, cut them, and predict them for correction."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cpretrain.dataset.splitting import FEWEST_MOVIES, VALIDATION_MOVIES, few_movies_note
from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside, check_names, folder_of, list_movies, source_name
from cpretrain.images.origin import file_behind
from cpretrain.images.timelapse import TimeLapse
from cpretrain.models.trained import UsedModel, find_model
from cpretrain.prediction import predict
from cpretrain.qupath.making import FolderToDraw, make_project
from cpretrain.rounds.crop_selection import Candidate, candidates, choose, cut
from cpretrain.rounds.folder import RECORD, Part, Round, RoundsFolder
from cpretrain.rounds.seg_npy import write_window_files
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.spelling import command, option, options
from cpretrain.runtime.summary import Summary
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.rounds import RoundSettings
from cpretrain.storage.atomic import folder_aside
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance

FIXED = ("name", "base", "channel", "second_channel", "convert", "validation_crops")
"""Settings that stay the same in all rounds: the validation crops are those of the first round."""
VALIDATION_SHARE = 0.2
"""Share of the movies in the validation set, if it consists of whole movies."""


@dataclass(frozen=True)
class StartResult:
    """A round that is ready to be annotated.

    Parameters
    ----------
    number : int
        Number of the round, from 1.
    parts : list of Part
        Crops to annotate: the round and, in the first one, the validation set.
    project : pathlib.Path or None
        QuPath project of all these crops.
    """

    number: int
    parts: list[Part]
    project: Path | None = None

    def summary(self) -> Summary:
        """Return the next steps for the user."""
        folders = [f"  {part.folder}: {len(part.crops)} crops" for part in self.parts]
        if self.project:
            lines = [f"round {self.number} is started:", *folders]
            lines += [
                f"open {self.project} in QuPath, correct the predictions, and save each image;",
                "then: Automate › Project scripts › export_and_retrain, Run",
            ]
        else:
            lines = [f"round {self.number} is started; next, for each of these folders:", *folders]
            lines += [
                "open images in QuPath, import predictions, correct them, and export label images to ground_truth;",
                f"then: {command('round finish')}",
            ]
        data = {
            "round": self.number,
            "folders": [part.folder for part in self.parts],
            "project": self.project,
        }
        return Summary(lines, data)


def start_round(
    images: PathLike, *, settings: RoundSettings | None = None, out: PathLike | None = None
) -> StartResult:
    """Start the next round.

    Parameters
    ----------
    images : path-like
        Movies, or a folder of them, corrected or not; the same ones in each round, or more.
    settings : RoundSettings, optional
        What to annotate. In later rounds, settings left out are those of the previous round.
    out : path-like, optional
        Folder of all rounds; by default ``rounds`` beside the images.

    Returns
    -------
    StartResult
        The new ``round_NN`` holds ``images``, ``predictions`` (label images, tables and GeoJSON), an empty
        ``ground_truth``, and ``round.json``, which records every choice.

    Raises
    ------
    BadInput
        When the previous round is not finished, the settings contradict it, or no position is left to annotate.
    """
    images = to_path(images)
    movies = list_movies(images)
    check_names(movies)
    folder = RoundsFolder(to_path(out) or beside(folder_of(images), "rounds"))
    rounds = folder.rounds
    if rounds and not rounds[-1].finished:
        raise BadInput(
            f"{rounds[-1].folder}: this round is not finished",
            cure=f"annotate it, then {command('round finish')}",
        )
    settings = _settings(rounds, settings or RoundSettings(), folder.path)
    maker = _maker(settings, rounds[-1].model if rounds else base_of(folder, settings), movies)
    if not rounds:
        _check_left_behind(folder.validation, settings)
    if not folder.validation.crops:
        _make_validation(folder, movies, maker)
    target = folder.round(len(rounds) + 1)
    found = _candidates(_movies_to_annotate(images, movies, folder), folder, target, maker)
    chosen = _choose(found, settings)
    used = {"name": maker.path.name, "sha256": maker.model.weights_sha256}
    base = rounds[0].record.get("base_sha256") if rounds else maker.model.weights_sha256
    maker.make(target, chosen, round=target.number, model=used, base_sha256=base, looked_at=len(found))
    parts: list[Part] = [target] if rounds else [target, folder.validation]
    project = _make_project(target, parts) if settings.qupath else None
    return StartResult(target.number, parts, project)


def _movies_to_annotate(images: Path, movies: list[Path], folder: RoundsFolder) -> list[Path]:
    """Return the movies that crops may be chosen from: all but those that are kept for validation."""
    if not folder.whole_movies:
        return movies
    left = [movie for movie in movies if not folder.keeps_apart(movie)]
    if not left:
        raise BadInput(f"{images}: all its movies are validation movies", cure="add movies")
    return left


def _candidates(
    movies: list[Path], folder: RoundsFolder, target: Round, maker: "_RoundWriter"
) -> list[Candidate]:
    """Draw positions for a round away from those that are annotated, and rate them if the settings say so."""
    settings = maker.settings
    return candidates(
        movies,
        settings,
        (settings.seed, target.number),
        max(settings.look_at, settings.crops),
        [crop for one in folder.rounds for crop in one.crops],
        folder.validation.crops,
        maker.model if settings.choose != "random" else None,
    )


def _choose(found: Sequence[Candidate], settings: RoundSettings) -> list[Candidate]:
    """Choose the crops of a round, and say if there are fewer than wanted, or places are used again."""
    chosen = choose(found, settings.crops, settings.size)
    if len(chosen) < settings.crops:
        warning(
            f"round: {len(chosen)} places instead of {settings.crops} are left; {option('look_at')} finds more"
        )
    if settings.choose == "broken-tracks":
        broken = sum(one.at_break for one in chosen)
        info(f"round: tracks break in {broken} of the {len(chosen)} crops; the others are random")
    again = sum(not one.new for one in chosen)
    if again:
        info(
            f"round: no new places are left; {again} crops are from places annotated before, in other frames"
        )
    return chosen


def _make_project(target: Round, parts: Sequence[Part]) -> Path:
    """Make one QuPath project to correct all predictions and finish the round in; return its file."""
    made = make_project(
        [FolderToDraw(part.images, part.ground_truth, part.predictions) for part in parts],
        out=target.folder / "qupath",
        then=("round", "finish", "../.."),
    )
    return made.file


@dataclass(frozen=True)
class _RoundWriter:
    """Writer of folders with crops to annotate and a model's predictions for them.

    Parameters
    ----------
    settings : RoundSettings
        Settings of the round.
    path : pathlib.Path
        The newest model, or the name of the base.
    model : UsedModel
        The same model with all settings filled in.
    provenance : Provenance
        Record with the SHA-256 of all movies.
    notes : dict of str to list of str
        Notes by movie: what was left out of it, is missing or was guessed.
    """

    settings: RoundSettings
    path: Path
    model: UsedModel
    provenance: Provenance
    notes: dict[str, list[str]]

    def make(self, part: Part, chosen: Sequence[Candidate], **facts: Any) -> None:
        """Write the chosen crops, predictions, a folder for the ground truth, and a record with `facts`."""
        try:
            with folder_aside(part.folder, replace=False) as aside:
                new = Part(aside)
                cut(new.images, chosen, self.settings)
                new.ground_truth.mkdir()
                batch = predict(str(self.path), new.images, out=new.predictions, settings=self.model.settings)
                if batch.failed:
                    raise next(iter(batch.failed.values()))
                if self.settings.cellpose_window:
                    write_window_files(new)
                listed = [one.as_data() for one in chosen]
                self.provenance.write(aside / RECORD, **facts, notes=self.notes, chosen=listed)
        except FileExistsError:
            raise BadInput(
                f"{part.folder}: already exists",
                expected=f"no other {command('round start')} at the same time, and no folder of that name",
                cure=f"see {command('round status')}; move the folder away if you do not need it",
            ) from None


def _maker(settings: RoundSettings, path: str | Path, movies: Sequence[Path]) -> _RoundWriter:
    how = PredictSettings(
        device=settings.device,
        channel=settings.channel,
        second_channel=settings.second_channel,
        class_name=settings.name,
        geojson=True,
    )
    files: list[Path] = []
    notes: dict[str, list[str]] = {}
    for path_of_movie in movies:
        with TimeLapse(path_of_movie, settings.axes, settings.convert) as movie:
            movie.warn_of_notes()
            files += movie.files
            notes |= {source_name(movie.path): movie.notes} if movie.notes else {}
    model, provenance = find_model(path, how), Provenance("round", settings, files)
    return _RoundWriter(settings, Path(path), model, provenance, notes)


def base_of(folder: RoundsFolder, settings: RoundSettings) -> str | Path:
    """Return the base model: a path if the file exists relative to the folder of rounds, else a name."""
    there = Path(os.path.normpath(folder.path.resolve() / settings.base))  # the folder may not exist yet
    return there if there.exists() else settings.base


def _settings(rounds: Sequence[Round], given: RoundSettings, folder: Path) -> RoundSettings:
    """Fill in omitted settings from the previous round, and check that fixed ones have not changed."""
    if not rounds:
        missing = [name for name in ("name", "base") if not getattr(given, name)]
        if missing:
            raise BadInput(
                f"round: the first round needs {option(missing[0])}",
                expected=options(name="CELLTYPE", base="MODEL"),
            )
        return given.replace(base=_kept_base(folder, given.base))
    earlier, chosen = rounds[-1].settings, {name: getattr(given, name) for name in given.model_fields_set}
    if "base" in chosen:
        chosen["base"] = _kept_base(folder, chosen["base"])
    check_fixed(earlier, chosen)
    return earlier.replace(**chosen)


def check_fixed(earlier: RoundSettings, given: Mapping[str, Any]) -> None:
    """Check given settings against those that are the same in all rounds.

    Parameters
    ----------
    earlier : RoundSettings
        Settings of the rounds.
    given : mapping of str to object
        Settings that were given now, by name.

    Raises
    ------
    BadInput
        When one differs; the error names the first.
    """
    for name in FIXED:
        if given.get(name, getattr(earlier, name)) != getattr(earlier, name):
            raise BadInput(
                f"{option(name)}: cannot change between rounds",
                found=str(given[name]),
                expected=str(getattr(earlier, name)),
                cure=f"leave it out, or start in a new folder ({option('out')})",
            )


def _check_left_behind(validation: Part, settings: RoundSettings) -> None:
    """Check that validation crops left by a killed first start are those that this one would make.

    Raises
    ------
    BadInput
        When they are not; the error names the difference.
    """
    if not (validation.folder / RECORD).is_file():
        return
    earlier, now = validation.record["settings"], settings.model_dump(mode="json")
    differing = [name for name in (*FIXED, "size", "border", "seed") if earlier.get(name) != now[name]]
    if differing:
        raise BadInput(
            f"{validation.folder}: was made by an interrupted start with other settings",
            found=", ".join(option(name, earlier.get(name)) for name in differing),
            expected=", ".join(option(name, now[name]) for name in differing),
            cure="move that folder away, or start with the same settings",
        )


def _kept_base(folder: Path, base: str) -> str:
    """Return a base as stored in the rounds: a path relative to their folder, or a name."""
    file = Path(base).expanduser()
    if not file.exists():
        return base
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(file.resolve())


def validation_movies(movies: int) -> int:
    """Return the number of validation movies: a fifth, but at least three if as many remain for training."""
    fewest = VALIDATION_MOVIES if movies >= 2 * VALIDATION_MOVIES else 1
    return max(fewest, round(VALIDATION_SHARE * movies))


def _make_validation(folder: RoundsFolder, movies: Sequence[Path], maker: _RoundWriter) -> None:
    """Choose the crops that no round trains on at random, from whole movies if there are enough."""
    settings = maker.settings
    units = _kept_together(movies)
    names = list(dict.fromkeys(units.values()))
    whole = len(names) >= FEWEST_MOVIES
    if whole:
        rng = np.random.default_rng((settings.seed, 0))
        count = validation_movies(len(names))
        apart = {names[place] for place in rng.permutation(len(names))[:count].tolist()}
        movies = [movie for movie in movies if units[movie] in apart]
        info(f"round: validation movies are {', '.join(movie.name for movie in movies)}")
        if count < VALIDATION_MOVIES:
            warning(f"round: {few_movies_note(count)}")
    else:
        warning(
            f"round: with {len(movies)} movies, fewer than {FEWEST_MOVIES}, validation crops come from movies that "
            "are also trained on; scores look better than they would on a new "
            "movie"
        )
    wanted = settings.validation_crops
    found = candidates(movies, settings, (settings.seed, 0, 0), 2 * wanted)
    files = {"whole_files": True} if whole and len(names) < len(units) else {}
    maker.make(folder.validation, choose(found, wanted, settings.size), whole_movies=whole, **files)


def _kept_together(movies: Sequence[Path]) -> dict[Path, str]:
    """Return the unit of each movie that stays on one side: its file if there are enough files, else itself."""
    files = {movie: file_behind(movie) or source_name(movie) for movie in movies}
    enough = len(set(files.values())) >= FEWEST_MOVIES
    return files if enough else {movie: source_name(movie) for movie in movies}
