import os
import shutil
import stat
from pathlib import Path

import pytest

from fiji_bridge.errors import FijiNotFound
from fiji_bridge.java import Java, find_java, java_version


@pytest.fixture
def only_here(tmp_path, monkeypatch):
    """A machine on which Java can only be in ``tmp_path``."""
    monkeypatch.setattr("fiji_bridge.java._INSTALLED", (f"{tmp_path}/usual/*",))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for variable in ("JAVA_HOME", "CONDA_PREFIX", "CJDK_CACHE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def put_java(home: Path, version: str | None) -> Path:
    (home / "lib/server").mkdir(parents=True)
    (home / "lib/server/libjvm.so").touch()
    (home / "bin").mkdir()
    java = home / "bin/java"
    java.write_text("#!/bin/sh\necho 'openjdk version \"13.0.2\" 2020-01-14' >&2\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    if version is not None:
        (home / "release").write_text(f'IMPLEMENTOR="Someone"\nJAVA_VERSION="{version}"\n')
    return home


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("1.8.0_322", 8), ("21", 21), ("11.0.9.1-internal", 11), ("", 0)]
)
def test_major_version(version, major):
    assert Java(Path(), version).major == major


def test_java_home_comes_first(only_here, monkeypatch):
    put_java(only_here / "usual/java-17", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(put_java(only_here / "mine", "21.0.2")))
    assert find_java() == Java(only_here / "mine", "21.0.2")


def test_fijis_own_java_comes_before_the_path(only_here):
    fiji = only_here / "Fiji"
    put_java(fiji / "java/linux64/zulu21", "21.0.7")
    on_path = put_java(only_here / "usual/java-17", "17.0.1")
    (only_here / "bin").mkdir()
    (only_here / "bin/java").symlink_to(on_path / "bin/java")
    assert find_java(fiji).home == fiji / "java/linux64/zulu21"
    assert find_java().home == on_path


@pytest.mark.parametrize("place", ["usual/java-17", "prefix/lib/jvm", "home/.cache/cjdk/v0/jdks/abc/zulu17"])
def test_places_that_are_looked_at(only_here, place):
    put_java(only_here / place, "17.0.1")
    assert find_java() == Java(only_here / place, "17.0.1")


def test_one_that_is_too_old_is_passed_over(only_here, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(put_java(only_here / "old", "1.8.0_322")))
    put_java(only_here / "usual/java-17", "17.0.1")
    assert find_java().version == "17.0.1"


def test_no_java_names_what_is_too_old_and_what_to_do(only_here, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(put_java(only_here / "old", "1.8.0_322")))
    with pytest.raises(FijiNotFound) as caught:
        find_java()
    assert caught.value.missing == "java"
    assert "1.8.0_322" in str(caught.value)
    assert "install Java 11 or later" in str(caught.value)


def test_a_java_home_that_is_no_folder_is_named(only_here, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", "/nowhere/java")
    with pytest.raises(FijiNotFound, match="/nowhere/java"):
        find_java()


def test_a_java_without_a_release_file_is_asked(only_here):
    assert java_version(put_java(only_here / "bare", None)) == "13.0.2"


@pytest.mark.skipif(shutil.which("java") is None, reason="there is no java on the PATH")
def test_the_java_on_the_path_of_this_machine(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    home = Path(os.path.realpath(shutil.which("java"))).parent.parent
    stated = java_version(home)
    assert Java(home, stated).major >= 8
    assert find_java().major >= 11
