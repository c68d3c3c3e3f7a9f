"""The settings of every step, one frozen model each: shared by Python, command line and experiment.toml."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from cpretrain.errors import BadInput

PositiveInt = Annotated[int, Field(ge=1)]
NotNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
FLOW_THRESHOLD, CELLPROB_THRESHOLD = 0.4, 0.0
"""Cellpose's own."""

Device = Literal["auto", "cpu", "cuda", "mps"]
Schedule = Literal["cellpose", "cosine"]


def _listed(value: object) -> object:
    """Read ``a, b`` as a list, as the command line writes it."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class Settings(BaseModel):
    """A frozen set of options that knows no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def replace(self, **changes: object) -> Self:
        """Return a checked copy with `changes`."""
        return type(self).model_validate(self.model_dump() | changes)


class DriftSettings(Settings):
    """Options of "Correct 3D drift", with the plugin's own defaults."""

    engine: Literal["auto", "fiji", "native"] = Field(
        "auto",
        description="fiji: the plugin itself; native: the same in Python; auto: fiji where there is one",
    )
    fiji: Path | None = Field(None, description="folder of a local Fiji (or set FIJI_HOME)")
    channel: PositiveInt = Field(1, description="channel that the drift is measured on, from 1")
    only_xy: bool = Field(False, description="correct only x and y of 3D data")
    multi_time_scale: bool = Field(False, description="measure again over longer and longer time steps")
    sub_pixel: bool = Field(False, description="apply fractional shifts by linear interpolation")
    edge_enhance: bool = Field(False, description="enhance edges before measuring")
    threshold: float = Field(0.0, ge=0, description="subtract this grey value before measuring")
    z_range: tuple[PositiveInt, PositiveInt] | None = Field(
        None, description="lowest and highest z plane to measure, from 1 (default: all)"
    )
    max_shift: tuple[NotNegativeInt, NotNegativeInt, NotNegativeInt] = Field(
        (10, 10, 10), description="largest shift between two frames in x, y and z, in pixels"
    )
    roi: tuple[NotNegativeInt, NotNegativeInt, PositiveInt, PositiveInt] | None = Field(
        None, description="measure inside this box only: x, y, width, height in pixels"
    )
    axes: str | None = Field(
        None, description="axes of the file where it states them wrongly, for example TYX"
    )
    reference: Literal["previous", "first", "mean"] = Field(
        "previous",
        description="measure each frame against the one before it, the first one, or the mean of those aligned so "
        "far (native engine only, as all that follows)",
    )
    shifts: Path | None = Field(
        None,
        description="do not measure, but apply this NAME.shifts.csv, or that of the same name in this folder",
    )
    shifts_scale: tuple[PositiveFloat, PositiveFloat, PositiveFloat] = Field(
        (1.0, 1.0, 1.0),
        description="pixels of this movie for one pixel of that of --shifts, in x, y and z",
    )
    crop_to_valid: bool = Field(
        False, description="keep only the area that every frame covers, instead of growing the canvas"
    )
    keep_large_shifts: bool = Field(
        False,
        description="take shifts larger than max_shift as they were measured, with a warning, and do not cut them",
    )
    mask: Path | None = Field(
        None,
        description="TIFF of the size of a frame: pixels that are not 0 are left out of the measurement, for example "
        "dust on the camera",
    )
    ignore_padding: bool = Field(
        False, description="leave out the borders of zeros that frames have already, frame by frame"
    )
    verify: NotNegativeInt = Field(
        0, description="correct this many movies with the plugin too, and say whether the results are equal"
    )


class CropSettings(Settings):
    """How training crops are drawn."""

    per_image: PositiveInt = Field(5, description="crops an image")
    size: PositiveInt = Field(100, description="edge length of a crop in pixels, without its border")
    border: NotNegativeInt = Field(2, description="width of the edge of zeros added around a crop, in pixels")
    seed: int = Field(0, description="seed of the random places")
    frames_only: Annotated[tuple[NotNegativeInt, ...] | None, BeforeValidator(_listed)] = Field(
        None, description="draw from these frames only, from 0, for example 0,5,9 (default: all)"
    )


class MaskSettings(Settings):
    """How drawn ground truth is read."""

    strict: bool = Field(False, description="refuse masks that need a guess, for example binary ones")
    components: bool = Field(
        False, description="take connected pieces of a binary or class mask as objects (touching cells merge)"
    )
    upsample: bool = Field(
        False, description="enlarge masks that were exported at a lower resolution, by nearest neighbour"
    )
    classes: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (),
        description="take objects of these classes only, as they are named in QuPath, separated by commas "
        "(default: all)",
    )
    nuclei: bool = Field(False, description="take the nuclei of QuPath's cells instead of the whole cells")


