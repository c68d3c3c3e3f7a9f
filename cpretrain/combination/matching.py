"""Match label images of the same movie, one per class, and open them together."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadFolder, BadInput, Problem
from cpretrain.images.ome_zarr_labels import image_of
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.object_table import read_probabilities
from cpretrain.labels.predicted import label_images_in

Folders = Mapping[str, Path]


@dataclass(frozen=True)
class MatchedMovie:
    """Label images of one movie.

    Parameters
    ----------
    name : str
        File name of the result as a TIFF.
    files : tuple of pathlib.Path
        One label image per class.
    tables : tuple of pathlib.Path
        Object tables that ``cpretrain predict`` writes with label images; one per class.
    """

    name: str
    files: tuple[Path, ...]
    tables: tuple[Path, ...]

    @property
    def image(self) -> Path | None:
        """The OME-Zarr that they all lie in, beside their movie; None where they do not."""
        images = {image_of(file) for file in self.files}
        return images.pop() if len(images) == 1 else None

    @contextmanager
    def opened(self, axes: str | None = None) -> Iterator[Sequence[TimeLapse]]:
        """Open all label images, with `axes` instead of those stated in the files; all must have the same size.

        Raises
        ------
        BadInput
            When sizes differ, or a file is not a label image.
        """
        with ExitStack() as stack:
            movies = [stack.enter_context(TimeLapse(file, axes)) for file in self.files]
            for movie in movies:
                _check(movie, movies[0])
            yield movies

    def probabilities(self, frames: int) -> Iterator[list[dict[int, float]]]:
        """Yield the probability of each object for each class, frame by frame."""
        yield from map(list, zip(*(_each_frame(table, frames) for table in self.tables), strict=True))


def parse_folders(classes: Sequence[str]) -> dict[str, Path]:
    """Parse ``CLASS=FOLDER`` for each class, keeping the order.

    Raises
    ------
    BadInput
        When an entry does not have this form, or a class is named twice.
    """
    folders: dict[str, Path] = {}
    for given in classes:
        name, equals, folder = given.partition("=")
        name = name.strip()
        if not (name and equals and folder) or name in folders:
            raise BadInput(
                "combine: each class needs a unique name and a folder",
                found=given,
                expected="CLASS=FOLDER CLASS=FOLDER, for example nuclei=predicted/nuclei bacteria=predicted/bacteria",
            )
        folders[name] = Path(folder)
    return folders


def match_movies(folders: Folders) -> list[MatchedMovie]:
    """Match label images of the same movies by their names, ignoring suffixes added by programs.

    Raises
    ------
    BadInput
        When a class lacks a movie, or a folder holds several label images of one.
    """
    of_class = {name: label_images_in(folder) for name, folder in folders.items()}
    everything = sorted({movie for found in of_class.values() for movie in found})
    problems = [
        Problem(
            movie,
            f"has no label image of class {name}",
            found=f"in {folders[name]}: {', '.join(found)}"[:300],
        )
        for movie in everything
        for name, found in of_class.items()
        if movie not in found
    ]
    if problems:
        raise BadFolder("the classes have label images of different movies", problems)
    matched = [[found[movie] for found in of_class.values()] for movie in everything]
    return [
        MatchedMovie(
            f"{one[0].name}.tif", tuple(each.path for each in one), tuple(each.table for each in one)
        )
        for one in matched
    ]


def _check(movie: TimeLapse, first: TimeLapse) -> None:
    if movie.shape[2] != 1:
        raise BadInput(
            f"{movie.path}: is not a label image", found=f"{movie.shape[2]} channels", expected="one"
        )
    if movie.shape != first.shape:
        raise BadInput(
            f"{movie.path}: differs in size from {first.path}",
            found=_size(movie),
            expected=_size(first),
            cure="predict the same movies with all models",
        )


def _size(movie: TimeLapse) -> str:
    t, z, _, y, x = movie.shape
    return f"{t} × {z} × {y} × {x} (frames, planes, height, width)"


def _each_frame(table: Path, frames: int) -> Iterator[dict[int, float]]:
    rows = read_probabilities(table)
    here = next(rows, None)
    for t in range(frames):
        if here and here[0] == t:
            yield here[1]
            here = next(rows, None)
        else:
            yield {}
