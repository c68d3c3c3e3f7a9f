import pickle
import socket
from pathlib import Path

import pytest

from fiji_bridge.errors import FijiError, FijiNotFound
from fiji_bridge.find import available, find_fiji

JARS = (
    "jars/ij-1.54p.jar",
    "jars/imagej-legacy-2.0.2.jar",
    "jars/scripting-jython-1.0.1.jar",
    "jars/jython-slim-2.7.4.jar",
    "jars/imglib2-imglyb-2.0.1.jar",
    "plugins/Correct_3D_Drift-1.0.7.jar",
)


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """No Fiji named or cached, some Java, and no network: opening a connection fails the test."""
    monkeypatch.delenv("FIJI_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    java = tmp_path / "java"
    (java / "lib/server").mkdir(parents=True)
    (java / "lib/server/libjvm.so").touch()
    (java / "release").write_text('JAVA_VERSION="17.0.1"\n')
    monkeypatch.setenv("JAVA_HOME", str(java))

    def refuse(*_):
        raise AssertionError("a network call")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("subprocess.Popen.__init__", refuse)


def fiji(folder: Path, *, without: str = "nothing", more: tuple[str, ...] = ()) -> Path:
    (folder / "plugins").mkdir(parents=True)
    (folder / "jars").mkdir()
    for name in (*JARS, *more):
        if without not in name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
    return folder


def test_why_the_java_in_java_home_is_not_used_is_known(tmp_path, monkeypatch):
    home = fiji(tmp_path / "Fiji.app")
    assert find_fiji(home).passed_over == ""
    monkeypatch.setattr("fiji_bridge.installed_java._installed", lambda: iter([tmp_path / "java"]))
    monkeypatch.setenv("JAVA_HOME", "/nonexistent")
    found = find_fiji(home)
    assert found.java_home == tmp_path / "java"
    assert found.passed_over == "JAVA_HOME names /nonexistent, which is not a folder"


def test_a_local_fiji_is_described_without_network_or_process(tmp_path):
    found = find_fiji(fiji(tmp_path / "Fiji.app"))
    assert found.home == tmp_path / "Fiji.app"
    assert (found.imagej, found.plugin, found.imglyb) == ("1.54p", "1.0.7", True)
    assert (found.java_home, found.java_version) == (tmp_path / "java", "17.0.1")
    assert {jar.name for jar in found.jars} == {Path(name).name for name in JARS}
    assert str(found) == f"{tmp_path / 'Fiji.app'} (ImageJ 1.54p, Correct 3D drift 1.0.7, Java 17.0.1)"


@pytest.mark.parametrize("given", ["", "Fiji.app", "Fiji.app/fiji-linux-x64", "Fiji.app/Contents/MacOS/fiji"])
def test_the_folder_may_be_given_loosely(tmp_path, given):
    home = fiji(tmp_path / "unpacked/Fiji.app", more=("fiji-linux-x64", "Contents/MacOS/fiji"))
    assert find_fiji(tmp_path / "unpacked" / given).home == home


def test_the_path_comes_before_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("FIJI_HOME", str(fiji(tmp_path / "b")))
    assert find_fiji().home == tmp_path / "b"
    assert find_fiji(fiji(tmp_path / "a")).home == tmp_path / "a"


@pytest.mark.parametrize(
    ("without", "missing", "said"),
    [
        ("imagej-legacy", "fiji", "imagej-legacy"),
        ("scripting-jython", "fiji", "scripting-jython"),
        ("jython-slim", "fiji", "Jython itself .a jar jython-slim."),
        ("Correct_3D", "plugin", "no Correct 3D drift"),
        ("ij-1.54p", "fiji", "not a Fiji folder"),
    ],
)
def test_a_fiji_that_lacks_something(tmp_path, without, missing, said):
    with pytest.raises(FijiNotFound, match=said) as caught:
        find_fiji(fiji(tmp_path / "Fiji", without=without))
    assert caught.value.missing == missing
    assert caught.value.cure


@pytest.mark.parametrize("jar", ["jython-shaded-2.7.1", "jython-standalone-2.7.3"])
def test_any_jar_of_jython_will_do(tmp_path, jar):
    home = fiji(tmp_path / "Fiji", without="jython-slim", more=(f"jars/{jar}.jar",))
    assert find_fiji(home).plugin == "1.0.7"


def test_a_fiji_without_imglyb_is_good_enough(tmp_path):
    assert find_fiji(fiji(tmp_path / "Fiji", without="imglyb")).imglyb is False


def test_the_plugin_may_be_a_bare_script(tmp_path):
    script = "scripts/Plugins/Registration/Correct_3D_Drift.py"
    assert find_fiji(fiji(tmp_path / "Fiji", without="Correct_3D_Drift-", more=(script,))).plugin == "script"


def test_after_an_update_that_left_the_old_jar_the_newer_one_counts(tmp_path):
    assert find_fiji(fiji(tmp_path / "Fiji", more=("plugins/Correct_3D_Drift-1.0.8.jar",))).plugin == "1.0.8"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "no such folder"),
        (lambda folder: folder.mkdir(), "empty folder"),
        (lambda folder: folder.touch(), "a file"),
        (lambda folder: (folder.mkdir(), (folder / "ij.jar").touch()), "plain ImageJ"),
    ],
)
def test_what_is_not_a_fiji_folder(tmp_path, make, said):
    make(tmp_path / "given")
    with pytest.raises(FijiNotFound, match="fiji=") as caught:
        find_fiji(tmp_path / "given")
    assert said in str(caught.value)


def test_a_wrong_variable_is_named(monkeypatch):
    monkeypatch.setenv("FIJI_HOME", "/nowhere/Fiji")
    with pytest.raises(FijiNotFound, match="FIJI_HOME is /nowhere/Fiji"):
        find_fiji()


def test_no_java_is_told_apart_from_no_fiji(tmp_path, monkeypatch):
    monkeypatch.setattr("fiji_bridge.installed_java._installed", lambda: iter(()))
    monkeypatch.delenv("JAVA_HOME")
    with pytest.raises(FijiNotFound, match="no Java") as caught:
        find_fiji(fiji(tmp_path / "Fiji"), download=False)
    assert caught.value.missing == "java"


def test_auto_does_not_download(tmp_path):
    source, reason = available()
    assert source is None
    assert reason == "no Fiji: neither fiji= nor FIJI_HOME is given"
    source, reason = available(fiji(tmp_path / "Fiji"))
    assert source is not None
    assert "Correct 3D drift 1.0.7" in reason


def test_a_download_that_is_in_the_cache_is_available(tmp_path, monkeypatch):
    from fiji_bridge import endpoint

    jars = [tmp_path / Path(name).name for name in JARS]
    for jar in jars:
        jar.touch()
    endpoint.remember(endpoint.COORDINATES, jars)
    source, _ = available()
    assert source is not None
    assert (source.endpoint, source.jars, source.plugin) == (endpoint.FIJI, tuple(jars), "1.0.7")
    jars[0].unlink()
    assert available()[0] is None


@pytest.mark.parametrize(
    "error",
    [
        FijiNotFound("no Java", "install one", missing="java", found="Java 8"),
        FijiError("it failed", "line one\nline two", "do this"),
    ],
)
def test_errors_travel_between_processes(error):
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)


def test_an_error_shows_the_message_and_not_the_stack():
    trace = "Caused by: java.lang.NullPointerException: x is null\n\tat a.b.C.d(C.java:7)\n\t... 41 more\n"
    error = FijiError("it failed", "first words\n" + trace * 3)
    assert "x is null" in str(error)
    assert "C.java" not in str(error)
    assert "C.java" in error.text