class TrainSettings(Settings):
    """How a model is retrained; what is left out takes the default of the installed Cellpose."""

    name: str = Field("", description="name of the cell type, and of the model")
    base: str = Field("", description="base model: a name from Cellpose's zoo, or a model file")
    train_fraction: float = Field(0.8, gt=0, lt=1, description="share of the images used for training")
    test_fraction: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the training images set aside as in-training test set: never trained on, they show "
        "which epoch is best",
    )
    channel: PositiveInt = Field(1, description="channel to segment, from 1")
    second_channel: PositiveInt | None = Field(
        None, description="channel of the nuclei, from 1, for two-channel Cellpose 3 models"
    )
    preset: Literal["cellpose", "retraining"] = Field(
        "cellpose",
        description="what is left open below takes the defaults of the installed Cellpose, or what its "
        "documentation recommends for retraining",
    )
    epochs: PositiveInt | None = Field(None, description="number of epochs")
    learning_rate: float | None = Field(None, gt=0, description="learning rate")
    schedule: Schedule = Field(
        "cellpose",
        description="how the learning rate changes; cellpose: constant, and lowered at the end of runs of 100 epochs "
        "and more; cosine: lowered to nearly 0 in every run, for short ones",
    )
    weight_decay: float | None = Field(None, ge=0, description="weight decay")
    optimizer: Literal["adamw", "sgd"] | None = Field(
        None, description="how weights are changed (sgd: Cellpose 3 only)"
    )
    images_per_epoch: PositiveInt | None = Field(None, description="images an epoch (default: all)")
    batch_size: PositiveInt | None = Field(None, description="crops a training step")
    tile: PositiveInt | Literal["fit", "cellpose"] = Field(
        "fit",
        description="edge length of a training tile in pixels; fit: as large as the crops need; cellpose: "
        "Cellpose's own, of which a small crop fills a part only",
    )
    min_train_masks: NotNegativeInt = Field(
        1, description="leave out training crops with fewer objects (Cellpose's own 5 loses sparse crops)"
    )
    ap_every: NotNegativeInt = Field(
        10,
        description="epochs between two measurements of average precision on the in-training test set (0: none)",
    )
    keep: Literal["best", "last"] = Field(
        "best",
        description="which epoch's weights are kept; best: the highest average precision on the in-training test "
        "set, else the lowest test loss (without a test set: the last epoch)",
    )
    patience: PositiveInt | None = Field(
        None, description="stop after this many epochs without a better one (default: train all epochs)"
    )
    split_by: Literal["auto", "movie", "image"] = Field(
        "auto", description="keep crops of one movie on one side; auto: where there are at least five movies"
    )
    seed: Seed = Field(0, description="seed of the split and of the training")
    device: Device = Field("auto", description="where to compute")
    continue_from_finetuned: bool = Field(
        False, description="accept a base that was retrained here already, instead of a pretrained model"
    )


class AgreeSettings(Settings):
    """How masks are compared."""

    thresholds: str = Field(
        "0.5:0.95:0.05", description="IoU thresholds as FIRST:LAST:STEP, or separated by commas"
    )


class SegmentSettings(Settings):
    """How objects are made of what the network says."""

    flow_threshold: float | None = Field(
        None,
        ge=0,
        description="flow threshold: larger keeps more objects (default: as tuned, else Cellpose's 0.4)",
    )
    cellprob_threshold: float | None = Field(
        None,
        description="cellprob threshold: smaller makes objects larger (default: as tuned, else Cellpose's 0)",
    )
    diameter: float | None = Field(
        None,
        gt=0,
        description="diameter of the objects in pixels (default: as tuned, else the model's)",
    )
    min_size: int = Field(15, description="smallest object in pixels")
    device: Device = Field("auto", description="where to compute")

    def filled(self, **tuned: float | None) -> Self:
        """Fill in what is left open of the thresholds and the diameter: as tuned, else as Cellpose does."""
        values = {"flow_threshold": FLOW_THRESHOLD, "cellprob_threshold": CELLPROB_THRESHOLD, **tuned}
        left_open = {name: value for name, value in values.items() if getattr(self, name) is None}
        return self.model_copy(update=left_open)


class EvaluateSettings(SegmentSettings, AgreeSettings):
    """How a model is scored."""

    tune: bool = Field(
        False,
        description="first search for the flow and cellprob thresholds that do best on the training images, for "
        "both models; kept with the model",
    )
    tune_diameters: Annotated[tuple[PositiveFloat, ...], BeforeValidator(_listed)] = Field(
        (), description="diameters in pixels to try as well, separated by commas (default: the model's only)"
    )


