import pytest

from cpretrain.atomic import folder_aside, write_aside, write_text


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
