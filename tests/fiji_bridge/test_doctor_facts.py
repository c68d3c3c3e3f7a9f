import pytest

from fiji_bridge.facts import Fact, doctor
from tests.support.java import put_java, write_jar

KEYS = ["java", "fiji", "imagej", "plugin", "imglyb"]


@pytest.fixture(autouse=True)
def _nothing_named(tmp_path, monkeypatch):
    monkeypatch.delenv("FIJI_HOME", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def fiji(folder, *names):
    for part in ("jars", "plugins"):
        (folder / part).mkdir(parents=True)
    jars = ("imagej-legacy-2.0.2", "scripting-jython-1.0.1", "jython-slim-2.7.4")
    for name in (*(f"jars/{jar}.jar" for jar in jars), *names):
        (folder / name).touch()
    return folder


def test_a_fiji_without_jython_is_told_which_jar_it_lacks(tmp_path):
    home = fiji(tmp_path / "Fiji", "jars/ij-1.54p.jar", "plugins/Correct_3D_Drift-1.0.7.jar")
    (home / "jars/jython-slim-2.7.4.jar").unlink()
    fact = doctor(home)["fiji"]
    assert not fact.found
    assert "jython-slim" in fact.what
    assert "Help > Update" in fact.cure


@pytest.mark.parametrize(
    ("named", "said"),
    [("nonexistent", "which is not a folder"), ("empty", "which holds no Java"), ("old", "names Java 1.8.0")],
)
def test_a_java_home_that_cannot_be_used_is_told_beside_the_java_that_is(tmp_path, monkeypatch, named, said):
    (tmp_path / "empty").mkdir()
    for name, version in (("old", "1.8.0"), ("good", "17.0.1")):
        (tmp_path / name / "lib/server").mkdir(parents=True)
        (tmp_path / name / "lib/server/libjvm.so").touch()
        (tmp_path / name / "release").write_text(f'JAVA_VERSION="{version}"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / named))
    monkeypatch.setattr("fiji_bridge.installed_java._installed", lambda: iter([tmp_path / "good"]))
    fact = doctor()["java"]
    assert fact.found
    assert fact.what.startswith("17.0.1 in ")
    assert said in fact.what
    assert "set JAVA_HOME" in fact.cure


def test_no_fiji_is_said_with_a_cure_and_java_is_looked_for_all_the_same(monkeypatch):
    monkeypatch.setattr("fiji_bridge.installed_java._installed", lambda: iter(()))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    facts = doctor()
    assert list(facts) == KEYS
    assert not any(fact.found for fact in facts.values())
    assert "no Fiji" in facts["fiji"].what
    assert "fiji.sc" in facts["fiji"].cure
    assert "no Java" in facts["java"].what
    assert "install Java" in facts["java"].cure


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("21.0.7", "21.0.7 in {own} (Fiji's own; this Fiji needs Java 21, for New_Plugin-1.0.jar)"),
        ("17.0.1", "25 in {named} (JAVA_HOME; this Fiji needs Java 21, for New_Plugin-1.0.jar)"),
    ],
)
def test_which_java_this_fiji_needs_and_which_was_taken(tmp_path, monkeypatch, own, said):
    home = fiji(tmp_path / "Fiji", "jars/ij-1.54p.jar", "plugins/Correct_3D_Drift-1.0.7.jar")
    write_jar(home / "plugins/New_Plugin-1.0.jar", {"New.class": 65})
    places = {"own": home / "java/linux64/zulu", "named": tmp_path / "named"}
    for place, version in zip(places.values(), (own, "25"), strict=True):
        put_java(place, version)
    monkeypatch.setenv("JAVA_HOME", str(places["named"]))
    assert doctor(home)["java"] == Fact(True, said.format(**places))


def test_a_whole_fiji(tmp_path):
    home = fiji(
        tmp_path / "Fiji",
        "jars/ij-1.54p.jar",
        "jars/imglib2-imglyb-2.0.1.jar",
        "plugins/Correct_3D_Drift-1.0.7.jar",
    )
    facts = doctor(home)
    assert list(facts) == KEYS
    assert facts["fiji"] == Fact(True, str(home))
    assert facts["imagej"] == Fact(True, "1.54p")
    assert facts["plugin"] == Fact(True, "Correct 3D drift 1.0.7")
    assert facts["imglyb"] == Fact(True, "2.0.1")


def test_a_fiji_without_the_plugin_is_a_fiji(tmp_path):
    facts = doctor(fiji(tmp_path / "Fiji", "jars/ij-1.54p.jar"))
    assert facts["fiji"].found
    assert facts["imagej"] == Fact(True, "1.54p")
    assert not facts["plugin"].found
    assert "Help > Update" in facts["plugin"].cure


def test_without_imglyb_it_says_who_would_miss_it(tmp_path):
    facts = doctor(fiji(tmp_path / "Fiji", "jars/ij-1.54p.jar", "plugins/Correct_3D_Drift-1.0.7.jar"))
    assert not facts["imglyb"].found
    assert "cpretrain does not need it" in facts["imglyb"].what
