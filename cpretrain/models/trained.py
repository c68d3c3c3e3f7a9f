"""A model ready for use: its weights, channels, normalization and thresholds, nothing left open."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.models.download import download
from cpretrain.models.folder import ModelFolder
from cpretrain.models.normalization import Normalization
from cpretrain.models.record import ModelSettings, read_record, settings_of_model
from cpretrain.models.segmenter import Segmenter
from cpretrain.models.weights import ModelWeights, find_base
from cpretrain.settings.prediction import Precision, PredictSettings
from cpretrain.storage.hashing import sha256


@dataclass(frozen=True)
class UsedModel:
    """A model with all settings filled in; it can be pickled for another process.

    Parameters
    ----------
    base : ModelWeights
        Its weights.
    weights_sha256 : str
        SHA-256 of their file.
    settings : PredictSettings
        Settings with channels and thresholds filled in; a diameter of None is the model's own.
    normalization : Normalization
        How grey values were scaled in training.
    trained_channels : int or None
        Number of channels in the images that it was trained on, if known.
    """

    base: ModelWeights
    weights_sha256: str
    settings: PredictSettings
    normalization: Normalization
    trained_channels: int | None = None

    @property
    def segmenter(self) -> Segmenter:
        """The model loaded for segmentation, once per process."""
        how = self.settings
        return _load(self.base, self.weights_sha256, how.device, how.batch_size, how.precision)

    @property
    def channel(self) -> int:
        """Channel to segment, from 1."""
        assert self.settings.channel
        return self.settings.channel

    @property
    def known(self) -> ModelSettings:
        """The channels that it takes, and how many there were in training."""
        return ModelSettings(
            self.channel, self.settings.second_channel, trained_channels=self.trained_channels
        )

    def places(self, channels: int) -> list[int]:
        """Return the indices, from 0, of the channels that it uses in an image with this many channels."""
        asked = (self.channel, self.settings.second_channel)
        return [number - 1 for number in asked if number and number <= channels]


def find_model(model: str | Path, settings: PredictSettings) -> UsedModel:
    """Find a model, and fill in settings that are left open: as trained and tuned, else Cellpose's defaults.

    Parameters
    ----------
    model : str or path-like
        A model folder of this tool, a weights file, or a name in Cellpose's zoo (its weights are downloaded if
        missing).
    settings : PredictSettings
        Values set here override the model's own.

    Raises
    ------
    BadInput
        When there is no such model, or it has no weights.
    """
    folder = Path(model)
    trained = ModelFolder(folder).is_one
    base = find_base(str(model))
    if base.path is None:
        raise BadInput(f"model {model}: has random weights", cure="name a trained model")
    if not base.path.is_file():
        download(base)
    digest = sha256(base.path)
    known = settings_of_model(folder, digest) if trained else ModelSettings()
    filled = settings.filled(**known.tuned).replace(
        channel=settings.channel or known.channel,
        second_channel=settings.second_channel or known.second_channel,
        class_name=settings.class_name or (read_record(folder).get("cell_type") or "" if trained else ""),
    )
    return UsedModel(base, digest, filled, known.normalization, known.trained_channels)


@lru_cache(maxsize=1)
def _load(
    base: ModelWeights, weights_sha256: str, device: str, batch_size: int, precision: Precision
) -> Segmenter:
    return Segmenter(base, device, batch_size=batch_size, precision=precision)
