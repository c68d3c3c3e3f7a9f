"""Messages below the command line name settings neutrally, through `cpretrain.runtime.spelling`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import cpretrain
import fiji_bridge
from cpretrain.runtime import spelling

HOME = Path(cpretrain.__file__).parent
FILES = sorted(
    {*HOME.rglob("*.py"), *Path(fiji_bridge.__file__).parent.rglob("*.py")} - {*(HOME / "cli").rglob("*.py")}
)
DASK = {"--nthreads", "--nworkers", "--resources"}
JAVA = {"--add-opens", "--enable-native-access", "--sun-misc-unsafe-memory-access"}
OTHER_PROGRAMS = DASK | JAVA


def options_in(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and option for each option in a string of Python code other than a docstring."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            for found in re.findall(r"--(?:[a-z][a-z-]*|$)", node.value):
                yield node.lineno, found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('cure = "give --axes TYX"', ["--axes"]),
        ("cure = f\"{path}: leave out --{name.replace('_', '-')}\"", ["--"]),
        ('"--" + name', ["--"]),
        ('def f():\n    """Stands for ``--json``."""\n    return "a -- b, 1--2"', []),
        ('X = 1\n"""As with ``--events``."""', []),
    ],
)
def test_what_is_found(source, found):
    source = source if "=" in source or "def" in source else f"x = {source}"
    assert [option for _, option in options_in(source)] == found


def test_no_message_below_the_command_line_spells_an_option():
    assert len(FILES) > 200
    spelt = {
        f"{file.name}:{line}: {option}"
        for file in FILES
        for line, option in options_in(file.read_text("utf-8"))
        if option not in OTHER_PROGRAMS
    }
    assert not spelt


def test_functions_named_for_commands_are_public():
    for name in spelling._FUNCTIONS.values():
        found = cpretrain
        for part in name.split("."):
            found = getattr(found, part)
        assert callable(found)
