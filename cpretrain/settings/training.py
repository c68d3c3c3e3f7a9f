"""Settings for retraining."""

from typing import Literal

from pydantic import Field

from cpretrain.settings.base import Device, NotNegativeInt, PositiveInt, Seed, Settings

Schedule = Literal["cellpose", "cosine"]


class TrainSettings(Settings):
    """Settings for retraining a model; those left out take the installed Cellpose's defaults."""

    name: str = Field("", description="name of the cell type and of the model")
    base: str = Field("", description="base model: a name from Cellpose's zoo, or a model file")
    train_fraction: float = Field(0.8, gt=0, lt=1, description="share of the images used for training")
    test_fraction: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="share of the training images set aside as an in-training test set, which is never trained on "
        "and shows which epoch is best",
    )
    channel: PositiveInt = Field(1, description="channel to segment, counted from 1")
    second_channel: PositiveInt | None = Field(
        None, description="channel of the nuclei, counted from 1, for two-channel Cellpose 3 models"
    )
    preset: Literal["cellpose", "retraining"] = Field(
        "cellpose",
        description="what settings left open below are taken from: the defaults of the installed Cellpose, or what "
        "its documentation recommends for retraining",
    )
    epochs: PositiveInt | None = Field(None, description="number of epochs")
    learning_rate: float | None = Field(None, gt=0, description="learning rate")
    schedule: Schedule = Field(
        "cellpose",
        description="how the learning rate changes; cellpose: constant, and lowered at the end of runs of 100 epochs "
        "or more; cosine: lowered to nearly 0 in every run, which suits short ones",
    )
    weight_decay: float | None = Field(None, ge=0, description="weight decay")
    optimizer: Literal["adamw", "sgd"] | None = Field(
        None, description="optimizer of the weights (sgd: Cellpose 3 only)"
    )
    images_per_epoch: PositiveInt | None = Field(None, description="images per epoch (default: all)")
    batch_size: PositiveInt | Literal["fit"] | None = Field(
        None, description="crops per training step; fit: as many as the memory found holds, at most 8"
    )
    freeze: Literal["nothing", "encoder"] = Field(
        "nothing",
        description="the part of the network that stays as in the base; encoder: the half that describes the image "
        "(Cellpose 4: the transformer), so that a step takes less time and memory",
    )
    lora: NotNegativeInt = Field(
        0,
        description="instead of the weights of the transformer's attention layers, train changes of this rank (LoRA), "
        "for example 8, and what follows the transformer; Cellpose 4 only (0: train all weights)",
    )
    recompute: Literal["auto", "always", "never"] = Field(
        "auto",
        description="compute the transformer's blocks again for the gradient instead of keeping what they computed: "
        "the same weights from less memory, a third slower; auto: if memory would not suffice otherwise; Cellpose 4 "
        "only",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="number format of the network's computations in training; bfloat16: less time and memory on GPUs "
        "and processors that have it, with weights, loss and optimizer still in float32",
    )
    tile: PositiveInt | Literal["fit", "cellpose"] = Field(
        "fit",
        description="edge length of a training tile in pixels; fit: as large as the crops need; cellpose: Cellpose's "
        "own, which a small crop fills only in part",
    )
    min_train_masks: NotNegativeInt = Field(
        1,
        description="leave out training crops with fewer objects than this (Cellpose's own default of 5 loses "
        "sparse crops)",
    )
    ap_every: NotNegativeInt = Field(
        10,
        description="epochs between measurements of average precision on the in-training test set (0: never)",
    )
    keep: Literal["best", "last"] = Field(
        "best",
        description="which epoch's weights are kept; best: the highest average precision on the in-training test "
        "set, else the lowest test loss (without a test set: the last epoch)",
    )
    patience: PositiveInt | None = Field(
        None, description="stop after this many epochs without improvement (default: train all epochs)"
    )
    vary_grey_values: bool = Field(
        False,
        description="vary gain, offset, gamma, noise and blur of the training crops at random, as between recordings",
    )
    average_epochs: NotNegativeInt = Field(
        0,
        description="keep and measure the mean of the weights over about this many of the last epochs (0: the weights "
        "of one epoch)",
    )
    picture_every: NotNegativeInt = Field(
        0,
        description="draw two images that are not trained on, with what the model finds in them, every so many epochs "
        "(0: never)",
    )
    tensorboard: bool = Field(
        False,
        description="also write the curves for TensorBoard while training (needs the package tensorboard)",
    )
    split_by: Literal["auto", "file", "movie", "image"] = Field(
        "auto",
        description="what stays together in the split (file: all positions of a file); auto: files if there are at "
        "least five, else movies if there are at least five, else images",
    )
    seed: Seed = Field(0, description="seed for the split and the training")
    device: Device = Field("auto", description="where to compute")
    continue_from_finetuned: bool = Field(
        False, description="accept a base model that was itself retrained here, instead of a pretrained one"
    )
