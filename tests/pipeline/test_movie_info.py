"""Output of `cpretrain info` for a file, compared with what the steps then do with it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tifffile

from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.errors import BadInput
from cpretrain.pipeline.movie_info import TAKES, describe_movies
from tests.support.microscope_files import some, write_nd2
from tests.support.movies import NATIVE, write_movie


def write(path, pixels, axes, rgb=False):
    tifffile.imwrite(path, pixels, photometric="rgb" if rgb else "minisblack", metadata={"axes": axes})
    return path


def test_each_position_is_described(tmp_path):
    write_nd2(tmp_path / "exp.nd2", some((4, 3, 3, 120, 130, 2)), "TPZ")
    movies = describe_movies([tmp_path]).movies
    assert [(one.movie, one.result) for one in movies] == [
        (f"exp.nd2#{n}", f"exp_p{n}.tif") for n in (1, 2, 3)
    ]
    one = movies[1]
    assert one.shape == {"t": 4, "z": 3, "c": 2, "y": 120, "x": 130}
    assert (one.axes, one.dtype, one.positions, one.frame_interval) == ("TZCYX", "uint16", 3, 2.5)
    assert (one.frame_bytes, one.movie_bytes) == (3 * 2 * 120 * 130 * 2, 4 * 3 * 2 * 120 * 130 * 2)
    assert (one.channels, one.colours) == (["dye 0", "dye 1"], ["#FF0000", "#00FF00"])
    assert set(one.steps.values()) == {TAKES}


@pytest.mark.parametrize(
    ("pixels", "axes", "rgb", "drift", "crops"),
    [
        (some((3, 110, 120)), "TYX", False, TAKES, TAKES),
        (some((3, 110, 120)), "ZYX", False, 'axes="TYX"', TAKES),
        (some((3, 110, 120), "int16"), "TYX", False, 'convert="offset"', TAKES),
        (some((3, 110, 120), "uint32"), "TYX", False, 'convert="float"', TAKES),
        (
            some((3, 110, 120, 3), "uint8"),
            "TYXS",
            True,
            "convert= luminance",
            "takes its colours as 3 channels",
        ),
        (some((3, 40, 120)), "TYX", False, TAKES, "needs size=40 or less"),
    ],
)
def test_what_the_steps_would_do_is_what_they_do(tmp_path, pixels, axes, rgb, drift, crops):
    path = write(tmp_path / "a.tif", pixels, axes, rgb)
    [one] = describe_movies([path]).movies
    for said, expected, step in (
        (one.steps["drift"], drift, lambda: correct_drift(path, settings=NATIVE, out=tmp_path / "corrected")),
        (one.steps["crops"], crops, lambda: cut_crops(path, out=tmp_path / "crops")),
    ):
        assert expected in said
        if said.startswith("takes"):
            step()
        else:
            with pytest.raises(BadInput):
                step()


def test_a_file_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    write_movie(tmp_path / "a.tif")
    (tmp_path / "b.nd2").write_bytes(b"nothing")
    (tmp_path / "c.mov").touch()
    found = describe_movies([tmp_path])
    assert [one.movie for one in found.movies] == ["a.tif"] and [path.name for path in found.failed] == [
        "b.nd2"
    ]
    assert "c.mov" in found.passed_over[0]
    with pytest.raises(BadInput, match=r"b\.nd2: cannot be read as ND2"):
        describe_movies([tmp_path / "b.nd2"])


def test_the_command(tmp_path):
    write_nd2(tmp_path / "exp.nd2", np.ones((3, 110, 120, 1), np.uint16), "T")
    command = [sys.executable, "-m", "cpretrain.cli", "info", str(tmp_path / "exp.nd2")]
    said = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert "exp.nd2 → exp.tif" in said and "interval   2.5 s" in said
    told = json.loads(
        subprocess.run([*command, "--json"], capture_output=True, encoding="utf-8", check=True).stdout
    )
    assert told["movies"][0]["shape"] == {"t": 3, "z": 1, "c": 1, "y": 110, "x": 120}
