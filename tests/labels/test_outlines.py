import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shapely.geometry import Polygon

from cpretrain.labels.outlines import Outline, rasterise, ring, trace


def rectangle(left, top, right, bottom):
    return ring([(left, top), (right, top), (right, bottom), (left, bottom)])


def one(*rings):
    return Outline([list(rings)])


def pixels(*rows: str) -> np.ndarray:
    return np.array([[int(pixel.replace(".", "0")) for pixel in row] for row in rows])


@pytest.mark.parametrize(
    ("outlines", "expected"),
    [
        ([], ["....", "....", "...."]),
        ([one(rectangle(0, 0, 3, 3))], ["111.", "111.", "111."]),
        ([one(rectangle(0, 0, 3, 3)[::-1])], ["111.", "111.", "111."]),
        ([one(rectangle(0.4, 0, 1.6, 0.6))], ["11..", "....", "...."]),
        ([one(rectangle(0.6, 0, 1.4, 1))], ["....", "....", "...."]),
        ([one(rectangle(-9, -9, 99, 99))], ["1111", "1111", "1111"]),
        ([one(rectangle(0, 0, 3, 3), rectangle(1, 1, 2, 2))], ["111.", "1.1.", "111."]),
        ([one(rectangle(0, 0, 3, 2)), one(rectangle(2, 1, 4, 3))], ["111.", "1122", "..22"]),
        ([one(rectangle(1, 1, 3, 2)), one(rectangle(0, 0, 4, 3))], ["2222", "2112", "2222"]),
        ([one(rectangle(0, 0, 4, 3)), one(rectangle(0, 0, 4, 3))], ["1111", "1111", "1111"]),
        ([Outline([[rectangle(0, 0, 3, 2)], [rectangle(1, 1, 4, 3)]])], ["111.", "1111", ".111"]),
        ([one(ring([(0, 0), (4.2, 0), (0, 4.2)]))], ["1111", "111.", "11.."]),
        ([one(ring([(0, 0), (4, 3), (4, 0), (0, 3)]))], ["1..1", "1111", "1..1"]),
    ],
    ids=[
        "nothing",
        "square",
        "reversed",
        "halves",
        "thin",
        "beyond",
        "hole",
        "overlap",
        "nested",
        "twice",
        "overlapping pieces",
        "triangle",
        "bowtie",
    ],
)
def test_rasterise(outlines, expected):
    filled = rasterise("a", outlines, (3, 4), "").labels
    assert ["".join(str(pixel) if pixel else "." for pixel in row) for row in filled] == expected


@pytest.mark.parametrize(
    ("boxes", "covered"),
    [
        ([(0, 0, 3, 3), (3, 0, 6, 3)], 0),
        ([(0, 0, 3, 3), (2, 0, 6, 3)], 1),
        ([(0, 0, 9, 9), (1, 1, 8, 8), (2, 2, 7, 7)], 2),
        ([(-4, -4, 2, 2), (-2, -2, 1, 1), (5, 5, 30, 30)], 1),
    ],
    ids=["beside", "overlap", "stack", "beyond"],
)
def test_objects_that_others_cover_are_counted(boxes, covered):
    assert rasterise("a", [one(rectangle(*box)) for box in boxes], (10, 10), "").overlapping == covered


def test_a_disk_is_what_distance_says():
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    disk = ring(np.stack([30 + 20.3 * np.cos(angle), 25 + 20.3 * np.sin(angle)], axis=1))
    filled = rasterise("a", [one(disk)], (50, 60), "").labels
    y, x = np.mgrid[:50, :60] + 0.5
    distance = np.hypot(x - 30, y - 25)
    assert (filled[distance < 20.28] == 1).all()
    assert (filled[distance > 20.3] == 0).all()


@pytest.mark.parametrize(
    ("labels", "corners"),
    [
        (pixels("..", ".."), []),
        (pixels("11", "11"), [[[4]]]),
        (pixels("1.", ".1"), [[[4], [4]]]),
        (pixels("111", "1.1", "111"), [[[4, 4]]]),
        (pixels("11.", "1.1", "111"), [[[6, 4]]]),
        (pixels("112", "122"), [[[6]], [[6]]]),
        (pixels("1.1", "...", "1.1"), [[[4], [4], [4], [4]]]),
    ],
    ids=["nothing", "square", "diagonal", "hole", "hole_at_corner", "neighbours", "pieces"],
)
def test_trace(labels, corners):
    found = [[[len(ring) - 1 for ring in rings] for rings in outline.polygons] for outline in trace(labels)]
    assert found == corners


@given(arrays(np.uint16, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)))
@settings(max_examples=300)
def test_tracing_and_filling_give_the_same_image_of_valid_polygons(labels):
    numbers = np.unique(labels[labels > 0])
    outlines = trace(labels)
    assert all(Polygon(rings[0], rings[1:]).is_valid for outline in outlines for rings in outline.polygons)
    filled = rasterise("a", outlines, labels.shape, "").labels
    assert filled.tolist() == np.searchsorted([0, *numbers], labels).tolist()
