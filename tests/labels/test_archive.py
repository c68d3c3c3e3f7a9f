import gzip
import zipfile

import pytest

from cpretrain.errors import BadInput
from cpretrain.labels import archive


def test_entries_by_name_without_folders(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name in ("folder/", "folder/a.roi", "/etc/b.roi", "../c.roi", "__MACOSX/x.roi", ".hidden/d.roi"):
            file.writestr(name, name)
    assert archive.entries(path) == [
        ("a.roi", b"folder/a.roi"),
        ("b.roi", b"/etc/b.roi"),
        ("c.roi", b"../c.roi"),
    ]


def test_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 1000)
    monkeypatch.setattr(archive, "MOST_ENTRIES", 3)
    bomb, many = tmp_path / "bomb.zip", tmp_path / "many.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", bytes(600))
        file.writestr("b", bytes(600))
    with zipfile.ZipFile(many, "w") as file:
        for name in "abcd":
            file.writestr(name, b"")
    for path, found in ((bomb, "unpacked"), (many, "4 files")):
        with pytest.raises(BadInput, match="too large") as error:
            archive.entries(path)
        assert found in str(error.value.found)
    with pytest.raises(BadInput, match="too large"):
        archive.gunzip(bomb, gzip.compress(bytes(1001)))
    assert archive.gunzip(bomb, gzip.compress(bytes(1000))) == bytes(1000)


@pytest.mark.parametrize("cut", [0, 1, 20, 60, 90])
def test_damaged(tmp_path, cut):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("a", b"abc" * 9)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadInput, match="damaged"):
        archive.entries(path)
    with pytest.raises(BadInput, match="damaged"):
        archive.gunzip(path, gzip.compress(bytes(99))[: min(cut, 20)] or b"\0")
