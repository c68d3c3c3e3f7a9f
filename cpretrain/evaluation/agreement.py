"""Agreement of two annotators on the same images, which is the most that a model can be expected to reach."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpretrain.errors import BadFolder, BadInput
from cpretrain.evaluation.iou_thresholds import parse_thresholds
from cpretrain.evaluation.model_scores import ImageSet, ModelScores
from cpretrain.evaluation.second_annotator import DrawnFile, mask_files
from cpretrain.evaluation.second_look import of_two_people
from cpretrain.evaluation.tables import DEFINITION, score_rows
from cpretrain.labels.ignored import known_part
from cpretrain.labels.pairing import bare, ignored_beside, match_by_name
from cpretrain.metrics.overlaps import find_overlaps, same_objects
from cpretrain.metrics.scores import join, score
from cpretrain.runtime.console import progress, warning
from cpretrain.runtime.summary import Summary
from cpretrain.settings.evaluation import AgreeSettings
from cpretrain.storage.csv_table import write_rows
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class AgreeResult:
    """Agreement of two annotators.

    Parameters
    ----------
    scored : ModelScores
        Scores of the second against the first; the average precision is symmetric.
    folder : pathlib.Path or None
        Folder of ``agreement.csv``.
    warnings : tuple of str
        Reasons for caution.
    """

    scored: ModelScores
    folder: Path | None
    warnings: tuple[str, ...] = ()

    def table(self) -> str:
        """Return mean average precision and objects at each IoU threshold, as text."""
        scores, iou_thresholds = self.scored.scores, self.scored.image_set.iou_thresholds
        lines = [
            f"agreement between two people on {len(self.scored.indices)} images: average precision, mean over images",
            "IoU threshold    mean   95 % interval   both   first only   second only",
        ]
        for j, threshold in enumerate(iou_thresholds):
            mean = self.scored.mean(j)
            both, second, first = (getattr(scores, name)[:, j].sum() for name in ("tp", "fp", "fn"))
            lines.append(
                f"{threshold:<13g}{mean.estimate:>8.3f}{mean.text():>16}{both:>7}{first:>13}{second:>14}"
            )
        lines.append(
            "The intervals treat images as independent; for several crops of one movie they are too narrow."
        )
        lines += [f"note: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def summary(self) -> Summary:
        """Return the table, and the same as data."""
        return Summary([self.table()], self.as_data())

    def to_frame(self) -> "pd.DataFrame":
        """Return a table of the scores for every image and IoU threshold."""
        return self.scored.scores.to_frame()

    def as_data(self) -> dict[str, Any]:
        """Return the same as plain values, for ``--json``."""
        return {
            "images": len(self.scored.indices),
            "folder": self.folder,
            "average_precision": {
                f"{threshold:g}": self.scored.mean(j).as_data()
                for j, threshold in enumerate(self.scored.image_set.iou_thresholds)
            },
            "warnings": self.warnings,
        }


def agree(
    first: PathLike, second: PathLike, *, settings: AgreeSettings | None = None, out: PathLike | None = None
) -> AgreeResult:
    """Compare the masks of two annotators.

    Parameters
    ----------
    first, second : path-like
        Folders of label images for the same images; they are paired by name, ignoring suffixes (``a_masks.tif`` and
        ``a-labelled.tif`` both belong to ``a``). What either of them ignores (``a_ignore.tif``) counts neither way.
    settings : AgreeSettings, optional
        IoU thresholds.
    out : path-like, optional
        Folder for ``agreement.csv``; by default nothing is written.

    Returns
    -------
    AgreeResult
        Scores; images that only one of them annotated are left out, with a warning.

    Raises
    ------
    BadInput
        When no image is in both folders, names are ambiguous, or two masks differ in size.
    """
    settings = settings or AgreeSettings()
    first, second, out = to_path(first), to_path(second), to_path(out)
    iou_thresholds = parse_thresholds(settings.thresholds)
    pairs = _masks_of_both(first, second)
    provenance = Provenance("agree", settings, [path for pair in pairs for one in pair for path in one.files])
    rows, looks = [], []
    with progress("agree", len(pairs)) as step:
        for one, other in pairs:
            a, b = _read_both(one, other)
            rows.append(score(find_overlaps(a, b), iou_thresholds))
            looks.append((same_objects(a, b), not a.any() and not b.any()))
            step(one.mask.name)
    names = tuple(one.mask.name for one, _ in pairs)
    image_set = ImageSet("image", names, names, iou_thresholds)
    scored = ModelScores(image_set, "second person", tuple(range(len(pairs))), join(rows, iou_thresholds))
    warnings = of_two_people(*zip(*looks, strict=True))
    for text in warnings:
        warning(text)
    if out is not None:
        write_rows(out / "agreement.csv", score_rows([scored], {}))
        provenance.write(
            out / "agreement.json",
            outputs=[out / "agreement.csv"],
            definition=DEFINITION,
            images=len(pairs),
            warnings=warnings,
        )
    return AgreeResult(scored, out, warnings)


def _masks_of_both(first: Path, second: Path) -> list[tuple[DrawnFile, DrawnFile]]:
    """Return the masks of the images that both annotated, and warn of the others."""
    drawn, others = _drawn_in(first), _drawn_in(second)
    files = {one.mask.with_name(bare(one.mask.name)): one for one in drawn.values()}
    if len(files) < len(drawn):
        raise BadInput(f"{first}: several masks for one image", expected="one mask per image")
    matches = match_by_name(files, others)
    pairs = [(files[found.image], others[found.masks[0]]) for found in matches.pairs]
    if matches.ambiguous or not pairs:
        raise BadFolder(f"{first} and {second}: cannot be compared", matches.problems)
    if matches.problems:
        warning(f"{len(matches.problems)} masks are in only one of the folders and left out")
    return pairs


def _drawn_in(folder: Path) -> dict[Path, DrawnFile]:
    """List the label images of a folder by their paths, with the files of their ignored pixels."""
    files = mask_files(folder)
    ignored = ignored_beside(files)
    return {path: DrawnFile(path, ignored.get(path)) for path in files if path not in ignored.values()}


def _read_both(one: DrawnFile, other: DrawnFile) -> "tuple[NDArray[Any], NDArray[Any]]":
    """Read two label images of one image, without what either of the two ignores."""
    first, second = one.read(), other.read()
    a, b = first.labels, second.labels
    if a.shape != b.shape:
        raise BadInput(
            f"{other.mask}: differs in size from {one.mask.name} of the other person",
            found=f"{b.shape[0]} × {b.shape[1]} (height × width)",
            expected=f"{a.shape[0]} × {a.shape[1]}",
        )
    for mask in (image.ignored for image in (first, second) if image.ignored is not None):
        a, b = known_part(a, mask), known_part(b, mask)
    return a, b
