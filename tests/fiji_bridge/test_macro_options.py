from pathlib import Path

import pytest

from cpretrain.settings.drift import DriftSettings
from fiji_bridge.macro_options import macro_options

DEFAULT = "channel=1 only=0 lowest=1 highest=7 max_shift_x=10 max_shift_y=10 max_shift_z=10"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, DEFAULT),
        ({"channel": 3}, DEFAULT.replace("channel=1", "channel=3")),
        ({"only_xy": True}, "correct " + DEFAULT),
        ({"multi_time_scale": True}, "multi_time_scale " + DEFAULT),
        ({"sub_pixel": True}, "sub_pixel " + DEFAULT),
        ({"edge_enhance": True}, "edge_enhance " + DEFAULT),
        ({"threshold": 200}, DEFAULT.replace("only=0", "only=200")),
        ({"threshold": 12.5}, DEFAULT.replace("only=0", "only=12.5")),
        ({"threshold": 1e-7}, DEFAULT.replace("only=0", "only=0.0000001")),
        ({"threshold": 1e6}, DEFAULT.replace("only=0", "only=1000000")),
        ({"z_range": (2, 5)}, DEFAULT.replace("lowest=1 highest=7", "lowest=2 highest=5")),
        (
            {"max_shift": (60, 50, 0)},
            DEFAULT.replace("x=10", "x=60").replace("y=10", "y=50").replace("z=10", "z=0"),
        ),
        ({"roi": (1, 2, 3, 4)}, DEFAULT),  # drawn on the image
    ],
)
def test_every_option_is_written_out(changed, expected):
    assert macro_options(DriftSettings(**changed), 7) == expected


def test_only_the_drift_stands_beside_the_threshold():
    options = macro_options(DriftSettings(), 7, drift_file=Path("/a folder/drift.txt"))
    assert options == f"{DEFAULT} only please=[/a folder/drift.txt]"


def test_planes_to_disk():
    options = macro_options(DriftSettings(), 7, plane_folder=Path("/a folder/planes"))
    assert options == f"{DEFAULT} use choose=[/a folder/planes]"
