import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cpretrain.qupath.outlines import rasterise, trace
from cpretrain.qupath.polygon_trace import trace_polygons


def pixels(*rows: str) -> np.ndarray:
    return np.array([[int(pixel.replace(".", "0")) for pixel in row] for row in rows])


def area(ring: np.ndarray) -> float:
    (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
    return float((x0 * y1 - x1 * y0).sum() / 2)


@pytest.mark.parametrize(
    ("labels", "rings"),
    [
        (pixels("..", ".."), {}),
        (pixels("11", "11"), {1: [[4]]}),
        (pixels("1.", ".1"), {1: [[4], [4]]}),
        (pixels("111", "1.1", "111"), {1: [[4, 4]]}),
        (pixels("11.", "1.1", "111"), {1: [[6, 4]]}),
        (pixels("112", "122"), {1: [[6]], 2: [[6]]}),
        (pixels("1.1", "...", "1.1"), {1: [[4], [4], [4], [4]]}),
    ],
    ids=["nothing", "square", "diagonal", "hole", "hole_at_corner", "neighbours", "pieces"],
)
def test_rings_and_their_corners(labels, rings):
    traced = trace_polygons(labels)
    corners = {
        number: [[len(ring) - 1 for ring in polygon] for polygon in polygons]
        for number, polygons in traced.items()
    }
    assert corners == rings


@given(arrays(np.uint16, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3)))
@settings(max_examples=300, deadline=None)
def test_tracing_and_filling_give_the_same_image(labels):
    numbers = np.unique(labels[labels > 0])
    filled = rasterise("a", trace(labels), labels.shape, "").labels
    assert filled.tolist() == np.searchsorted([0, *numbers], labels).tolist()


@given(arrays(np.uint16, (9, 9), elements=st.integers(0, 2)))
@settings(max_examples=200, deadline=None)
def test_areas_and_simple_rings(labels):
    for number, polygons in trace_polygons(labels).items():
        assert sum(area(ring) for polygon in polygons for ring in polygon) == (labels == number).sum()
        for polygon in polygons:
            assert area(polygon[0]) > 0
            assert all(area(hole) < 0 for hole in polygon[1:])
            for ring in polygon:
                assert len(np.unique(ring[:-1], axis=0)) == len(ring) - 1
