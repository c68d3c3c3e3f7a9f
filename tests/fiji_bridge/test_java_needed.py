import pytest

from fiji_bridge.find import find_jars
from fiji_bridge.java_needed import NOTHING_NEWER, Need
from tests.support.java import write_class, write_jar

CORE = {
    "jars/ij-1.54p.jar": 52,
    "jars/imagej-legacy-2.0.3.jar": 55,
    "jars/scripting-jython-1.0.1.jar": 52,
    "jars/jython-slim-2.7.4.jar": 52,
    "plugins/Correct_3D_Drift-1.0.7.jar": 52,
}


@pytest.fixture
def fiji(tmp_path):
    """A Fiji of classes for Java 8 and 11."""
    for folder in ("jars", "plugins"):
        (tmp_path / folder).mkdir()
    for name, version in CORE.items():
        write_jar(tmp_path / name, {"A.class": version, "org/B.class": version})
    return tmp_path


def needed(fiji):
    return find_jars(fiji, download=False).java_needed()


def test_a_fiji_of_old_classes_needs_what_the_bridge_needs(fiji):
    assert needed(fiji) == NOTHING_NEWER
    assert (NOTHING_NEWER.everything, NOTHING_NEWER.plugin) == (11, 11)


def test_a_class_of_version_65_in_a_plugin_needs_java_21(fiji):
    jar = write_jar(fiji / "plugins/New_Plugin-1.0.jar", {"old/A.class": 52, "B.class": 65})
    assert needed(fiji) == Need(21, jar, 11)


def test_a_class_of_version_65_in_a_jar_that_the_plugin_runs_on(fiji):
    (fiji / "jars/imagej-legacy-2.0.3.jar").unlink()
    jar = write_jar(fiji / "jars/imagej-legacy-3.0.0.jar", {"A.class": 65})
    assert needed(fiji) == Need(21, jar, 21)


def test_an_unpacked_class_counts(fiji):
    (fiji / "plugins/Own").mkdir()
    (fiji / "plugins/Own/Own_.class").write_bytes(write_class(61))
    assert needed(fiji) == Need(17, fiji / "plugins/Own/Own_.class", 11)


@pytest.mark.parametrize(
    "classes",
    [
        {"META-INF/versions/21/A.class": 65, "A.class": 52},
        {"module-info.class": 65, "A.class": 52},
        {"A.txt": 65},
        {},
    ],
)
def test_what_only_newer_javas_read_does_not_count(fiji, classes):
    write_jar(fiji / "jars/other-1.0.jar", classes)
    assert needed(fiji) == NOTHING_NEWER


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"not a jar" * 20])
def test_a_damaged_jar_is_left_to_java(fiji, content):
    (fiji / "jars/damaged-1.0.jar").write_bytes(content)
    (fiji / "plugins/Damaged_.class").write_bytes(content)
    assert needed(fiji) == NOTHING_NEWER
