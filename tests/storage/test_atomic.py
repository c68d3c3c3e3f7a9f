import os
import re
import socket
import time
from hashlib import sha256

import pytest

from cpretrain.storage.atomic import folder_aside, remove_leftovers, write_aside, write_text


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
        ([".a.ELSEWHERE.part.tif"], [".a.ELSEWHERE.part.tif"]),
        ([".a.DEAD.part/weights"], []),
        ([".a.LIVE.part.tif"], [".a.LIVE.part.tif"]),
        ([".model.DEAD.old/weights"], ["model"]),  # it was killed between taking away and putting in place
        ([".model.DEAD.old/weights", "model/weights"], ["model"]),
        ([".a.unfinished/run.json", ".hidden", "a.part.tif"], [".a.unfinished", ".hidden", "a.part.tif"]),
    ],
)
def test_leftovers_of_killed_processes(tmp_path, left, expected):
    here = sha256(socket.gethostname().encode()).hexdigest()[:8]
    none = 2**22 + 1  # no process has that number
    meant = {"DEAD": f"{here}-{none}", "LIVE": f"{here}-{os.getpid()}", "ELSEWHERE": f"00000000-{none}"}

    def named(name):
        return re.sub("[A-Z]+", lambda found: meant[found[0]], name)

    for name in left:
        path = tmp_path / named(name)
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [named(name) for name in expected]


@pytest.mark.parametrize(("hours", "stays"), [(23, True), (25, False)])
def test_what_another_machine_left_goes_after_a_day(tmp_path, hours, stays):
    path = tmp_path / ".a.00000000-1.part.tif"
    path.write_text("x")
    then = time.time() - 3600 * hours
    os.utime(path, (then, then))
    remove_leftovers(tmp_path)
    assert path.exists() == stays
