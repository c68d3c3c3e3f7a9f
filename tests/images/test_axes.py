"""Axes by name, in any order and with the names of other programs."""

import numpy as np
import pytest
import xarray as xr

from cpretrain.errors import BadInput
from cpretrain.images.axes import in_order
from tests.support.axes import as_tzcyx, pixels_of


@pytest.mark.parametrize(
    ("named", "plain"),
    [
        (("t", "pln", "row", "col", "ch"), "tzyxc"),
        (("frame", "Z", "channel", "Y", "X"), "tzcyx"),
        (("ch", "row", "col"), "cyx"),
    ],
)
def test_other_names_of_axes(named, plain):
    image = in_order(xr.DataArray(pixels_of(plain.upper()), dims=named))
    assert image.dims == ("t", "z", "c", "y", "x")
    np.testing.assert_array_equal(image.data, as_tzcyx(pixels_of(plain.upper()), plain.upper()))


@pytest.mark.parametrize("dims", [None, ("dim_0", "y", "x"), ("t", "frame", "y", "x"), ("t", "y")])
def test_axes_without_a_known_name_are_refused(dims):
    image = xr.DataArray(np.zeros((2,) * (len(dims) if dims else 3), np.uint8), dims=dims)
    with pytest.raises(BadInput, match="axes"):
        in_order(image)
