"""The command line: ``cpretrain --help``. Heavy packages are imported by the command that needs them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cpretrain.cli.app import MOVIES, Out, Threads, app
from cpretrain.cli.command import command
from cpretrain.errors import BadInput
from cpretrain.runtime.summary import StepResult, Summary

if TYPE_CHECKING:
    from cpretrain.settings.batch import BatchSettings
    from cpretrain.settings.crops import CropSettings
    from cpretrain.settings.drift import DriftSettings
    from cpretrain.settings.evaluation import AgreeSettings, EvaluateSettings
    from cpretrain.settings.masks import MaskSettings
    from cpretrain.settings.training import TrainSettings


def main() -> None:
    """Run the command line."""
    import cpretrain.cli.model_commands  # noqa: F401

    app()


@command(app, "DriftSettings", batch=True)
def drift(
    settings: "DriftSettings",
    raw: Annotated[Path | None, typer.Argument(help=MOVIES)] = None,
    out: Out = None,
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Correct the drift of time-lapses with Fiji's "Correct 3D drift"."""
    from cpretrain.cli.folder_dialog import ask_folder
    from cpretrain.drift.correction import correct_drift

    chosen = ask_folder(raw, "RAW", "Choose the folder of raw time-lapses")
    return correct_drift(chosen, out=out, settings=settings, batch=batch)


@command(app, "CropSettings")
def crops(
    settings: "CropSettings",
    images: Annotated[Path | None, typer.Argument(help="a folder of images, corrected or not")] = None,
    out: Out = None,
) -> StepResult:
    """Cut training crops at random positions in random frames."""
    from cpretrain.cli.folder_dialog import ask_folder
    from cpretrain.crops.cutting import cut_crops

    return cut_crops(ask_folder(images, "IMAGES", "Choose the folder of images"), out=out, settings=settings)


@command(app, "MaskSettings")
def masks(
    settings: "MaskSettings",
    ground_truth: Annotated[Path, typer.Argument(help="folder of files exported from QuPath")],
    images: Annotated[Path, typer.Option(help="folder of the training images")],
    out: Annotated[Path, typer.Option(help="folder for the label images")],
) -> StepResult:
    """Turn ground truth from QuPath into one clean label image per training image."""
    from cpretrain.masks.importing import import_masks

    return import_masks(ground_truth, images, out=out, settings=settings)


TrainingImages = Annotated[Path, typer.Option(help="folder of the training images")]
TheirMasks = Annotated[Path, typer.Option(help="folder of their label images")]
Models = Annotated[
    Path | None, typer.Option("--out", help="folder of models (default: models beside the images)")
]
Resume = Annotated[
    bool | None,
    typer.Option("--resume/--no-resume", help="continue an interrupted training run, or start over"),
]
EXAMPLE = "for example learning_rate=0.001:0.005,weight_decay=1e-5:1e-4"


