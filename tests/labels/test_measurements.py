"""Measurements of objects whose size, shape and grey values are known, in µm and seconds."""

import numpy as np
import pandas as pd
import pytest

from cpretrain.images.metadata import Calibration
from cpretrain.labels.measurements import measure_frame, scale_of, write_measurements

CHANNELS = ("c1", "c2")


def stack(planes=1):
    """A rectangle of 4 × 10 pixels, and below it a single pixel; in the second channel 7 everywhere."""
    labels = np.zeros((planes, 30, 40), np.uint32)
    labels[0, 2:6, 3:13], labels[-1, 20, 20] = 1, 5
    return labels, np.stack([labels * 2, np.full_like(labels, 7)], 1).astype(np.uint16)


@pytest.mark.parametrize(
    ("calibration", "unit", "area", "major"),
    [
        (Calibration((2.0, 0.5, 0.5), "µm"), "um", 10.0, 10 * 0.5),
        (Calibration((2.0, 0.5, 0.25), "µm"), "um", 5.0, 10 * 0.25),
        (Calibration((2.0, 500.0, 500.0), "nm"), "um", 10.0, 10 * 0.5),
        (Calibration(), "px", 40.0, 10.0),
        (Calibration((1.0, 3.0, 3.0), "furlong"), "px", 40.0, 10.0),
    ],
)
def test_areas(calibration, unit, area, major):
    table = measure_frame(*stack(), scale_of(calibration), CHANNELS, flat=True)
    assert table["label"].tolist() == [1, 5] and table["pixels"].tolist() == [40, 1]
    assert table[f"area_{unit}2"][0] == pytest.approx(area)
    assert table[f"major_axis_{unit}"][0] == pytest.approx(4 * np.sqrt((10**2 - 1) / 12) * major / 10)
    spacing = scale_of(calibration).spacing
    assert (table[f"y_{unit}"][0], table[f"x_{unit}"][0]) == (3.5 * spacing[1], 7.5 * spacing[2])
    assert table["orientation_deg"][0] == pytest.approx(90) and table["solidity"][0] == 1
    assert (f"perimeter_{unit}" in table) == (spacing[1] == spacing[2])
    grey = table[["mean_c1", "min_c1", "max_c1", "std_c1", "sum_c1", "mean_c2", "sum_c2"]]
    assert grey.to_numpy().tolist() == [[2, 2, 2, 0, 80, 7, 280], [10, 10, 10, 0, 10, 7, 7]]


def test_volumes_and_areas_of_a_stack():
    labels, frame = stack(3)
    labels[1, 2:6, 3:13] = 1
    scale = scale_of(Calibration((2.0, 0.5, 0.5), "µm"))
    volumes = measure_frame(labels, frame, scale, CHANNELS, flat=False)
    assert volumes["volume_um3"].tolist() == pytest.approx([80 * 0.5, 0.5])
    assert volumes["z_um"].tolist() == [1.0, 4.0] and "plane" not in volumes
    areas = measure_frame(labels, frame, scale, CHANNELS, flat=True)
    assert areas[["plane", "label", "pixels"]].to_numpy().tolist() == [[0, 1, 40], [1, 1, 40], [2, 5, 1]]


def test_pixels_that_are_not_finite_and_objects_of_one_row(recwarn):
    labels, frame = stack()
    labels[0, 25, 3:13] = 6
    frame = frame.astype(np.float32)
    frame[0, 0, 25, 4] = np.nan
    table = measure_frame(labels, frame, scale_of(Calibration()), CHANNELS, flat=True)
    assert np.isnan(table["mean_c1"][2]) and table["mean_c2"][2] == 7
    assert table["minor_axis_px"][2] == 0 and not recwarn.list


@pytest.mark.parametrize("interval", [0.0, 30.0])
def test_the_table_of_a_movie(tmp_path, interval):
    scale = scale_of(Calibration((1.0, 0.5, 0.5), "µm", interval))
    labels, frame = stack()
    frames = [labels * 0, labels, labels * 0, labels]
    tables = (measure_frame(each, frame, scale, CHANNELS, flat=True) for each in frames)
    write_measurements(tmp_path / "a.csv", tables, scale, {"file": "a, b.tif", "class": "Nucleus"})
    table = pd.read_csv(tmp_path / "a.csv")
    assert table["frame"].tolist() == [1, 1, 3, 3]
    assert table["file"].unique().tolist() == ["a, b.tif"] and table["class"].unique().tolist() == ["Nucleus"]
    assert table.get("time_s", pd.Series()).tolist() == ([30, 30, 90, 90] if interval else [])
    assert table.columns.tolist()[-1] == "sum_c2" and not table.isna().any().any()
