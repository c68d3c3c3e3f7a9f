"""Describe the contents of movies, and what each step would do with them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path

from cpretrain.errors import BadInput
from cpretrain.images.discovery import corrected_name, list_movies, source_name
from cpretrain.images.metadata import colour_of
from cpretrain.images.passed_over import passed_over
from cpretrain.images.timelapse import TimeLapse
from cpretrain.registration.checks import check_drift_settings
from cpretrain.runtime.spelling import option
from cpretrain.runtime.summary import Summary
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.drift import DriftSettings
from cpretrain.storage.paths import PathLike, to_path

TAKES = "takes it"


@dataclass(frozen=True)
class MovieInfo:
    """Contents of a movie, and what each step would do with it.

    Parameters
    ----------
    movie : str
        Name of the movie, with its position if the file holds several.
    result : str
        Name of its result, for example of the corrected movie.
    positions : int
        Number of positions in the file.
    axes : str
        Axes of the file that are longer than 1, as letters of TZCYX.
    shape : dict of str to int
        Lengths in t, z, c, y, x.
    dtype : str
        Type of a pixel.
    rgb : bool
        True if the channels are red, green and blue of one picture.
    frame_bytes, movie_bytes : int
        Size in memory of a frame and of all frames.
    pixel_size : tuple of float
        Size of a voxel in z, y, x, in `unit`.
    unit : str
        Unit of length; ``"pixel"`` if the file does not state one.
    frame_interval : float
        Seconds between frames; 0.0 if the file does not state it.
    channels, colours : list of str
        Names of the channels, and their colours as ``#RRGGBB``; empty if the file does not state them.
    steps : dict of str to str
        Result of the check by each step that reads movies: that it takes this one, or what it needs.
    notes : list of str
        Notes on what is left out, missing or guessed.
    """

    movie: str
    result: str
    positions: int
    axes: str
    shape: dict[str, int]
    dtype: str
    rgb: bool
    frame_bytes: int
    movie_bytes: int
    pixel_size: tuple[float, float, float]
    unit: str
    frame_interval: float
    channels: list[str]
    colours: list[str]
    steps: dict[str, str]
    notes: list[str]

    def lines(self) -> list[str]:
        """Return the description for people."""
        z, y, x = self.pixel_size
        rows = {
            "axes": ", ".join(f"{axis} {length}" for axis, length in self.shape.items())
            + f" (file: {self.axes})",
            "pixels": f"{self.dtype}{', RGB' * self.rgb}; a frame takes {_size(self.frame_bytes)}, the movie "
            f"{_size(self.movie_bytes)}",
            "pixel size": "not stated"
            if self.unit == "pixel"
            else f"{x:g} × {y:g} × {z:g} {self.unit} (x, y, z)",
            "interval": f"{self.frame_interval:g} s" if self.frame_interval else "not stated",
            "channels": ", ".join(_channels(self.channels, self.colours)) or "no names",
            **self.steps,
        }
        named = [f"  {name:<10} {text}" for name, text in rows.items()]
        return [f"{self.movie} → {self.result}", *named, *(f"  note       {note}" for note in self.notes)]


@dataclass(frozen=True)
class InfoResult:
    """Descriptions of movies, and errors of those that could not be opened.

    Parameters
    ----------
    movies : list of MovieInfo
        Descriptions of the movies.
    failed : dict of pathlib.Path to BadInput
        Errors by movie.
    passed_over : list of str
        Sentences on files that are not read.
    """

    movies: list[MovieInfo]
    failed: dict[Path, BadInput]
    passed_over: list[str]

    def summary(self) -> Summary:
        """Return the descriptions, one after the other."""
        lines = [line for movie in self.movies for line in movie.lines()]
        data = {"movies": [asdict(movie) for movie in self.movies], "passed_over": self.passed_over}
        return Summary([*lines, *self.passed_over], data, self.failed)


def describe_movies(paths: Sequence[PathLike], *, axes: str | None = None) -> InfoResult:
    """Describe movies from their headers: axes, positions, channels, types, sizes and times, and what the steps do.

    Parameters
    ----------
    paths : sequence of path-like
        Files, positions (``exp.nd2#3``), folders, OME-Zarrs, and patterns of single frames.
    axes : str, optional
        Axes of the files, if they state them wrongly.

    Returns
    -------
    InfoResult
        Descriptions; each position of a file is a separate movie.

    Raises
    ------
    BadInput
        If no movie can be described.
    """
    described: list[MovieInfo] = []
    failed: dict[Path, BadInput] = {}
    others: list[str] = []
    for path in map(to_path, paths):
        movies = list_movies(path)
        others += passed_over(path, movies)
        for movie in movies:
            try:
                described.append(describe_movie(movie, axes))
            except BadInput as error:
                failed[movie] = error
    if failed and not described:
        raise next(iter(failed.values()))
    return InfoResult(described, failed, others)


def describe_movie(path: Path, axes: str | None = None) -> MovieInfo:
    """Describe a movie from its header.

    Raises
    ------
    BadInput
        If it cannot be opened.
    """
    with TimeLapse(path, axes) as movie:
        colours = movie.channels.colours
        coloured = (
            [] if colours is None else ["#{:02X}{:02X}{:02X}".format(*colour_of(table)) for table in colours]
        )
        return MovieInfo(
            movie=source_name(path),
            result=corrected_name(path),
            positions=movie.images,
            axes=movie.axes,
            shape=dict(zip("tzcyx", movie.shape, strict=True)),
            dtype=movie.dtype.name,
            rgb=movie.is_rgb,
            frame_bytes=movie.frame_bytes,
            movie_bytes=prod(movie.shape) * movie.dtype.itemsize,
            pixel_size=movie.calibration.pixel_size,
            unit=movie.calibration.unit,
            frame_interval=movie.calibration.frame_interval,
            channels=list(movie.channels.names),
            colours=coloured,
            steps={"drift": _drift(movie), "crops": _crops(movie), "predict": _predict(movie)},
            notes=movie.notes,
        )


def _drift(movie: TimeLapse) -> str:
    try:
        check_drift_settings(movie, DriftSettings(engine="native"))
    except BadInput as error:
        problem = error.problem.removeprefix(f"{movie.path}: ")
        return f"refuses it: {problem}" + (f"; {error.cure}" if error.cure else "")
    return TAKES


def _crops(movie: TimeLapse) -> str:
    size, height, width = CropSettings().size, *movie.shape[3:]
    if min(height, width) < size:
        return f"needs {option('size', min(height, width))} or less: a frame has {height} × {width} pixels"
    return _colours(movie)


def _predict(movie: TimeLapse) -> str:
    return _colours(movie)


def _colours(movie: TimeLapse) -> str:
    if not movie.is_rgb:
        return TAKES
    return (
        f"takes its colours as {movie.shape[2]} channels; for grey values: {option('convert', 'luminance')}"
    )


def _channels(names: list[str], colours: list[str]) -> list[str]:
    if len(names) == len(colours):
        return [f"{name} ({colour})" for name, colour in zip(names, colours, strict=True)]
    return names or colours


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"
