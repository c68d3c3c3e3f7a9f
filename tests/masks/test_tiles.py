import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.labels.encodings import read_ids, recognise
from cpretrain.labels.label_image import LabelImage
from cpretrain.labels.pairing import Tile, tile_of
from cpretrain.masks.tiles import check_numbering, stitch
from tests.support.qupath_data import QUPATH, SIZE, same_objects, true_labels, variant

TILES = sorted(path for path in (QUPATH / "variants_derived").iterdir() if "[x=" in path.name)


def read(paths):
    return [(path.name, tile_of(path.name), read_ids(path)[0]) for path in paths]


def test_four_tiles_make_the_whole_image():
    whole = stitch(read(TILES), SIZE)
    assert same_objects(whole.ids, true_labels())
    assert whole.notes == ("put together from 4 tiles",)
    check_numbering("a", recognise("a", whole.ids, "uint8"), whole.tile)


def test_missing_tiles_are_said_and_refused_when_strict():
    whole = stitch(read(TILES[:3]), SIZE)
    assert "tiles cover 75% of the image" in whole.notes[1]
    with pytest.raises(BadInput, match="do not cover"):
        stitch(read(TILES[:3]), SIZE, strict=True)


def test_lower_resolution_is_enlarged_only_when_asked():
    small = read([variant(" [d=2,x=0,y=0,w=512,h=512]-labelled.tif")])
    with pytest.raises(BadInput, match="lower resolution") as error:
        stitch(small, SIZE)
    assert ".downsample(1)" in str(error.value.cure)
    whole = stitch(small, SIZE, upsample=True)
    assert whole.ids.tolist() == np.kron(small[0][2], np.ones((2, 2), int)).tolist()
    assert whole.notes == ("enlarged 2 times by nearest neighbour",)


A = np.array([[1, 0], [0, 2]])


@pytest.mark.parametrize(
    ("tiles", "problem"),
    [
        ([("a", Tile(1, 0, 0, 3, 2), A)], "differs in size from what its name says"),
        ([("a", Tile(1, 3, 0, 2, 2), A)], "beyond the image"),
        ([("a", Tile(1, -1, 0, 2, 2), A)], "beyond the image"),
        ([("a", Tile(1, 0, 0, 2, 2, z=2), A)], "plane z=2"),
        ([("a", Tile(1, 0, 0, 2, 2), A), ("b", Tile(1, 1, 1, 2, 2), A)], "differs from another tile"),
    ],
)
def test_refused(tiles, problem):
    with pytest.raises(BadInput, match=problem):
        stitch(tiles, (4, 4))


def test_overlapping_tiles_that_agree():
    labels = np.kron(np.eye(4, dtype=int) * np.arange(1, 5), np.ones((3, 3), int))
    tiles = [(f"{x},{y}", Tile(1, x, y, 8, 8), labels[y : y + 8, x : x + 8]) for x in (0, 4) for y in (0, 4)]
    assert stitch(tiles, (12, 12)).ids.tolist() == labels.tolist()


def test_padding_beyond_the_edge_is_cut_off_when_empty():
    assert stitch([("a", Tile(1, 2, 2, 2, 2), np.array([[5, 0], [0, 0]]))], (3, 3)).ids[2, 2] == 5


def numbered_tiles(each_for_itself: bool) -> list[tuple[str, Tile, np.ndarray]]:
    """Return four tiles with two cells each, and one more cell across the seam of the upper two."""
    tiles = []
    for number, (y, x) in enumerate(np.ndindex(2, 2)):
        pixels = np.zeros((30, 30), np.uint8)
        pixels[5:12, 5:12], pixels[18:25, 14:20] = np.array([1, 2]) + (0 if each_for_itself else 2 * number)
        tiles.append((f"{x},{y}", Tile(1, 30 * x, 30 * y, 30, 30), pixels))
    tiles[0][2][1:4, 26:], tiles[1][2][1:4, :4] = 100, 100
    return tiles


def test_tiles_numbered_each_for_itself_are_refused():
    whole = stitch(numbered_tiles(each_for_itself=True), (60, 60))
    with pytest.raises(BadInput, match="numbered separately") as error:
        check_numbering("a", LabelImage(np.where(whole.ids == 100, 3, whole.ids), "uint8"), whole.tile)
    assert error.value.found == "2 of 3 numbers occur in several tiles without touching"


def test_tiles_numbered_in_common():
    whole = stitch(numbered_tiles(each_for_itself=False), (60, 60))
    image = recognise("a", whole.ids, "uint8")
    check_numbering("a", image, whole.tile)
    assert (image.objects, image.in_pieces) == (9, 0)