@command(app, "TrainSettings", batch=True)
def train(
    settings: "TrainSettings",
    images: TrainingImages,
    masks: TheirMasks,
    out: Models = None,
    resume: Resume = None,
    grid: Annotated[
        str | None,
        typer.Option(
            "--sweep",
            help=f"try all combinations and keep the one that is best on the in-training test set, {EXAMPLE} (as "
            "cpretrain sweep)",
        ),
    ] = None,
    threads: Threads = None,
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Retrain a Cellpose model."""
    from cpretrain.runtime.threads import use_threads

    use_threads(threads)
    if grid is not None:
        return _search(settings, images, masks, grid, out=out, resume=resume, batch=batch)
    if batch and batch.asks_for_workers:
        raise BadInput(
            "--workers, --scheduler, --cluster: a single training run stays in this process",
            cure="leave them out, or try several settings with --sweep",
        )
    from cpretrain.training import retrain

    return retrain(images, masks, settings=settings, out=out, resume=resume)


@command(app, "TrainSettings", batch=True)
def sweep(
    settings: "TrainSettings",
    images: TrainingImages,
    masks: TheirMasks,
    grid: Annotated[
        str, typer.Option("--grid", "--sweep", help=f"values to try of some settings, {EXAMPLE}")
    ],
    out: Models = None,
    resume: Resume = None,
    threads: Threads = None,
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Train every combination of some settings, rank them by the in-training test set, and keep the best model."""
    from cpretrain.runtime.threads import use_threads

    use_threads(threads)
    return _search(settings, images, masks, grid, out=out, resume=resume, batch=batch)


def _search(settings: "TrainSettings", images: Path, masks: Path, grid: str, **how: Any) -> StepResult:
    """Read the grid, which `train` takes too, and try it."""
    from cpretrain.training import sweep
    from cpretrain.training.grid_search import parse_grid

    return sweep(images, masks, settings=settings, grid=parse_grid(grid), **how)


@command(app, "EvaluateSettings", batch=True)
def evaluate(
    settings: "EvaluateSettings",
    model: Annotated[Path, typer.Argument(help="a model folder made by cpretrain train")],
    images: Annotated[
        Path | None, typer.Option(help="images to score on instead of the validation images")
    ] = None,
    masks: Annotated[Path | None, typer.Option(help="their label images")] = None,
    against: Annotated[str | None, typer.Option(help="model to compare with (default: its base)")] = None,
    annotator: Annotated[
        Path | None,
        typer.Option(
            "--annotator", "--human", help="label images that a second annotator drew for the same images"
        ),
    ] = None,
    frames: Annotated[Path | None, typer.Option(help="whole frames to score on as well")] = None,
    frame_masks: Annotated[Path | None, typer.Option(help="their label images")] = None,
    movies: Annotated[
        Path | None,
        typer.Option(help="movies that nobody annotated, to compare the tracks of both models' objects in"),
    ] = None,
    tracked: Annotated[
        Path | None,
        typer.Option(
            help="their tracked ground truth, if there is one: NAME_GT as in the Cell Tracking Challenge"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="folder for the results (default: the model's)")
    ] = None,
    threads: Threads = None,
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Score a retrained model and its base on images that neither was trained on."""
    from cpretrain.runtime.threads import use_threads

    use_threads(threads)
    from cpretrain.evaluation import evaluate as score

    return score(
        model,
        images=images,
        masks=masks,
        against=against,
        settings=settings,
        out=out,
        annotator=annotator,
        frames=frames,
        frame_masks=frame_masks,
        movies=movies,
        tracked=tracked,
        batch=batch,
    )


@command(app, "AgreeSettings")
def agree(
    settings: "AgreeSettings",
    masks_a: Annotated[Path, typer.Argument(help="label images that one person drew")],
    masks_b: Annotated[
        Path, typer.Argument(help="label images of the same images that a second person drew")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="folder for a table (default: none)")] = None,
) -> StepResult:
    """Compare two annotators' masks: their agreement is the most that a model can be expected to reach."""
    from cpretrain.evaluation.agreement import agree as compare

    return compare(masks_a, masks_b, settings=settings, out=out)


@command(app, batch=True)
def run(
    experiment: Annotated[Path, typer.Argument(help="an experiment.toml")],
    batch: "BatchSettings | None" = None,
) -> StepResult:
    """Run the whole pipeline, from the first step that is not done."""
    from cpretrain.pipeline.experiment import run_experiment

    return run_experiment(experiment, batch=batch)


@command(app)
def demo(
    folder: Annotated[Path, typer.Argument(help="folder for the demo")] = Path("demo"),
) -> StepResult:
    """Run the whole pipeline on real images that come with the package."""
    from cpretrain.pipeline.demo import run_demo

    return run_demo(folder)


@command(app)
def info(
    movies: Annotated[
        list[Path], typer.Argument(help="files, positions (exp.nd2#3), folders, or patterns in quotes")
    ],
    axes: Annotated[str | None, typer.Option(help="axes of the file where it states them wrongly")] = None,
) -> StepResult:
    """Show what is in a movie: axes, positions, channels, types, sizes, times, and what each step would do with it."""
    from cpretrain.pipeline.movie_info import describe_movies

    return describe_movies(movies, axes=axes)


@command(app)
def doctor() -> StepResult:
    """Show what is installed and what is missing: Java, Fiji, Cellpose, models, GPU."""
    from cpretrain.cli.doctor import examine

    return examine()


@command(app)
def fiji_scripts(
    install: Annotated[
        bool, typer.Option("--install", help="write them (default: only show what would go where)")
    ] = False,
    fiji: Annotated[Path | None, typer.Option(help="folder of a local Fiji (or set FIJI_HOME)")] = None,
) -> StepResult:
    """Install scripts for the steps in Fiji's menu: Plugins > cpretrain."""
    from cpretrain.cli.fiji_menu import fiji_scripts as scripts

    return scripts(fiji, install)


@command(app)
def models(
    install: Annotated[
        Path | None,
        typer.Option(help="a model folder made by cpretrain train, to add to Cellpose's list of models"),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="its name in Cellpose (default: that of the folder)")
    ] = None,
    download: Annotated[
        str | None, typer.Option(help="a base model to download now, to work without internet access later")
    ] = None,
) -> StepResult:
    """List the base models, with their location and the Cellpose that loads each; or install one."""
    if download is not None:
        from cpretrain.models.download import download_model

        return download_model(download)
    from cpretrain.models.installed import install_model, list_models

    if install is not None:
        return install_model(install, name)
    from cpretrain.cli.effort import with_effort

    return with_effort(list_models())


@command(app)
def schema() -> StepResult:
    """Print the JSON schema of experiment.toml."""
    import json

    from cpretrain.pipeline.experiment import Experiment

    described = Experiment.model_json_schema()
    return Summary([json.dumps(described, indent=2)], described)


if __name__ == "__main__":
    main()
