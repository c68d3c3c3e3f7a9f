"""Make QuPath projects to draw in: images, predictions to correct, and scripts with the project's folders."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import beside, list_images
from cpretrain.qupath.program import find_qupath, run_script
from cpretrain.qupath.project_file import PROJECT, write_project_file
from cpretrain.qupath.scripts import EXPORT, IMPORT, RETRAIN, SCRIPTS, Value, Values, install_scripts
from cpretrain.runtime.console import info
from cpretrain.runtime.shipped import shipped
from cpretrain.runtime.spelling import option
from cpretrain.runtime.summary import Summary
from cpretrain.storage.paths import PathLike, to_path


@dataclass(frozen=True)
class ProjectResult:
    """A QuPath project.

    Parameters
    ----------
    file : pathlib.Path
        Project file, which a double click opens in QuPath.
    images, added : int
        Number of requested images in it, and of those that are new in it.
    imported : bool or None
        True if the predictions are in it already; None without predictions.
    """

    file: Path
    images: int
    added: int
    imported: bool | None

    def summary(self) -> Summary:
        """Return what to do next."""
        lines = [f"{self.images} images ({self.added} new) in {self.file}: open it in QuPath"]
        if self.imported is False:
            lines.append("then: Automate › Project scripts › import_predictions, Run › Run for project")
        lines.append(
            "draw, save each image (Ctrl+S), then: Automate › Project scripts › export_and_retrain, Run"
        )
        lines.append(f"each step is described in {shipped('docs/qupath.md')}")
        return Summary(lines, dict(vars(self)))


@dataclass(frozen=True)
class FolderToDraw:
    """Images to draw on.

    Parameters
    ----------
    images : pathlib.Path
        Folder of TIFFs.
    ground_truth : pathlib.Path
        Folder that the drawings are exported to.
    predictions : pathlib.Path or None
        Folder of GeoJSON files to be corrected.
    """

    images: Path
    ground_truth: Path
    predictions: Path | None = None


def make_qupath_project(
    images: PathLike,
    *,
    predictions: PathLike | None = None,
    ground_truth: PathLike | None = None,
    out: PathLike | None = None,
    then: Sequence[str] = (),
    qupath: PathLike | None = None,
) -> ProjectResult:
    """Make a QuPath project of images to draw on, or add images to one.

    Parameters
    ----------
    images : path-like
        Folder of TIFFs, for example ``training_images``.
    predictions : path-like, optional
        Folder of GeoJSON files that ``predict`` wrote for them, to be corrected.
    ground_truth : path-like, optional
        Folder that the drawings are exported to; by default ``ground_truth`` beside the images.
    out : path-like, optional
        Folder of the project; by default ``qupath`` beside the images.
    then : sequence of str
        Command of cpretrain that *export_and_retrain* runs in the project's folder after the export, for example
        ``("round", "finish", "../..")``; by default ``run`` with the ``experiment.toml`` beside the images, if there
        is one.
    qupath : path-like, optional
        Folder of QuPath, to import the predictions at once; by default that of ``QUPATH_HOME``, or where QuPath is
        usually installed. Without one, a script in the project imports them.

    Returns
    -------
    ProjectResult
        The project; drawings in an existing project are kept.

    Raises
    ------
    BadInput
        If there are no images or predictions, or QuPath fails.
    """
    folder = to_path(images)
    project = beside(folder, "qupath") if out is None else to_path(out)
    to_draw = FolderToDraw(
        folder,
        beside(folder, "ground_truth") if ground_truth is None else to_path(ground_truth),
        None if predictions is None else to_path(predictions),
    )
    return make_project(
        [to_draw], out=project, then=then or _experiment_beside(folder, project), qupath=qupath
    )


def make_project(
    folders: Sequence[FolderToDraw],
    *,
    out: Path,
    then: Sequence[str] = (),
    qupath: PathLike | None = None,
) -> ProjectResult:
    """Make one project of several folders of images, whose drawings go into a folder each.

    Parameters
    ----------
    folders : sequence of FolderToDraw
        Folders of images; either all have predictions, or none.
    out, then, qupath
        As for `make_qupath_project`; `out` is the folder of the project.

    Raises
    ------
    BadInput
        If there are no images or predictions, or QuPath fails.
    """
    files = [file for folder in folders for file in list_images(folder.images)]
    predicted = {folder.images: _checked(folder.predictions) for folder in folders if folder.predictions}
    values: dict[str, Values] = {
        EXPORT: {"folderName": _named(out, {folder.images: folder.ground_truth for folder in folders})},
        RETRAIN: {"command": _command(then)},
    }
    if predicted:
        values[IMPORT] = {"folderName": _named(out, predicted)}
    added = write_project_file(out, files)
    install_scripts(out / SCRIPTS, values)
    imported = _import(out, qupath) if predicted else None
    return ProjectResult(out / PROJECT, len(files), added, imported)


def _named(project: Path, folders: Mapping[Path, Path]) -> Value:
    """Return the folder for all images, or one for each folder of images, as seen from the project."""
    seen = {_seen_from(project, images): _seen_from(project, folder) for images, folder in folders.items()}
    return seen if len(seen) > 1 else next(iter(seen.values()))


def _import(project: Path, qupath: PathLike | None) -> bool:
    """Import the predictions with QuPath's command line; return whether there is a QuPath."""
    program = find_qupath(None if qupath is None else to_path(qupath))
    if program is None:
        return False
    info(f"QuPath imports the predictions: {program}")
    for line in run_script(program, project / SCRIPTS / IMPORT, project / PROJECT):
        info(line)
    return True


def _checked(predictions: Path) -> Path:
    if not any(predictions.glob("*.geojson")):
        raise BadInput(
            f"{predictions}: no predictions that QuPath reads",
            expected="NAME.geojson for each image",
            cure=f"predict with {option('geojson', True)}",
        )
    return predictions


def _seen_from(project: Path, folder: Path) -> str:
    """Return the path of a folder relative to the project, so that both can be moved together."""
    try:
        return Path(os.path.relpath(folder.resolve(), project.resolve())).as_posix()
    except ValueError as error:  # another disk, on Windows
        raise BadInput(
            f"{folder}: is on another disk than the project {project}",
            cure=f"choose {option('out')} on the same",
        ) from error


def _experiment_beside(images: Path, project: Path) -> Sequence[str]:
    experiment = beside(images, "experiment.toml")
    return ("run", _seen_from(project, experiment)) if experiment.is_file() else ()


def _command(then: Sequence[str]) -> list[str]:
    return [sys.executable, "-P", "-m", "cpretrain", *then] if then else []
