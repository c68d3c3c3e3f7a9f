import numpy as np
import pytest

from cpretrain.qupath.polygon_fill import fill


def ring(*points):
    return np.array([*points, points[0]], float)


def rectangle(left, top, right, bottom):
    return ring((left, top), (right, top), (right, bottom), (left, bottom))


@pytest.mark.parametrize(
    ("rings", "owners", "expected"),
    [
        ([], [], ["....", "....", "...."]),
        ([rectangle(0, 0, 3, 3)], [1], ["111.", "111.", "111."]),
        ([rectangle(0, 0, 3, 3)[::-1]], [1], ["111.", "111.", "111."]),
        ([rectangle(0.4, 0, 1.6, 0.6)], [1], ["11..", "....", "...."]),
        ([rectangle(0.6, 0, 1.4, 1)], [1], ["....", "....", "...."]),
        ([rectangle(-9, -9, 99, 99)], [1], ["1111", "1111", "1111"]),
        ([rectangle(0, 0, 3, 3), rectangle(1, 1, 2, 2)], [1, 1], ["111.", "1.1.", "111."]),
        ([rectangle(0, 0, 3, 2), rectangle(2, 1, 4, 3)], [1, 2], ["111.", "1122", "..22"]),
        ([rectangle(0, 0, 4, 3), rectangle(1, 1, 3, 2)], [2, 1], ["2222", "2222", "2222"]),
        ([ring((0, 0), (4.2, 0), (0, 4.2))], [1], ["1111", "111.", "11.."]),
        ([ring((0, 0), (4, 3), (4, 0), (0, 3))], [1], ["1..1", "1111", "1..1"]),
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
        "order",
        "triangle",
        "bowtie",
    ],
)
def test_fill(rings, owners, expected):
    filled, _ = fill(rings, owners, (3, 4))
    assert ["".join(str(pixel) if pixel else "." for pixel in row) for row in filled] == expected


def test_pixels_inside_are_counted_before_they_are_covered():
    _, drawn = fill([rectangle(0, 0, 3, 3), rectangle(0, 0, 2, 2)], [1, 2], (3, 4))
    assert drawn.tolist() == [0, 9, 4]


def test_a_disk_is_what_distance_says():
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    disk = np.stack([30 + 20.3 * np.cos(angle), 25 + 20.3 * np.sin(angle)], axis=1)
    filled, _ = fill([np.concatenate([disk, disk[:1]])], [1], (50, 60))
    y, x = np.mgrid[:50, :60] + 0.5
    distance = np.hypot(x - 30, y - 25)
    assert (filled[distance < 20.28] == 1).all()
    assert (filled[distance > 20.3] == 0).all()
