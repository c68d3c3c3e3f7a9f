"""The scripts for QuPath parse as Groovy; what they call is QuPath's, which cannot be had here."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MACROS = sorted((Path(__file__).parents[2] / "macros" / "qupath").glob("*.groovy"))
CHECK = """
import org.codehaus.groovy.control.*
args.each { def unit = new CompilationUnit(); unit.addSource(new File(it)); unit.compile(Phases.CONVERSION) }
"""


def groovy() -> str | None:
    """Groovy from GROOVY_JAR (org.apache.groovy:groovy on Maven Central), or that of a Fiji."""
    given = [Path(os.environ["GROOVY_JAR"])] if "GROOVY_JAR" in os.environ else []
    if "FIJI_HOME" in os.environ:
        given += sorted(Path(os.environ["FIJI_HOME"], "jars").glob("groovy-[0-9]*.jar"))
    return str(given[0]) if given else None


@pytest.mark.skipif(not (groovy() and shutil.which("java")), reason="needs Java, and GROOVY_JAR or FIJI_HOME")
@pytest.mark.parametrize("macro", MACROS, ids=lambda path: path.name)
def test_macro_is_groovy(macro, tmp_path):
    (tmp_path / "check.groovy").write_text(CHECK)
    command = ["java", "-cp", str(groovy()), "groovy.ui.GroovyMain", str(tmp_path / "check.groovy")]
    ran = subprocess.run([*command, str(macro)], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    (tmp_path / "broken.groovy").write_text("def a = (")
    broken = subprocess.run([*command, str(tmp_path / "broken.groovy")], capture_output=True, timeout=120)
    assert broken.returncode != 0


def test_there_are_macros():
    assert [path.name for path in MACROS] == ["export_ground_truth.groovy", "import_predictions.groovy"]
