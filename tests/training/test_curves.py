import csv
import math

from cpretrain.models.folder import ModelFolder
from cpretrain.training.curves import Curves, write_curves


def test_what_was_not_measured_is_missing_and_never_zero(tmp_path):
    curves = Curves()
    curves.add(0.5, 0.4, 0.25)
    curves.add(0.3, math.nan, math.nan)
    write_curves(ModelFolder(tmp_path), curves, kept=0)
    with open(tmp_path / "losses.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows == [
        {"epoch": "0", "training_loss": "0.5", "test_loss": "0.4", "test_average_precision": "0.25"},
        {"epoch": "1", "training_loss": "0.3", "test_loss": "", "test_average_precision": ""},
    ]
    assert (tmp_path / "losses.png").read_bytes().startswith(b"\x89PNG")
    assert curves.as_data()["test_loss"] == [0.4, None]
