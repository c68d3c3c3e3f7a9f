"""A second look at the ground truth of a round: predictions that came back unchanged."""

from pathlib import Path

from cpretrain.labels.encodings import read_label_image
from cpretrain.labels.tiff_plane import read_plane
from cpretrain.metrics.overlaps import same_objects
from cpretrain.rounds.folder import Part


def uncorrected(part: Part) -> list[str]:
    """Return a one-sentence warning about masks that are identical to the predictions offered for correction.

    Some predictions need no correction, so this can only be a warning.
    """
    drawn = copies = 0
    for crop in part.crops:
        mask, predicted = part.masks / crop.file, part.predictions / crop.file
        if not (mask.is_file() and predicted.is_file()):
            continue
        labels = read_label_image(mask).labels
        drawn += bool(labels.any())
        copies += same_objects(labels, read_plane(predicted).pixels)
    if not copies:
        return []
    model = Path(str(part.record.get("model", {}).get("name", "the model"))).name
    return [
        f"{part.folder.name}: {copies} of {drawn} masks are exactly what {model} predicted: if nobody checked them, "
        "correct the predictions and export them "
        "again"
    ]
