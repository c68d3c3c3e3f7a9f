import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.labels.resize import enlarge
from cpretrain.masks.size import fit_to_image


def square(edge: int) -> np.ndarray:
    labels = np.zeros((edge, edge), np.uint8)
    labels[edge // 2 - 2 : edge // 2 + 2, edge // 2 - 2 : edge // 2 + 2] = 1
    return labels


def test_mask_without_the_border_is_framed():
    fitted = fit_to_image("a", square(100), (104, 104))
    assert fitted.ids.tolist() == square(104).tolist()
    assert fitted.note == "framed with the 2-pixel border"


def test_mask_with_the_border_is_cut():
    labels = square(104)
    labels[0, :2] = 7
    fitted = fit_to_image("a", labels, (100, 100))
    assert fitted.ids.tolist() == square(100).tolist()
    assert fitted.note == "cut by the 2-pixel border, which held 1 objects completely"


@pytest.mark.parametrize(
    ("found", "image", "border", "upsample", "cure"),
    [
        ((511, 512), (512, 512), 2, True, "off by a pixel"),
        ((100, 100), (104, 104), 0, False, "another image or region"),
        ((100, 100), (104, 104), 3, False, "another image or region"),
        ((100, 104), (104, 104), 2, False, "another image or region"),
        ((384, 384), (512, 512), 2, True, "crop the image in the same way"),
        ((50, 50), (100, 100), 2, False, "this looks like 2"),
        ((60, 40), (40, 60), 2, False, "swapped"),
        ((0, 0), (40, 60), 2, True, "another image or region"),
    ],
)
def test_refused_with_both_sizes(found, image, border, upsample, cure):
    with pytest.raises(BadInput) as error:
        fit_to_image("a.tif", np.zeros(found, int), image, border, upsample)
    assert error.value.found.startswith(f"{found[0]} × {found[1]}")
    assert error.value.expected == f"{image[0]} × {image[1]}"
    assert cure in error.value.cure


@pytest.mark.parametrize(
    ("small", "large"), [((50, 50), (100, 100)), ((51, 34), (101, 67)), ((25, 30), (100, 120))]
)
def test_enlarged_when_asked(small, large):
    ids = np.arange(1, small[0] * small[1] + 1).reshape(small)
    fitted = fit_to_image("a", ids, large, upsample=True)
    assert fitted.ids.shape == large
    assert "nearest neighbour" in fitted.note
    assert set(np.unique(fitted.ids)) == set(np.unique(ids))


def test_enlarge_puts_centres_on_centres():
    assert enlarge(np.array([[1, 2]]), (1, 5)).tolist() == [[1, 1, 2, 2, 2]]
