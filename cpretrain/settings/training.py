"""Settings for retraining."""

from typing import Literal

from pydantic import Field

from cpretrain.settings.base import Device, NotNegativeInt, PositiveInt, Seed, Settings

Schedule = Literal["cellpose", "cosine"]


class TrainSettings(Settings):
    """How a model is retrained; settings left out take the installed Cellpose's defaults."""

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
    split_by: Literal["auto", "file", "movie", "image"] = Field(
        "auto",
        description="keep crops of one movie on one side, or of all positions of a file; auto: by file where there are "
        "at least five files, else by movie where there are at least five movies",
    )
    seed: Seed = Field(0, description="seed of the split and of the training")
    device: Device = Field("auto", description="where to compute")
    continue_from_finetuned: bool = Field(
        False, description="accept a base that was retrained here already, instead of a pretrained model"
    )
