"""Label images beside their movie: listed, and those of others never replaced."""

import json

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.images.metadata import Calibration
from cpretrain.images.ome_zarr_labels import image_of, place_beside, remove_labels, write_labels
from cpretrain.images.timelapse import TimeLapse
from cpretrain.images.writer import write_frames
from tests.support.movie_files import write_zarr
from tests.support.other_zarr_readers import validated

CALIBRATION, SHAPE = Calibration((1.0, 0.5, 0.5), "µm", 60.0), (2, 1, 1, 12, 14)


@pytest.fixture
def movie(tmp_path):
    path = tmp_path / "corrected" / "a.ome.zarr"
    pixels = np.ones((2, 1, 3, 12, 14), np.uint16)
    write_frames(path, iter(pixels), pixels.shape, pixels.dtype, CALIBRATION)
    return path


def write(path, results, value=7):
    labels = np.full(SHAPE, value, np.uint16)
    write_labels(path, iter(labels), SHAPE, labels.dtype, CALIBRATION, results)


def listed(movie):
    return json.loads((movie / "labels" / "zarr.json").read_text())["attributes"]["ome"]["labels"]


def value_of(path):
    with TimeLapse(path) as labels:
        return int(labels.frame(1)[0, 0, 3, 4])


def test_beside_the_movie(tmp_path, movie):
    for name in ("nuclei", "cells"):
        write(place_beside(movie, name), tmp_path / name)
    assert validated(movie / "labels").labels == listed(movie) == ["cells", "nuclei"]
    assert validated(movie / "labels" / "cells").image_label.source.image == "../.."
    write(movie / "labels" / "cells", tmp_path / "cells", 8)
    assert (value_of(movie / "labels" / "cells"), value_of(movie / "labels" / "nuclei")) == (8, 7)
    remove_labels(movie / "labels" / "cells")
    assert listed(movie) == ["nuclei"]
    assert {path.name for path in (movie / "labels").iterdir()} == {"nuclei", "zarr.json"}


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("cells", "cells"),
        ("T cell: dead/alive", "T_cell_dead_alive"),
        ("..", "objects"),
        ("Zelle ü", "Zelle_ü"),
    ],
)
def test_names_are_no_paths(movie, name, folder):
    assert place_beside(movie, name) == movie / "labels" / folder


def test_beside_nothing_else(tmp_path, movie):
    foreign = write_zarr(tmp_path / "b.zarr", np.ones((2, 12, 14), np.uint16), "TYX", "0.5")
    write(movie / "labels" / "cells", tmp_path)
    (tmp_path / "damaged.zarr").mkdir()
    (tmp_path / "damaged.zarr" / "zarr.json").write_text('{"attributes": {"cpretrain": 1, "ome": []}}')
    for path in (
        foreign,
        movie / "labels" / "cells",
        tmp_path,
        tmp_path / "a.tif",
        tmp_path / "damaged.zarr",
    ):
        assert place_beside(path, "cells") is None
    own = tmp_path / "alone.ome.zarr"
    write(own, tmp_path)
    assert (image_of(own), value_of(own)) == (None, 7)


@pytest.mark.parametrize("person", [True, False])
def test_what_others_wrote_is_not_replaced(tmp_path, movie, person):
    path = movie / "labels" / "cells"
    write(path, tmp_path / "first")
    if person:
        facts = json.loads((path / "zarr.json").read_text())
        del facts["attributes"]["cpretrain"]
        (path / "zarr.json").write_text(json.dumps(facts))
    found = "those of a person" if person else "those of .*first"
    with pytest.raises(BadInput, match=rf"cells: holds label images already.*\n.*{found}"):
        write(path, tmp_path / "second", 9)
    assert value_of(path) == 7


def test_they_move_with_the_experiment(tmp_path, movie):
    write(movie / "labels" / "cells", tmp_path / "corrected" / "segmented")
    moved = tmp_path / "elsewhere"
    movie.parent.rename(moved)
    write(moved / "a.ome.zarr" / "labels" / "cells", moved / "segmented", 9)
    assert value_of(moved / "a.ome.zarr" / "labels" / "cells") == 9
