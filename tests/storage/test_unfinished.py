"""Unfinished work is found beside its result, and resumed only if its origin is the same."""

import json

import pytest

from cpretrain.prediction.resume import KeptFrames
from cpretrain.storage.unfinished import UnfinishedFolder

ORIGIN = {"settings": {"epochs": 4, "size": (1, 2)}, "inputs": {"images/a.tif": "1f" * 32}, "base": None}


@pytest.fixture
def folder(tmp_path):
    begun = UnfinishedFolder(tmp_path / "results" / "a b")
    assert not begun.exists
    begun.begin(ORIGIN)
    return begun


def test_it_lies_beside_the_result_and_what_was_there_is_given_up(folder, tmp_path):
    assert folder.path == tmp_path / "results" / ".a b.unfinished"
    assert folder.exists and folder.differences(ORIGIN) == []
    (folder.path / "state").write_text("old")
    folder.begin(ORIGIN)
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]
    folder.remove()
    assert not folder.exists and not folder.path.exists()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"settings": {"epochs": 5, "size": (1, 2)}}, ["settings epochs: 4 then, 5 now"]),
        ({"settings": {"epochs": 4}}, ["settings size: [1, 2] then, nothing now"]),
        (
            {"inputs": {}, "base": "77"},
            ["base: nothing then, 77 now", "inputs images/a.tif: 1f1f1f1f… then, nothing now"],
        ),
        ({"base": {"name": "x"}}, ["base: nothing then, {'name': 'x'} now"]),
    ],
)
def test_differences_are_named(folder, change, found):
    assert folder.differences(ORIGIN | change) == found


@pytest.mark.parametrize("content", ["", "[]", "1", "{", None])
def test_an_origin_that_cannot_be_read_is_an_error(folder, content):
    (folder.path / "run.json").unlink()
    if content is not None:
        (folder.path / "run.json").write_text(content)
    with pytest.raises((OSError, ValueError)):
        folder.differences(ORIGIN)


@pytest.mark.parametrize(
    ("origin", "kept"), [(ORIGIN, True), (ORIGIN | {"base": "77"}, False), ("", False), (None, False)]
)
def test_frames_go_on_from_the_same_and_start_anew_from_anything_else(folder, origin, kept):
    (folder.path / "000003.npz").write_bytes(b"frame")
    (folder.path / "run.json").unlink()
    if origin is not None:
        (folder.path / "run.json").write_text(origin and json.dumps(origin))
    assert KeptFrames(folder, ORIGIN).has(3) is kept
    assert folder.differences(ORIGIN) == []
