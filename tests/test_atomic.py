import os

import pytest

from cpretrain.atomic import folder_aside, remove_leftovers, write_aside, write_text


def test_a_file_appears_whole(tmp_path):
    write_text(tmp_path / "new folder" / "ä [1].txt", "héllo\n")
    assert (tmp_path / "new folder" / "ä [1].txt").read_text(encoding="utf-8") == "héllo\n"


def test_a_failed_write_leaves_what_was_there_and_nothing_else(tmp_path):
    target = tmp_path / "result.tif"
    target.write_text("old")
    with pytest.raises(RuntimeError), write_aside(target) as aside:
        assert aside.suffix == ".tif"
        aside.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["result.tif"]
    assert target.read_text() == "old"


def test_a_folder_replaces_the_old_one_only_when_it_is_complete(tmp_path):
    target = tmp_path / "model"
    for content in ("first", "second"):
        with folder_aside(target) as aside:
            (aside / "weights").write_text(content)
    with pytest.raises(RuntimeError), folder_aside(target) as aside:
        (aside / "weights").write_text("half")
        raise RuntimeError
    assert (target / "weights").read_text() == "second"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        ([".a b.DEAD.part.tif"], []),
        ([".a.DEAD.part/weights"], []),
        ([".a.LIVE.part.tif"], [".a.LIVE.part.tif"]),
        ([".model.DEAD.old/weights"], ["model"]),  # it was killed between taking away and putting in place
        ([".model.DEAD.old/weights", "model/weights"], ["model"]),
        ([".a.unfinished/run.json", ".hidden", "a.part.tif"], [".a.unfinished", ".hidden", "a.part.tif"]),
    ],
)
def test_leftovers_of_killed_processes(tmp_path, left, expected):
    def named(name):
        return name.replace("DEAD", str(2**22 + 1)).replace("LIVE", str(os.getpid()))  # no process has more

    for name in left:
        path = tmp_path / named(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [named(name) for name in expected]
