"""A tile is as large as the crops need, and no larger than Cellpose's own."""

from types import SimpleNamespace

import numpy as np
import pytest

from cpretrain.errors import BadInput
from cpretrain.models.weights import cellpose_major
from cpretrain.training.examples import Examples
from cpretrain.training.tile import tile_for

pytestmark = pytest.mark.cellpose
OWN = {3: 224, 4: 256}[cellpose_major()]


def crops_of(edge: int, diameter: float) -> Examples:
    return Examples([np.zeros((2, edge, edge - 8), np.float32)] * 3, [], np.full(3, diameter), diameter)


def network(diameter: float = 30.0):
    return SimpleNamespace(diam_mean=np.array([diameter]), backbone="sam_vitl")


@pytest.mark.parametrize(
    ("edge", "diameter", "network_diameter", "expected"),
    [
        (104, 30, 30, 112),
        (104, 23.2, 30, 144),
        (104, 12, 30, 224),
        (104, 30, 17, 64),
        (512, 30, 30, 224),
        (20, 30, 30, 64),
    ],
)
def test_fit(edge, diameter, network_diameter, expected):
    found = tile_for("fit", crops_of(edge, diameter), network(network_diameter))
    assert found == (expected if cellpose_major() == 3 else OWN)


def test_as_asked_for():
    assert tile_for("cellpose", crops_of(104, 30), network()) == OWN
    assert tile_for(OWN, crops_of(104, 30), network()) == OWN


@pytest.mark.parametrize("tile", [100, 7])
def test_what_the_network_cannot_take(tile):
    with pytest.raises(BadInput, match=f"tile={tile}: the network cannot be trained"):
        tile_for(tile, crops_of(104, 30), network())
