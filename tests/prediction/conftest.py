"""A real model and a real movie, as small as they can be."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from cpretrain.images.metadata import Calibration
from cpretrain.images.writer import write_frames
from cpretrain.models.weights import cellpose_major
from cpretrain.pipeline.demo import DATA
from cpretrain.settings.prediction import PredictSettings
from tests.support.paths import FIELDS

FRAMES, PADDING = 3, (7, 12)
CALIBRATION = Calibration((2.0, 0.5, 0.5), "µm", 300.0)


@pytest.fixture(scope="session")
def model(tiny_model: Path) -> Path:
    """Cellpose 3: the trained weights of the demo; 4: random weights."""
    return DATA / "base_nuclei" if cellpose_major() == 3 else tiny_model


@pytest.fixture(scope="session")
def quick() -> PredictSettings:
    """Settings with which both models find some objects."""
    probable = 0.0 if cellpose_major() == 3 else -0.1
    return PredictSettings(
        device="cpu", class_name="Nucleus", cellprob_threshold=probable, flow_threshold=0.9
    )


@pytest.fixture(scope="session")
def frames() -> np.ndarray:
    """Three frames, uint16 (T, 1, 1, Y, X), of a window that wanders over a real field; all hold data only."""
    field = tifffile.imread(FIELDS / "images" / "IXMtest_A16_s2.tif")
    windows = [field[place : place + 80, 60 + place : 160 + place] for place in (60, 64, 69)]
    return np.stack(windows)[:, np.newaxis, np.newaxis]


@pytest.fixture(scope="session")
def padded(frames: np.ndarray) -> np.ndarray:
    """The same frames on a canvas of zeros, as a drift correction leaves them."""
    return np.pad(frames, [(0, 0)] * 3 + [PADDING, PADDING])


@pytest.fixture
def movie(padded: np.ndarray, tmp_path: Path) -> Path:
    """The padded frames as an ImageJ hyperstack with an awkward name."""
    path = tmp_path / "Filme [1] ü" / "Zelle 1.tif"
    write_frames(path, iter(padded), padded.shape, padded.dtype, CALIBRATION)
    return path
