"""The settings of every step: one frozen pydantic model per step."""

from cpretrain.settings.base import Device as Device
from cpretrain.settings.base import NotNegativeInt as NotNegativeInt
from cpretrain.settings.base import PositiveFloat as PositiveFloat
from cpretrain.settings.base import PositiveInt as PositiveInt
from cpretrain.settings.base import Seed as Seed
from cpretrain.settings.base import Settings as Settings
from cpretrain.settings.base import bad_settings as bad_settings
from cpretrain.settings.batch import BatchSettings as BatchSettings
from cpretrain.settings.combination import CombineSettings as CombineSettings
from cpretrain.settings.crops import CropSettings as CropSettings
from cpretrain.settings.drift import DriftSettings as DriftSettings
from cpretrain.settings.evaluation import AgreeSettings as AgreeSettings
from cpretrain.settings.evaluation import EvaluateSettings as EvaluateSettings
from cpretrain.settings.export import ExportSettings as ExportSettings
from cpretrain.settings.masks import MaskSettings as MaskSettings
from cpretrain.settings.prediction import PredictSettings as PredictSettings
from cpretrain.settings.rounds import RoundSettings as RoundSettings
from cpretrain.settings.segmentation import CELLPROB_THRESHOLD as CELLPROB_THRESHOLD
from cpretrain.settings.segmentation import FLOW_THRESHOLD as FLOW_THRESHOLD
from cpretrain.settings.segmentation import SegmentSettings as SegmentSettings
from cpretrain.settings.tracking import TrackSettings as TrackSettings
from cpretrain.settings.training import Schedule as Schedule
from cpretrain.settings.training import TrainSettings as TrainSettings
