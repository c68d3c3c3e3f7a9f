"""The movies to compare models on, and their tracked ground truth."""

from dataclasses import dataclass
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import check_names, corrected_name, list_movies
from cpretrain.images.timelapse import TimeLapse
from cpretrain.labels.pairing import stem
from cpretrain.linking.tracked_truth import find_truth
from cpretrain.runtime.spelling import option


@dataclass(frozen=True)
class MovieInputs:
    """Movies, and tracked ground truth of all or some of them.

    Parameters
    ----------
    movies : tuple of pathlib.Path
        The movies, with two frames or more each.
    parts : tuple of pathlib.Path
        All files of these movies.
    truth : pathlib.Path or None
        Folder of tracked ground truth.
    """

    movies: tuple[Path, ...]
    parts: tuple[Path, ...]
    truth: Path | None = None

    @property
    def files(self) -> list[Path]:
        """All files that the result depends on."""
        known = [find_truth(self.truth, _name(path)) for path in self.movies] if self.truth else []
        folders = [one.folder / part for one in known if one for part in ("TRA", "SEG")]
        return [*self.parts, *(folder for folder in folders if folder.is_dir())]


def find_movies(movies: Path | None, truth: Path | None) -> MovieInputs | None:
    """Find the movies to compare models on, and check that there is something to track.

    Parameters
    ----------
    movies : pathlib.Path or None
        A movie, or a folder of movies.
    truth : pathlib.Path or None
        Folder of tracked ground truth.

    Returns
    -------
    MovieInputs or None
        None without movies.

    Raises
    ------
    BadInput
        When a movie cannot be opened or has a single frame, or there is no ground truth of any movie.
    """
    if movies is None:
        if truth is not None:
            raise BadInput(f"{option('tracked')} belongs to {option('movies')}", cure="give both")
        return None
    files = list_movies(movies)
    check_names(files)
    parts: list[Path] = []
    for path in files:
        with TimeLapse(path) as movie:
            if movie.shape[0] < 2:
                raise BadInput(
                    f"{path}: has a single frame, so nothing can be tracked in it",
                    expected="movies",
                    cure=f"move it to another folder, or name one movie with {option('movies')}",
                )
            parts += movie.files
    if truth is not None and not any(find_truth(truth, _name(path)) for path in files):
        raise BadInput(
            f"{truth}: holds no tracked ground truth of these movies",
            expected=f"for example {_name(files[0])}_GT/TRA/man_track.txt, as in the Cell Tracking Challenge",
        )
    return MovieInputs(tuple(files), tuple(parts), truth)


def _name(movie: Path) -> str:
    """Return the name of a movie as its label images have it."""
    return stem(corrected_name(movie))
