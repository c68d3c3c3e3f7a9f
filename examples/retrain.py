"""Retrain Cellpose on your own time-lapses: edit the lines below and run ``python retrain.py``.

Run it once to correct the drift and cut crops, draw on the crops in QuPath, and run it again: finished steps are not
repeated.
"""

from pathlib import Path

from cpretrain.crops.cutting import cut_crops
from cpretrain.drift.correction import correct_drift
from cpretrain.evaluation import evaluate
from cpretrain.masks.importing import import_masks
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.settings.evaluation import EvaluateSettings
from cpretrain.settings.training import TrainSettings
from cpretrain.training import retrain

EXPERIMENT = Path("my experiment")  # holds the folder "raw" with your time-lapses
CELL_TYPE = "my cells"
BASE_MODEL = "cyto3"  # with Cellpose 4: "cpsam_v2"
TRAIN_FRACTION = 0.8  # train : validation = 80 : 20


def main() -> None:
    """Go through the five steps."""
    correct_drift(EXPERIMENT / "raw", settings=DriftSettings(engine="auto", channel=1))
    crops = cut_crops(EXPERIMENT / "corrected", settings=CropSettings(per_image=5, size=100, seed=0))
    drawn = EXPERIMENT / "ground_truth"
    if not drawn.is_dir():
        print(
            f"Now draw on the images in {crops.folder}, export label images to {drawn}, and run this again."
        )
        return
    masks = import_masks(drawn, crops.folder, out=EXPERIMENT / "masks")
    settings = TrainSettings(name=CELL_TYPE, base=BASE_MODEL, train_fraction=TRAIN_FRACTION, channel=1)
    model = retrain(crops.folder, masks.folder, settings=settings)
    result = evaluate(model.folder, settings=EvaluateSettings())
    print(result.table())
    print(f"model, report.html and tables are in {model.folder}")


if __name__ == "__main__":
    main()
