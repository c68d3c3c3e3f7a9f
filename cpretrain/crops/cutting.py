"""Cut training images: crops of a fixed size from random frames at random positions, and a table of them."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from cpretrain.batch.runner import Batch, for_each
from cpretrain.crops.crop_image import write_crop
from cpretrain.crops.drawing import draw
from cpretrain.crops.section import cut, section
from cpretrain.dataset.crops_table import NAME, RECORD, Crop, read_crops, write_crops
from cpretrain.errors import BadInput
from cpretrain.images.discovery import (
    beside,
    check_names,
    files_of,
    folder_of,
    list_movies,
    source_name,
)
from cpretrain.images.passed_over import passed_over
from cpretrain.images.timelapse import TimeLapse
from cpretrain.runtime.console import info, warning
from cpretrain.runtime.spelling import option
from cpretrain.runtime.summary import Summary
from cpretrain.settings.crops import CropSettings
from cpretrain.storage.file_snapshot import FileSnapshot
from cpretrain.storage.folder_lock import holding
from cpretrain.storage.paths import PathLike, to_path
from cpretrain.storage.provenance import Provenance
from cpretrain.storage.rerun import Earlier, earlier_result

if TYPE_CHECKING:
    import pandas as pd

MOST_CHANNELS = 5
"""Number of channels above which a single frame looks like a movie with a wrongly named axis."""


@dataclass(frozen=True)
class CropsResult:
    """The crops, their folder, and the images that could not be used."""

    folder: Path
    crops: list[Crop]
    failed: dict[Path, BadInput]

    def summary(self) -> Summary:
        """Return the number of crops, and their files."""
        data = {"folder": self.folder, "crops": [crop.file for crop in self.crops]}
        return Summary([f"{len(self.crops)} crops in {self.folder}"], data, self.failed)

    def to_frame(self) -> "pd.DataFrame":
        """Return the rows of ``crops.csv`` as a table."""
        import pandas as pd

        return pd.DataFrame([asdict(crop) for crop in self.crops])


@dataclass(frozen=True)
class _OfImage:
    """Crops of an image, with notes on what was left out of it, is missing or was guessed."""

    source: str
    crops: list[Crop]
    notes: list[str]


def cut_crops(
    images: PathLike, *, settings: CropSettings | None = None, out: PathLike | None = None
) -> CropsResult:
    """Cut training crops from every image in a folder.

    Parameters
    ----------
    images : path-like
        Time-lapses or single frames: a TIFF, an OME-Zarr, a pattern of single-frame TIFFs, or a folder of TIFFs and
        OME-Zarrs.
    out : path-like, optional
        Folder of the crops; by default ``training_images`` beside the input folder.
    settings : CropSettings, optional
        Number, size and seed of the crops.

    Returns
    -------
    CropsResult
        Crops as TIFF, shape (Y, X) or (C, Y, X), with ``crops.csv`` and ``crops.json`` beside them. On a rerun, only
        missing or changed crops are cut again, at the same positions, and images that failed are tried again.

    Raises
    ------
    BadInput
        When no image can be used, or the folder holds other crops already (people may be drawing on them).
    """
    settings = settings or CropSettings()
    images = to_path(images)
    files = list_movies(images)
    check_names(files)
    folder = to_path(out) or beside(folder_of(images), "training_images")
    for note in passed_over(images, files):
        warning(note)
    with holding(folder):
        return _cut_crops(files, folder, settings)


def _cut_crops(files: list[Path], folder: Path, settings: CropSettings) -> CropsResult:
    inputs = files_of(files, settings.axes, settings.convert)
    earlier = earlier_result(folder / RECORD, settings, inputs, _listed(folder))
    if earlier and earlier.is_complete and not earlier.record.get("failed"):
        info(f"crops: {folder} is complete and unchanged")
        return CropsResult(folder, list(read_crops(folder).values()), {})
    known = _known(earlier, folder)
    if not earlier and known and not _drawn_alike(files, known, settings):
        raise BadInput(
            f"{folder}: holds crops from other images or settings",
            cure=f"choose another folder with {option('out')}, or move these away if nobody is drawing on them",
        )
    if earlier:
        earlier.warn_of_damage()
    whole = {crop.file for crop in known if earlier and crop.file not in earlier.damaged}
    provenance = Provenance("crops", settings, inputs)
    batch: Batch[_OfImage] = for_each(
        files, lambda file: _cut_image(file, folder, settings, known, whole), "crops"
    )
    crops = [crop for of_image in batch.done for crop in of_image.crops]
    write_crops(folder, crops)
    provenance.write(
        folder / RECORD,
        outputs=[folder / NAME, *(folder / crop.file for crop in crops)],
        failed={file.name: str(why) for file, why in batch.failed.items()},
        notes={of_image.source: of_image.notes for of_image in batch.done if of_image.notes},
    )
    return CropsResult(folder, crops, batch.failed)


def _listed(folder: Path) -> list[Path]:
    """List the table and the crops in it; only the table if it cannot be read."""
    try:
        return [folder / NAME, *(folder / name for name in read_crops(folder))]
    except BadInput:
        return [folder / NAME]


def _known(earlier: Earlier | None, folder: Path) -> list[Crop]:
    """Return the crops of an earlier run from its table; none if the table is not as that run wrote it."""
    if earlier and NAME in earlier.damaged:
        return []
    try:
        return list(read_crops(folder).values())
    except BadInput:
        if earlier:
            return []
        raise


def _drawn_alike(files: list[Path], known: list[Crop], settings: CropSettings) -> bool:
    """Return whether a table without a record, left by a killed run, equals the one that would be drawn now."""
    drawn: list[Crop] = []
    for file in files:
        with suppress(BadInput, OSError), TimeLapse(file, settings.axes, settings.convert) as movie:
            drawn += [crop for crop, _ in draw(movie, settings)]
    return drawn == known


def _cut_image(
    path: Path, folder: Path, settings: CropSettings, known: list[Crop], whole: set[str]
) -> _OfImage:
    """Cut the crops of one image: those of an earlier run unless they are intact, or else new ones."""
    with TimeLapse(path, settings.axes, settings.convert) as movie:
        movie.warn_of_notes()
        _warn_of_channels(movie)
        inputs = FileSnapshot(movie.files)
        before = [crop for crop in known if crop.source == source_name(path)]
        drawn = [(crop, _pixels(movie, crop)) for crop in before] or draw(movie, settings)
        inputs.check()
        for crop, pixels in drawn:
            if crop.file not in whole:
                write_crop(folder, movie, crop, pixels)
        return _OfImage(source_name(path), [crop for crop, _ in drawn], movie.notes)


def _pixels(movie: TimeLapse, crop: Crop) -> NDArray[Any]:
    """Return the pixels of a crop that was drawn earlier, ndarray, shape (C, Y, X)."""
    return cut(section(movie.frame(crop.frame), crop.plane, crop.at), crop)


def _warn_of_channels(movie: TimeLapse) -> None:
    """Warn if a single frame has so many channels that they may be frames."""
    frames, _, channels, _, _ = movie.shape
    if frames == 1 and channels > MOST_CHANNELS:
        warning(
            f"{movie.path.name}: has {channels} channels and one frame; if the channels are frames, say "
            f"so with {option('axes', movie.axes.replace('C', 'T'))}"
        )
