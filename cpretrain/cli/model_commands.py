"""Commands on models: predict, combine, track, export, and rounds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cpretrain.cli.app import MOVIES, Threads, app
from cpretrain.cli.command import command
from cpretrain.runtime.summary import StepResult

if TYPE_CHECKING:
    from cpretrain.settings.batch import BatchSettings
    from cpretrain.settings.combination import CombineSettings
    from cpretrain.settings.export import ExportSettings
    from cpretrain.settings.prediction import PredictSettings
    from cpretrain.settings.rounds import RoundSettings
    from cpretrain.settings.tracking import TrackSettings
    from cpretrain.settings.training import TrainSettings

rounds = typer.Typer(
    help="Annotate, retrain and score in rounds, until the model is good enough.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(rounds, name="round")

ROUNDS = "folder of all rounds, made by cpretrain round start"
MODEL = "a model folder made by cpretrain train, a file of weights, or a name from Cellpose's zoo"


@command(app, "PredictSettings", batch=True)
def predict(
    settings: "PredictSettings",
    model: Annotated[str, typer.Argument(help=MODEL)],
    images: Annotated[Path, typer.Argument(help=MOVIES)],
    out: Annotated[Path, typer.Option("--out", help="folder for the label images and tables")],
    threads: Threads = None,
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Segment time-lapses, stacks and images with a model; resumes where it was interrupted."""
    from cpretrain.runtime.threads import use_threads

    use_threads(threads)
    from cpretrain.prediction import predict as segment

    return segment(model, images, out=out, settings=settings, batch=batch)


@command(app, "CombineSettings")
def combine(
    settings: "CombineSettings",
    classes: Annotated[
        list[str],
        typer.Argument(help="CLASS=FOLDER for each class: folders of label images of the same movies"),
    ],
    out: Annotated[Path, typer.Option("--out", help="folder for the combined label images and the table")],
) -> StepResult:
    """Combine the results of several models: one label image with a class for every object."""
    from cpretrain.combination import combine as put_together
    from cpretrain.combination.matching import parse_folders

    return put_together(parse_folders(classes), out=out, settings=settings)


@command(app, "TrackSettings", batch=True)
def track(
    settings: "TrackSettings",
    predictions: Annotated[
        Path,
        typer.Argument(help="label images of cpretrain predict, or any others: a file, or a folder of them"),
    ],
    images: Annotated[
        Path | None,
        typer.Option(
            help="the movies that were segmented, for grey values and the drift corrected in them (default: those that "
            "the predictions name, in a folder beside them)"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="where results go (default: tracks beside the predictions)")
    ] = None,
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Link the objects of consecutive frames to tracks, in the corrected and in the raw movie."""
    from cpretrain.tracking import track as link

    return link(predictions, images=images, out=out, settings=settings, batch=batch)


@command(app)
def plot(
    tracks: Annotated[
        Path, typer.Argument(help="a NAME.tracks.csv made by cpretrain track, or a folder of them")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="where the plots go (default: plots beside the tracks)")
    ] = None,
) -> StepResult:
    """Draw the five plots that people make of tracks: area, speed, paths, number of objects, grey values."""
    from cpretrain.tracking import plot_tracks

    return plot_tracks(tracks, out=out)


@command(app, "ExportSettings")
def export(
    settings: "ExportSettings",
    model: Annotated[Path, typer.Argument(help="a model folder made by cpretrain train")],
    bioimageio: Annotated[
        bool, typer.Option("--bioimageio", help="as a package for the BioImage Model Zoo")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="the ZIP file (default: in the model folder)")
    ] = None,
) -> StepResult:
    """Pack a model for others, and check the package."""
    from cpretrain.errors import BadInput
    from cpretrain.export import export_model

    if not bioimageio:
        raise BadInput("export: choose a format", expected="--bioimageio, for the BioImage Model Zoo")
    return export_model(model, settings=settings, out=out)


@command(app)
def qupath_project(
    images: Annotated[
        Path, typer.Argument(help="a folder of images to draw on, for example training_images")
    ],
    predictions: Annotated[
        Path | None, typer.Option(help="a folder of predictions to correct (cpretrain predict --geojson)")
    ] = None,
    ground_truth: Annotated[
        Path | None,
        typer.Option(help="where drawings are exported to (default: ground_truth beside the images)"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="folder of the project (default: qupath beside the images)")
    ] = None,
    qupath: Annotated[
        Path | None, typer.Option(help="folder of QuPath, to import predictions at once (or set QUPATH_HOME)")
    ] = None,
) -> StepResult:
    """Make a QuPath project of images to draw on, with predictions to correct and scripts to export and retrain."""
    from cpretrain.qupath import make_qupath_project

    return make_qupath_project(
        images, predictions=predictions, ground_truth=ground_truth, out=out, qupath=qupath
    )


@command(app)
def qupath_scripts(
    install: Annotated[
        Path | None,
        typer.Option(
            help="a QuPath project, or QuPath's folder of scripts, to copy them to (default: say where they are)"
        ),
    ] = None,
) -> StepResult:
    """Show or copy the scripts for QuPath: import predictions, export ground truth, export and retrain."""
    from cpretrain.qupath.scripts import qupath_scripts as scripts

    return scripts(install)


@command(rounds, "RoundSettings")
def start(
    settings: "RoundSettings",
    images: Annotated[Path, typer.Argument(help=MOVIES)],
    out: Annotated[
        Path | None, typer.Option("--out", help="folder of all rounds (default: rounds beside the images)")
    ] = None,
    threads: Threads = None,
) -> StepResult:
    """Choose crops to annotate, and predict them for correction in QuPath."""
    from cpretrain.runtime.threads import use_threads

    use_threads(threads)
    from cpretrain.rounds import start_round

    return start_round(images, settings=settings, out=out)


@command(rounds, "TrainSettings")
def finish(
    settings: "TrainSettings",
    folder: Annotated[Path, typer.Argument(help=ROUNDS)],
    threads: Threads = None,
) -> StepResult:
    """Import what was annotated, retrain the base on all rounds, and score it."""
    from cpretrain.runtime.threads import use_threads

    use_threads(threads)
    from cpretrain.rounds import finish_round

    return finish_round(folder, settings=settings)


@command(rounds)
def status(folder: Annotated[Path, typer.Argument(help=ROUNDS)]) -> StepResult:
    """Show the state of the rounds, and the next step."""
    from cpretrain.rounds.status import round_status

    return round_status(folder)
