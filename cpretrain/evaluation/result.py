"""Result of an evaluation: tables, verdict and files."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpretrain.evaluation.files import EvaluationFiles
from cpretrain.evaluation.verdict import Verdict
from cpretrain.runtime.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

SHOWN = (0.5, 0.75, 0.9)
_SETS = {"crop": "validation images", "image": "images", "frame": "whole frames"}


@dataclass(frozen=True)
class EvaluateResult:
    """Result of an evaluation; the scores of every image are in ``evaluation.csv``.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of ``report.html``, ``evaluation.csv``, ``evaluation_summary.csv`` and the other files.
    verdict : Verdict
        Verdict on the retrained model.
    images : dict of str to int
        Number of images in each image set: ``crop`` (or ``image``), ``frame``.
    means : dict
        Mean average precision by image set, model and IoU threshold (as text).
    tracks : tuple of dict
        Numbers of the tracks by movie and model, the rows of ``evaluation_movies.csv``; empty without movies.
    """

    folder: Path
    verdict: Verdict
    images: dict[str, int]
    means: dict[str, dict[str, dict[str, float]]]
    tracks: tuple[dict[str, Any], ...] = ()

    def table(self) -> str:
        """Return a short table of base against retrained, and the verdict, as text."""
        lines = []
        for image_set, models in self.means.items():
            iou_thresholds = list(next(iter(models.values())))
            shown = [level for level in iou_thresholds if float(level) in SHOWN] or iou_thresholds
            lines.append(f"average precision, mean over {self.images[image_set]} {_SETS[image_set]}")
            lines.append("IoU threshold   " + "".join(f"{level:>8}" for level in shown))
            for model, means in models.items():
                lines.append(f"{model:<16}" + "".join(f"{means[level]:>8.3f}" for level in shown))
        return "\n".join([*lines, *self.verdict.lines])

    def summary(self) -> Summary:
        """Return the table, the verdict, and the path of the report."""
        return Summary([self.table(), f"report.html and tables in {self.folder}"], self.as_data())

    def to_frame(self) -> "pd.DataFrame":
        """Return a table of the scores for every image, model and IoU threshold."""
        import pandas as pd

        return pd.read_csv(EvaluationFiles(self.folder).scores)

    def as_data(self) -> dict[str, Any]:
        """Return the verdict, and the means by image set, model and threshold, for ``--json``."""
        image_set = next(iter(self.means))
        return {
            "folder": self.folder,
            "report": EvaluationFiles(self.folder).report,
            "images": self.images[image_set],
            "average_precision": self.means[image_set],
            "verdict": vars(self.verdict),
            **({"tracks": self.tracks} if self.tracks else {}),
            "views": {name: {"images": self.images[name], **models} for name, models in self.means.items()},
        }
