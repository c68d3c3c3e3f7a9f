from pathlib import Path

import pytest

from cpretrain.batch import for_each
from cpretrain.errors import BadInput


def odd_only(path: Path) -> int:
    if int(path.name) % 2 == 0:
        raise BadInput(f"{path}: is even")
    return int(path.name)


def test_the_rest_goes_on():
    batch = for_each([Path(str(n)) for n in range(4)], odd_only, "count")
    assert batch.done == [1, 3]
    assert {path: error.problem for path, error in batch.failed.items()} == {
        Path("0"): "0: is even",
        Path("2"): "2: is even",
    }


@pytest.mark.parametrize(
    ("names", "message"),
    [(["2"], "^2: is even$"), (["2", "4"], "none of 2 files could be used; the first: 2")],
)
def test_all_failed(names, message):
    with pytest.raises(BadInput, match=message):
        for_each([Path(name) for name in names], odd_only, "count")
