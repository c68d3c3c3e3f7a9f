"""The Java that a real Fiji is started with, where an older and a newer one than Java 21 are installed."""

import pytest
import recorded

from fiji_bridge import FijiSession, find_fiji
from fiji_bridge.installed_java import Java, javas
from tests.support.java import write_jar

pytestmark = [pytest.mark.fiji, pytest.mark.slow]
NEW = 21


@pytest.fixture(scope="module")
def old_and_new() -> dict[str, Java]:
    """A Java older than 21 and one that is not."""
    found = sorted((java for java in javas(None) if java.major >= 17), key=lambda java: java.numbers)
    chosen = {("new" if java.major >= NEW else "old"): java for java in reversed(found)}
    if len(chosen) < 2:
        pytest.skip(
            "needs two Javas, one before and one from 21 (in JAVA_HOME, on the PATH or in the usual places)"
        )
    return chosen


@pytest.mark.parametrize(
    ("own", "named", "classes", "taken"),
    [
        ("old", "new", 52, "old"),
        ("new", "old", 52, "new"),
        ("old", "new", 65, "new"),
        ("new", "old", 65, "new"),
        (None, "old", 52, "old"),
        (None, "new", 52, "new"),
        (None, "old", 65, "new"),
    ],
)
def test_the_plugin_gives_the_same_with_the_java_that_is_taken(
    fiji, old_and_new, tmp_path, monkeypatch, own, named, classes, taken
):
    for folder in ("jars", "plugins"):
        (tmp_path / folder).mkdir()
        for file in (fiji.home / folder).iterdir():
            (tmp_path / folder / file.name).symlink_to(file)
    write_jar(tmp_path / "plugins" / "New_Plugin-1.0.jar", {"New.class": classes})
    if own:
        (tmp_path / "java" / "system").mkdir(parents=True)
        (tmp_path / "java" / "system" / "jdk").symlink_to(old_and_new[own].home)
    monkeypatch.setenv("JAVA_HOME", str(old_and_new[named].home))
    entry = next(entry for entry in recorded.entries() if entry["case"] == "pc12" and not entry["roi"])
    with FijiSession(find_fiji(tmp_path), time_limit=300) as session:
        assert (Java(tmp_path, session.ping()["java"]).major >= NEW) == (taken == "new")
        done = session.correct_drift(recorded.movie(entry), recorded.settings(entry))
    assert recorded.sha256(done.pixels) == entry["output_sha256"]
