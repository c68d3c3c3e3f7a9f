"""Java's output, turned into errors that users can act on."""

import pytest

from fiji_bridge.errors import death, missing_class

JYTHON = """[ERROR] Traceback (most recent call last):
  File "Plugins/Registration/Correct_3D_drift.py", line 51, in <module>
ImportError: No module named mpicbg
"""


@pytest.mark.parametrize(
    ("printed", "missing"),
    [
        ("java.lang.NoClassDefFoundError: org/python/core/PyObject", "org.python.core.PyObject"),
        (
            "Caused by: java.lang.ClassNotFoundException: net.imglib2.Cursor\n\tat a.b(c)",
            "net.imglib2.Cursor",
        ),
        (JYTHON, "mpicbg"),
        ("java.lang.NullPointerException: Cannot invoke", ""),
        ("Error: ClassNotFoundException", ""),
        ("", ""),
    ],
)
def test_a_jar_that_is_missing_is_known_by_what_was_not_found(printed, missing):
    assert missing_class(printed) == missing


@pytest.mark.parametrize(
    ("code", "printed", "problem", "cure"),
    [
        (-9, "", "lack of memory", "use fewer workers (workers=1)"),
        (3, "java.lang.OutOfMemoryError: Java heap space", "ran out of memory", "give Java more memory"),
        (-9, "java.lang.OutOfMemoryError: Java heap space", "ran out of memory", "give Java more memory"),
    ],
)
def test_too_large_for_java_and_too_large_for_the_machine_have_different_cures(code, printed, problem, cure):
    error = death(code, printed)
    assert problem in error.problem
    assert cure in error.cure