class PredictSettings(SegmentSettings):
    """How movies and images are segmented."""

    volume: Literal["planes", "stitch", "flows"] = Field(
        "stitch",
        description="z stacks plane by plane (planes), plane by plane and then joined across planes (stitch), or with "
        "flows in 3D (flows)",
    )
    stitch_threshold: float = Field(
        0.25, gt=0, le=1, description="IoU from which objects of neighbouring planes are one"
    )
    anisotropy: PositiveFloat | None = Field(
        None, description="z step over pixel size, for flows in 3D (default: as the file says, else 1)"
    )
    channel: PositiveInt | None = Field(
        None, description="channel to segment, from 1 (default: as the model was trained, else 1)"
    )
    second_channel: PositiveInt | None = Field(
        None, description="channel of the nuclei, from 1 (default: as the model was trained, else none)"
    )
    class_name: str = Field("", description="class of the objects (default: the model's cell type)")
    frames_only: Annotated[tuple[NotNegativeInt, ...] | None, BeforeValidator(_listed)] = Field(
        None, description="segment these frames only, from 0, for example 0,5,9; the others stay empty"
    )
    axes: str | None = Field(
        None, description="axes of the file where it states them wrongly, for example TYX"
    )
    png: bool = Field(False, description="also write pictures of the objects, each in a colour of its own")
    geojson: bool = Field(False, description="also write GeoJSON, which QuPath opens as annotations")
    rois: bool = Field(False, description="also write ROIs for ImageJ's ROI manager")
    batch_size: PositiveInt = Field(
        8,
        description="tiles that the network takes at once on a GPU; fewer need less memory. On a CPU it takes two",
    )


class CombineSettings(Settings):
    """How the results of several models become one."""

    rule: Literal["probability", "smaller", "larger", "order"] = Field(
        "probability",
        description="whose a pixel is where objects of several classes overlap: the more probable, the smaller or the "
        "larger object's, or that of the class named first",
    )
    keep: float = Field(
        0.5, ge=0, le=1, description="share of its pixels that an object has to keep; else it is left out"
    )
    geojson: bool = Field(True, description="also write GeoJSON with the classes, which QuPath opens")


class RoundSettings(Settings):
    """What to annotate in a round; what is left open is as in the round before."""

    name: str = Field("", description="name of the cell type, and of the model")
    base: str = Field("", description="base model that every round retrains: a name, or a model file")
    channel: PositiveInt = Field(1, description="channel to segment, from 1")
    second_channel: PositiveInt | None = Field(None, description="channel of the nuclei, from 1")
    choose: Literal["uncertain", "random"] = Field(
        "uncertain", description="annotate where the model is least certain, or anywhere"
    )
    crops: PositiveInt = Field(10, description="crops to annotate and train on")
    validation_crops: PositiveInt = Field(
        10, description="crops more in the first round, which are never trained on"
    )
    size: PositiveInt = Field(100, description="edge length of a crop in pixels, without its border")
    border: NotNegativeInt = Field(2, description="width of the edge of zeros added around a crop, in pixels")
    look_at: PositiveInt = Field(
        60, description="frames that the model looks at to find out where it is uncertain"
    )
    cellpose_window: bool = Field(
        False, description="also write _seg.npy files, to correct in Cellpose's own window"
    )
    seed: Seed = Field(0, description="seed of what is drawn at random")
    device: Device = Field("auto", description="where to compute")


class BatchSettings(Settings):
    """Where many files are worked on; no result depends on it."""

    workers: PositiveInt | Literal["auto"] = Field(
        "auto",
        description="processes that work side by side, each on one file; auto: as many as cores and memory allow, and "
        "none for little work",
    )
    scheduler: str | None = Field(
        None,
        description="address of a Dask scheduler whose workers do the work, for example tcp://node1:8786",
    )
    cluster: Path | None = Field(
        None, description="profile of a cluster with a queue (SLURM, PBS, LSF, SGE), a TOML file"
    )

    @property
    def asks_for_workers(self) -> bool:
        """Whether a person wants workers, or one process alone, whatever this tool would do by itself."""
        return self.workers != "auto" or bool(self.scheduler or self.cluster)


class ExportSettings(Settings):
    """What the package of a model says of itself."""

    title: str = Field(
        "", description="name of the model in the zoo (default: Cellpose retrained for its cell type)"
    )
    authors: Annotated[tuple[str, ...], BeforeValidator(_listed)] = Field(
        (), description="names of the people who made it, separated by commas"
    )
    licence: str = Field(
        "",
        description="SPDX name of its licence, for example CC-BY-NC-4.0 (default: what is known of the base's)",
    )


def bad_settings(error: ValidationError, name: Callable[[str], str]) -> BadInput:
    """Turn pydantic's complaint into a BadInput; `name` writes a setting as the person knows it."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][:1]) or "settings"
    return BadInput(f"{name(place)}: {first['msg'].lower()}", found=_short(first["input"]))


def _short(value: object) -> str:
    try:
        return repr(value)[:200]
    except RecursionError:
        return "a value of too many levels"
