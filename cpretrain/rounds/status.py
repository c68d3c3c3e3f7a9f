"""State of the rounds, and the next step."""

from typing import Any

from cpretrain.labels.pairing import bare, is_mask_file, take_out_ignored
from cpretrain.rounds.folder import Part, RoundsFolder
from cpretrain.rounds.learning_curve import SHOWN, read_learning_curve
from cpretrain.rounds.seg_npy import saved_in_window
from cpretrain.runtime.spelling import command
from cpretrain.runtime.summary import Summary
from cpretrain.storage.paths import PathLike, to_path


def round_status(path: PathLike) -> Summary:
    """Report the state of the rounds in a folder, and the next step.

    Raises
    ------
    BadInput
        When there are no rounds.
    """
    folder = RoundsFolder(to_path(path))
    rounds = folder.started()
    parts: list[dict[str, Any]] = [_counted(part) for part in (folder.validation, *rounds)]
    curve = [row for row in read_learning_curve(folder) if row["measure"] == SHOWN]
    lines = [f"{one['folder']}: {one['drawn']} of {one['crops']} crops annotated" for one in parts]
    lines += [
        f"{'round ' + row['round'] if row['round'] != '0' else 'base'}: average precision {SHOWN} "
        f"{float(row['average_precision']):.3f} ({float(row['low_95']):.3f} to {float(row['high_95']):.3f}), "
        f"{row['crops']} crops"
        for row in curve
    ]
    waiting = [one for one in parts if one["drawn"] < one["crops"]]
    if rounds[-1].finished:
        following = f"{command('round start')}, or stop here if the last rounds did not help"
    elif waiting:
        following = "annotate " + " and ".join(one["folder"] for one in waiting)
    else:
        following = command("round finish")
    data = {"parts": parts, "rounds": curve, "next": following}
    return Summary([*lines, f"next: {following}"], data)


def _counted(part: Part) -> dict[str, Any]:
    there = part.ground_truth.iterdir() if part.ground_truth.is_dir() else ()
    images = [part.images / crop.file for crop in part.crops]
    masks = take_out_ignored(images, [path for path in there if is_mask_file(path)]).masks
    drawn = {bare(path.name) for path in masks} | {bare(name) for name in saved_in_window(part)}
    return {"folder": part.folder.name, "crops": len(part.crops), "drawn": len(drawn)}
