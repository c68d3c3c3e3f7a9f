"""Which crops to annotate: places in frames spread over all movies, the best first, each movie its share."""

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
from cpretrain.rounds.uncertainty import most_uncertain, probabilities
from cpretrain.runtime.console import progress
from cpretrain.settings.crops import CropSettings
from cpretrain.settings.rounds import RoundSettings

TRIES = 100
"""How often a free place is drawn at random."""

Square = tuple[int, int, int]
"""Corner y, x and edge length, in pixels."""


@dataclass(frozen=True)
class Candidate:
    """A place that could be annotated.

    Parameters
    ----------
    movie : pathlib.Path
        The movie.
    frame, z, y, x : int
        Frame, plane and corner, from 0.
    score : float
        The higher, the sooner it is chosen.
    new : bool
        False where the place was annotated in another frame; it is chosen only when new ones have run out.
    """

    movie: Path
    frame: int
    z: int
    y: int
    x: int
    score: float
    new: bool = True

    def as_data(self) -> dict[str, Any]:
        """What is recorded of it."""
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
    """Find places in the planes looked at: one in each, several where a movie has few planes.

    Parameters
    ----------
    movies : sequence of pathlib.Path
        What is drawn from.
    settings : RoundSettings
        Size of a crop.
    seed : sequence of int
        Seed of the places and, at random, of the scores.
    planes : int
        How many planes are looked at, the same number in each movie, equally far apart.
    taken : sequence of Crop
        Crops that were cut before. What lies there stays alike, so their places come last in other frames, and never in
        the same one.
    never : sequence of Crop
        Crops whose places are left out in all frames.
    model : UsedModel, optional
        Then places are where this model is most uncertain, else anywhere, with a score at random.
    """
    rng = np.random.default_rng(seed)
    share = -(-planes // len(movies))
    found = []
    with progress("looking for crops", len(movies)) as step:
        for path in movies:
            before = [crop for crop in taken if crop.source == source_name(path)]
            closed = [_square(crop) for crop in never if crop.source == source_name(path)]
            with TimeLapse(path, settings.axes, settings.convert) as movie:
                in_plane = -(-share // (movie.shape[0] * movie.shape[1]))
                for frame, z, plane in _spread(movie, share, rng):
                    here = [
                        *closed,
                        *(_square(crop) for crop in before if (crop.frame, crop.z) == (frame, z)),
                    ]
                    elsewhere = [_square(crop) for crop in before if (crop.frame, crop.z) != (frame, z)]
                    for place in _places(plane, settings.size, in_plane, rng, (here, elsewhere), model):
                        found.append(Candidate(path, frame, z, *place))
            step(path.name)
    return found


def choose(found: Iterable[Candidate], count: int, size: int) -> list[Candidate]:
    """Take the candidates with the highest scores, new places before others, spread over movies and places.

    No movie gives more than its share, and no place of a movie is taken in two frames, unless too few others are left.

    Parameters
    ----------
    found : iterable of Candidate
        What there is.
    count : int
        How many are wanted.
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
    """Write the crops that were chosen, and the table of them.

    Raises
    ------
    BadInput
        When there are none.
    """
    if not chosen:
        raise BadInput(
            "round: no place is left to annotate",
            expected=f"places of {settings.size} × {settings.size} pixels that no crop was cut from yet",
            cure="add movies, choose a smaller --size, or let more frames be looked at (--look-at)",
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
    """Planes of a movie, equally far apart from a random one on, read one after the other."""
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
    """Give y, x, score and newness of up to `count` places that do not overlap.

    Nor do they overlap what was taken here; what was taken in other planes only when there is no other place.
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
