"""A prediction reports what it skips: images of other formats, channels, pixels that are not finite."""

import json

import numpy as np
import pytest
import tifffile

from cpretrain.images.passed_over import passed_over
from cpretrain.models.channels import unused_channels
from cpretrain.models.record import ModelSettings
from cpretrain.models.weights import cellpose_major
from cpretrain.prediction import predict
from tests.support.paths import FAULTS

pytestmark = pytest.mark.cellpose
INFINITE = FAULTS / "masks-7" / "nan.tif"


def said(capsys) -> str:
    return " ".join(capsys.readouterr().err.split())


def test_masks_7_a_pixel_that_is_not_finite_costs_no_objects(model, quick, tmp_path, capsys):
    image = tifffile.imread(INFINITE)
    mended = np.where(np.isfinite(image), image, np.median(image[np.isfinite(image)]))
    for name, pixels in (("nan.tif", image), ("mended.tif", mended.astype(np.float32))):
        tifffile.imwrite(tmp_path / name, pixels)
    objects = {}
    for name in ("nan.tif", "mended.tif"):
        [done] = predict(model, tmp_path / name, out=tmp_path / "out", settings=quick).done
        objects[name] = done.objects
    assert "nan.tif: 1 pixel is not a finite number (NaN or infinity) and left out, in 1 of 1 frames" in said(
        capsys
    )
    assert objects["nan.tif"] == objects["mended.tif"] > (5 if cellpose_major() == 3 else 0)
    assert len(json.loads((tmp_path / "out" / "nan.json").read_text())["warnings"]) == 1
    assert json.loads((tmp_path / "out" / "mended.json").read_text())["warnings"] == []
    predict(model, tmp_path / "nan.tif", out=tmp_path / "out", settings=quick)
    again = said(capsys)
    assert "complete and unchanged" in again and "1 pixel is not a finite number" in again


def test_masks_9_pngs_and_rgb_are_said(model, quick, frames, tmp_path, capsys):
    folder = tmp_path / "Bilder"
    folder.mkdir()
    tifffile.imwrite(folder / "a.tif", frames[0, 0, 0, :50, :50])
    tifffile.imwrite(folder / "rgb.tif", np.stack([frames[0, 0, 0, :50, :50]] * 3))
    for name in ("a.png", "a.drift.png", "b.png", "c.JPG", "notes.txt", ".hidden.png", "rgb_seg.npy"):
        (folder / name).write_bytes(b"")
    predict(model, folder, out=tmp_path / "out", settings=quick.replace(frames_only=(0,)))
    told = said(capsys)
    assert "2 images in other formats are skipped: b.png, c.JPG; save them as TIFF" in told


@pytest.mark.parametrize(("channel", "warned"), [(None, True), (1, False), (2, False)])
def test_channels_that_nobody_chose_are_said(model, quick, frames, tmp_path, capsys, channel, warned):
    image = np.stack([frames[0, 0, 0, :50, :50]] * 3)
    tifffile.imwrite(tmp_path / "a.tif", image, imagej=True, metadata={"axes": "CYX"})
    predict(model, tmp_path / "a.tif", out=tmp_path / "out", settings=quick.replace(channel=channel))
    expected = "1 of 1 images have 3 channels (RGB counts as three), of which the model sees only channel 1"
    assert (expected in said(capsys)) == warned


@pytest.mark.parametrize(
    ("counts", "model", "begins"),
    [
        ([1, 1], ModelSettings(), None),
        ([], ModelSettings(), None),
        ([2, 1, 3], ModelSettings(), "2 of 3 images have 2 to 3 channels"),
        ([2], ModelSettings(1, 2), None),
        ([3], ModelSettings(1, 2), "1 of 1 images have 3 channels"),
        ([3, 3], ModelSettings(2, trained_channels=3), None),
        ([4], ModelSettings(2, trained_channels=3), "1 of 1 images have 4 channels"),
    ],
)  # fmt: skip
def test_channels(counts, model, begins):
    notes = unused_channels(counts, model, "do this")
    assert [note[: len(begins or "")] for note in notes] == ([begins] if begins else [])
    assert all(note.endswith("; do this") for note in notes)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "a.tif").touch()
    (tmp_path / "b.png").touch()
    assert passed_over(tmp_path / "a.tif", [tmp_path / "a.tif"]) == []
