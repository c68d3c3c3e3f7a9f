"""A store of thousands of chunks is one output of a record, without what others write into it."""

import pytest

from cpretrain.storage.outputs import damaged_outputs, describe_outputs, holdings


@pytest.fixture
def store(tmp_path):
    files = {"zarr.json": b"{}", "0/zarr.json": b"{}", "0/c/0": b"abc", "0/c/1": b"def"}
    for name, content in files.items():
        path = tmp_path / "a.ome.zarr" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "a.ome.zarr"


def test_one_entry(tmp_path, store):
    (tmp_path / "a.csv").write_text("1")
    described = describe_outputs([store, tmp_path / "a.csv"], tmp_path)
    assert {name: facts.get("files") for name, facts in described.items()} == {"a.ome.zarr": 4, "a.csv": None}
    assert described["a.ome.zarr"]["size"] == 10
    assert damaged_outputs(described, tmp_path) == {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda store: (store / "0" / "c" / "0").unlink(), "was changed"),
        (lambda store: (store / "0" / "c" / "0").write_bytes(b"abd"), "was changed"),
        (lambda store: (store / "0" / "c" / "2").write_bytes(b""), "was changed"),
        (lambda store: store.rename(store.with_name("b")), "is gone"),
        (lambda store: (store / "labels" / "cells").mkdir(parents=True), None),
    ],
)
@pytest.mark.parametrize("large", [2**28, 1])
def test_damage(tmp_path, store, monkeypatch, change, found, large):
    monkeypatch.setattr("cpretrain.storage.outputs.LARGE", large)
    described = describe_outputs([store], tmp_path)
    change(store)
    assert damaged_outputs(described, tmp_path) == ({"a.ome.zarr": found} if found else {})


def test_what_others_put_into_it(store):
    assert holdings(store) == []
    for name in ("cells", "nuclei"):
        (store / "labels" / name).mkdir(parents=True)
    (store / "labels" / "zarr.json").write_text("{}")
    assert [path.name for path in holdings(store)] == ["cells", "nuclei"]
