"""Choice of crops to annotate: positions in frames spread over all movies, the best first, with a share per movie."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpretrain.crops.crop_image import describe_crop, write_crop
from cpretrain.dataset.crops_table import Crop, write_crops
from cpretrain.errors import BadInput
from cpretrain.images.discovery import source_name
from cpretrain.images.finite import finite, warn_of_not_finite
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.valid_box import Box, valid_box
from cpretrain.models.normalization import measure_levels
from cpretrain.models.trained import UsedModel
from cpretrain.rounds.broken_tracks import BrokenPlace, broken_places
from cpretrain.rounds.uncertainty import most_uncertain, probabilities
from cpretrain.runtime.console import progress
from cpretrain.runtime.spelling import option
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.rounds import RoundSettings

TRIES = 100
"""Maximum number of random draws to find a free position."""

Square = tuple[int, int, int]
"""Corner y, x and edge length, in pixels."""


@dataclass(frozen=True)
class Candidate:
    """A position that could be annotated.

    Parameters
    ----------
    movie : pathlib.Path
        The movie.
    frame, z, y, x : int
        Frame, plane and corner, from 0.
    score : float
        Priority; higher scores are chosen first.
    new : bool
        False if the position was annotated in another frame; it is chosen only when new ones have run out.
    """

    movie: Path
    frame: int
    z: int
    y: int
    x: int
    score: float
    new: bool = True

    @property
    def at_break(self) -> bool:
        """True if tracks break here, where that was looked for; random scores are below 1."""
        return self.score >= 1

    def as_data(self) -> dict[str, Any]:
        """Return the candidate as plain values, for the record."""
        return asdict(self) | {"movie": source_name(self.movie), "score": round(self.score, 6)}


def candidates(
    movies: Sequence[Path],
    settings: RoundSettings,
    seed: Sequence[int],
    planes: int,
    taken: Sequence[Crop] = (),
    never: Sequence[Crop] = (),
    model: UsedModel | None = None,
) -> list[Candidate]:
    """Find candidate positions in a sample of planes: one per plane, or several if a movie has few planes.

    Parameters
    ----------
    movies : sequence of pathlib.Path
        Movies to draw from.
    settings : RoundSettings
        Size of a crop.
    seed : sequence of int
        Seed of the positions and, for a random choice, of the scores.
    planes : int
        Number of planes to look at, the same in each movie, equally spaced.
    taken : sequence of Crop
        Crops that were cut earlier. Frames of a movie look alike at one position, so these positions come last in other
        frames, and are never taken in the same one.
    never : sequence of Crop
        Crops whose positions are excluded in all frames.
    model : UsedModel, optional
        Model to find the most uncertain positions with, or, as the settings say, those where tracks of its objects
        break (random ones come after these); by default, positions and scores are random.
    """
    rng = np.random.default_rng(seed)
    model, tracker = (None, model) if settings.choose == "broken-tracks" else (model, None)
    share = -(-planes // len(movies))
    found: list[Candidate] = []
    with progress("looking for crops", len(movies)) as step:
        for path in movies:
            before = [crop for crop in taken if crop.source == source_name(path)]
            closed = [_square(crop) for crop in never if crop.source == source_name(path)]
            with TimeLapse(path, settings.axes, settings.convert) as movie:
                if tracker:
                    broken = broken_places(movie, share, settings.size, rng, tracker)
                    found += _free(path, broken, settings.size, before, closed)
                in_plane = -(-share // (movie.shape[0] * movie.shape[1]))
                for frame, z, plane in _spread(movie, share, rng):
                    squares = _taken_in(frame, z, before, closed)
                    for place in _places(plane, settings.size, in_plane, rng, squares, model):
                        found.append(Candidate(path, frame, z, *place))
            step(path.name)
    return found


def choose(found: Iterable[Candidate], count: int, size: int) -> list[Candidate]:
    """Choose the candidates with the highest scores, new positions before others, spread over movies and positions.

    No movie supplies more than its share, and no position is taken in two frames, unless too few others are left.

    Parameters
    ----------
    found : iterable of Candidate
        All candidates.
    count : int
        Number to choose.
    size : int
        Edge length of a crop in pixels.
    """
    queue = sorted(found, key=lambda one: (not one.new, -one.score))
    share = -(-count // max(len({one.movie for one in queue}), 1))
    chosen: list[Candidate] = []
    for by_share, by_place in ((True, True), (False, True), (False, False)):
        for one in queue:
            of_movie = [other for other in chosen if other.movie == one.movie]
            if len(chosen) == count or one in chosen or (by_share and len(of_movie) >= share):
                continue
            if by_place and any(_overlap(one.y, one.x, size, (other.y, other.x, size)) for other in of_movie):
                continue
            chosen.append(one)
    return chosen


def cut(folder: Path, chosen: Sequence[Candidate], settings: RoundSettings) -> list[Crop]:
    """Write the chosen crops and their table.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the crops.
    chosen : sequence of Candidate
        Positions to cut.
    settings : RoundSettings
        Size, border and seed.

    Raises
    ------
    BadInput
        When none was chosen.
    """
    if not chosen:
        raise BadInput(
            "round: no place left to annotate",
            expected=f"places of {settings.size} × {settings.size} pixels from which no crop was cut yet",
            cure=f"add movies, choose a smaller {option('size')}, "
            f"or let more frames be looked at ({option('look_at')})",
        )
    how = CropSettings(size=settings.size, border=settings.border, seed=settings.seed)
    folder.mkdir(parents=True, exist_ok=True)
    crops = []
    for one in sorted(chosen, key=lambda one: (one.movie.name, one.frame, one.z)):
        with TimeLapse(one.movie, settings.axes, settings.convert) as movie:
            plane, _ = finite(movie.frame(one.frame)[one.z])
            crop = describe_crop(movie, (one.frame, one.z, one.y, one.x), measure_levels(plane), how)
            write_crop(folder, movie, crop, plane[:, one.y : one.y + how.size, one.x : one.x + how.size])
            crops.append(crop)
    write_crops(folder, crops)
    return crops


def _spread(
    movie: TimeLapse, share: int, rng: np.random.Generator
) -> Iterator[tuple[int, int, NDArray[Any]]]:
    """Yield equally spaced planes of a movie, starting at a random one."""
    planes = [(t, z) for t in range(movie.shape[0]) for z in range(movie.shape[1]) if movie.is_complete(t, z)]
    bad: dict[int, int] = {}
    count = min(share, len(planes))
    places = (np.arange(count) + rng.random()) * len(planes) / count
    for place in places.astype(int).tolist():
        frame, z = planes[place]
        pixels, bad[frame] = finite(movie.frame(frame)[z])
        yield frame, z, pixels
    warn_of_not_finite(movie.path.name, bad, "0 in the crops")


def _places(
    plane: NDArray[Any],
    size: int,
    count: int,
    rng: np.random.Generator,
    taken: tuple[Sequence[Square], Sequence[Square]],
    model: UsedModel | None,
) -> list[tuple[int, int, float, bool]]:
    """Return y, x, score and newness of up to `count` positions that do not overlap.

    They do not overlap crops taken in this plane either, and crops in other planes only if no other position is left.
    """
    box = valid_box(plane)
    if box is None or min(side.stop - side.start for side in box) < size:
        return []
    top, left = (side.start for side in box)
    views = probabilities(plane, box, model) if model else None
    here, elsewhere = taken
    found: list[tuple[int, int, float, bool]] = []
    for new, closed in ((True, [*here, *elsewhere]), (False, [*here])):

        def free(y: int, x: int, closed: list[Square] = closed) -> bool:
            squares = closed + [(one[0], one[1], size) for one in found]
            return not any(_overlap(top + y, left + x, size, square) for square in squares)

        while len(found) < count:
            place = (
                _random_place(box, size, rng, free) if views is None else most_uncertain(views, size, free)
            )
            if place is None:
                break
            score, y, x = place
            found.append((top + y, left + x, score, new))
    return found


def _free(
    path: Path, broken: Iterable[BrokenPlace], size: int, before: Sequence[Crop], closed: Sequence[Square]
) -> Iterator[Candidate]:
    """Yield the places where tracks break that overlap no other crop of the same plane; their scores are 1 or more."""
    kept: dict[tuple[int, int], list[Square]] = {}
    for one in sorted(broken, key=lambda one: -one.score):
        of_plane = kept.setdefault((one.frame, one.z), [])
        here, elsewhere = _taken_in(one.frame, one.z, before, closed)
        if not any(_overlap(one.y, one.x, size, square) for square in [*here, *of_plane]):
            of_plane.append((one.y, one.x, size))
            new = not any(_overlap(one.y, one.x, size, square) for square in elsewhere)
            yield Candidate(path, one.frame, one.z, one.y, one.x, one.score, new)


def _taken_in(
    frame: int, z: int, before: Sequence[Crop], closed: Sequence[Square]
) -> tuple[list[Square], list[Square]]:
    """Return the squares that may not be taken in a plane, and those that were taken in other planes."""
    here = [_square(crop) for crop in before if (crop.frame, crop.z) == (frame, z)]
    return [*closed, *here], [_square(crop) for crop in before if (crop.frame, crop.z) != (frame, z)]


def _random_place(
    box: Box, size: int, rng: np.random.Generator, free: Callable[[int, int], bool]
) -> tuple[float, int, int] | None:
    for _ in range(TRIES):
        y, x = (int(rng.integers(side.stop - side.start - size + 1)) for side in box)
        if free(y, x):
            return float(rng.random()), y, x
    return None


def _square(crop: Crop) -> Square:
    return crop.y, crop.x, max(crop.height, crop.width)


def _overlap(y: int, x: int, size: int, other: Square) -> bool:
    other_y, other_x, other_size = other
    return abs(y - other_y) < max(size, other_size) and abs(x - other_x) < max(size, other_size)
