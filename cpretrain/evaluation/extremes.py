"""Pictures of the images that the retrained model does worst and best on."""

from pathlib import Path

from cpretrain.evaluation.scoring import TRUTH, Extreme, Scoring
from cpretrain.outline_picture import draw_outlines


def draw_extremes(folder: Path, scoring: Scoring) -> None:
    """Draw the images that the retrained model does worst and best on, each opinion in a panel of its own."""
    for label, one in (("worst", scoring.worst), ("best", scoring.best)):
        if one is not None:
            draw_outlines(
                folder / f"evaluation_{label}.png",
                f"{label} image of {len(scoring.view.images)}: {scoring.view.images[one.place]}",
                one.image,
                {_title(scoring, one, name): labels for name, labels in one.opinions.items()},
            )


def _title(scoring: Scoring, extreme: Extreme, name: str) -> str:
    if name == TRUTH:
        return "ground truth"
    one = scoring.models[name]
    precision = one.values(scoring.view.headline)[one.places.index(extreme.place)]
    return f"{name}: AP {precision:.2f} at IoU {scoring.view.thresholds[scoring.view.headline]:g}"
