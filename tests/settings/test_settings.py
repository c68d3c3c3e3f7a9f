import pytest
from pydantic import ValidationError

from cpretrain.settings.batch import BatchSettings
from cpretrain.settings.combination import CombineSettings
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.export import ExportSettings
from cpretrain.settings.masks import MaskSettings
from cpretrain.settings.prediction import PredictSettings
from cpretrain.settings.rounds import RoundSettings
from cpretrain.settings.training import TrainSettings

ALL = (
    BatchSettings,
    CombineSettings,
    CropSettings,
    DriftSettings,
    EvaluateSettings,
    ExportSettings,
    MaskSettings,
    PredictSettings,
    RoundSettings,
    TrainSettings,
)


@pytest.mark.parametrize("settings", ALL)
def test_frozen_and_described_and_no_other_fields(settings):
    assert all(field.description for field in settings.model_fields.values())
    with pytest.raises(ValidationError, match="Extra inputs"):
        settings(colour="blue")
    name = next(iter(settings.model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(settings(), name, None)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        (BatchSettings, {"workers": 0}),
        (BatchSettings, {"workers": "many"}),
        (CropSettings, {"size": 0}),
        (CropSettings, {"border": -1}),
        (CropSettings, {"frames_only": "1,x"}),
        (DriftSettings, {"channel": 0}),
        (DriftSettings, {"engine": "other"}),
        (DriftSettings, {"max_shift": (1, 2)}),
        (DriftSettings, {"roi": (0, 0, 0, 5)}),
        (TrainSettings, {"train_fraction": 1.0}),
        (TrainSettings, {"learning_rate": 0}),
        (TrainSettings, {"seed": -1}),
        (TrainSettings, {"tile": 0}),
        (TrainSettings, {"tile": "large"}),
    ],
)
def test_out_of_range(settings, wrong):
    with pytest.raises(ValidationError):
        settings(**wrong)


@pytest.mark.parametrize(
    ("given", "found"), [("112", 112), (112, 112), ("fit", "fit"), ("cellpose", "cellpose")]
)
def test_a_tile_is_a_number_or_a_word(given, found):
    assert TrainSettings(tile=given).tile == found


def test_replace_checks():
    assert CropSettings().replace(size=50).size == 50
    with pytest.raises(ValidationError):
        CropSettings().replace(size=-1)


def test_defaults():
    drift, crops = DriftSettings(), CropSettings()
    assert (drift.channel, drift.max_shift, drift.threshold, drift.sub_pixel) == (1, (10, 10, 10), 0, False)
    assert (crops.per_image, crops.size, crops.border) == (5, 100, 2)


def test_a_copy_with_changes_knows_what_was_left_out():
    settings = TrainSettings(epochs=3).replace(name="a")
    assert settings.model_fields_set == {"epochs", "name"}
    assert settings == TrainSettings(epochs=3, name="a")
