import os
import platform
import shutil
import sys
from pathlib import Path

import pytest

from fiji_bridge.errors import FijiNotFound
from fiji_bridge.installed_java import Java, java_version
from fiji_bridge.java import find_java
from fiji_bridge.java_needed import Need
from tests.support.java import put_java


@pytest.fixture
def only_here(tmp_path, monkeypatch):
    """A machine on which Java can only be in ``tmp_path``."""
    monkeypatch.setattr("fiji_bridge.installed_java._INSTALLED", (f"{tmp_path}/usual/*",))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "prefix"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for variable in ("JAVA_HOME", "CONDA_PREFIX", "CJDK_CACHE_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("1.8.0_322", 8), ("21", 21), ("11.0.9.1-internal", 11), ("", 0)]
)
def test_major_version(version, major):
    assert Java(Path(), version).major == major


OWN, NAMED = "Fiji/java/linux64/zulu", "named"
OLD, NEW = "usual/jdk-17", "usual/jdk-21"


@pytest.mark.parametrize(
    ("javas", "needs", "taken"),
    [
        ({OWN: "17.0.1", NAMED: "21.0.2", NEW: "25"}, 11, OWN),
        ({OWN: "21.0.7", NAMED: "17.0.1", OLD: "17.0.1"}, 21, OWN),
        ({OWN: "1.8.0_322", NAMED: "17.0.1", NEW: "21.0.2"}, 11, NAMED),
        ({OWN: "17.0.1", NAMED: "21.0.2"}, 21, NAMED),
        ({NAMED: "17.0.1", NEW: "21.0.2"}, 11, NAMED),
        ({NAMED: "17.0.1", OLD: "17.0.1", NEW: "21.0.2"}, 21, NEW),
        ({OLD: "17.0.15", NEW: "21.0.2"}, 11, NEW),
        ({OLD: "21.0.2", NEW: "17.0.15"}, 11, OLD),
        ({OLD: "21.0.2", NEW: "21.0.10"}, 21, NEW),
        ({OLD: "21.0.2", NEW: "99"}, 21, OLD),
        ({NEW: "99"}, 21, NEW),
        ({OLD: "17.0.1", NEW: "25"}, 11, OLD),
        ({OLD: "17.0.1", NEW: "25"}, 21, NEW),
        ({NAMED: "25", OLD: "21.0.2"}, 11, NAMED),
    ],
)
def test_fijis_own_java_then_java_home_then_the_newest_each_if_it_suffices(
    only_here, monkeypatch, javas, needs, taken
):
    for place, version in javas.items():
        put_java(only_here / place, version)
    if NAMED in javas:
        monkeypatch.setenv("JAVA_HOME", str(only_here / NAMED))
    found = find_java(only_here / "Fiji", Need(needs, Path("New_Plugin.jar"), needs))
    assert found == Java(only_here / taken, javas[taken])
    assert bool(found.passed_over) == (NAMED in javas and taken == NEW)


def test_the_java_on_the_path_is_one_of_those_that_are_installed(only_here):
    put_java(only_here / OLD, "11.0.2")
    on_path = put_java(only_here / "elsewhere/java-17", "17.0.1")
    (only_here / "bin").mkdir()
    (only_here / "bin/java").symlink_to(on_path / "bin/java")
    assert find_java().home == on_path


def test_a_plugin_that_needs_a_newer_java_is_named_and_the_others_run(only_here):
    put_java(only_here / OLD, "17.0.1")
    found = find_java(None, Need(21, Path("plugins/New_Plugin.jar"), 17))
    assert found.home == only_here / OLD
    assert found.passed_over == "this Fiji needs Java 21, for New_Plugin.jar, and there is none"


def test_without_the_java_that_the_plugin_needs_there_is_no_fiji(only_here):
    put_java(only_here / OLD, "17.0.1")
    with pytest.raises(
        FijiNotFound, match="no Java 21 or later is installed, which this Fiji needs"
    ) as caught:
        find_java(None, Need(21, Path("jars/imagej-legacy-3.0.0.jar"), 21))
    assert f"Java 17.0.1 in {only_here / OLD}" in str(caught.value)


@pytest.mark.parametrize("arch", ["sparc", platform.machine(), ""])
def test_a_java_in_fiji_for_another_processor_is_not_taken(only_here, arch):
    """One folder of Fiji may serve several machines."""
    put_java(only_here / OWN, "21.0.7", f'OS_ARCH="{arch}"\n' if arch else "")
    put_java(only_here / OLD, "17.0.1")
    taken = OLD if arch == "sparc" else OWN
    assert find_java(only_here / "Fiji").home == only_here / taken


def test_a_java_in_fiji_for_another_system_is_not_taken(only_here):
    windows = only_here / "Fiji/java/win64/zulu21"
    (windows / "bin/server").mkdir(parents=True)
    (windows / "bin/server/jvm.dll").touch()
    (windows / "release").write_text('JAVA_VERSION="21.0.7"\n')
    put_java(only_here / OLD, "17.0.1")
    assert find_java(only_here / "Fiji").home == (windows if sys.platform == "win32" else only_here / OLD)


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
