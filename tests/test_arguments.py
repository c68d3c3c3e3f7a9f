"""No function has too many arguments: arguments that belong together form a class."""

import ast
from pathlib import Path

import pytest

import cpretrain
import fiji_bridge

MOST = 7
PACKAGES = [Path(package.__file__).parent for package in (cpretrain, fiji_bridge)]


def too_many(code: str, public: set[str]) -> list[str]:
    """Return the functions with more than seven arguments.

    Kernels compiled by numba, which does not support classes, are exempt, and so are commands, whose arguments are the
    options that users type. A public step may have more keywords, each with its paragraph in the docs.
    """
    found = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
        if any(text.startswith(("njit", "command(")) for text in decorators):
            continue
        arguments = node.args
        names = [
            one.arg for one in (*arguments.posonlyargs, *arguments.args) if one.arg not in ("self", "cls")
        ]
        names += [] if node.name in public else [one.arg for one in arguments.kwonlyargs]
        if len(names) > MOST:
            found.append(f"{node.name}: {', '.join(names)}")
    return found


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_no_function_takes_more_than_seven_arguments(package):
    files = sorted(package.rglob("*.py"))
    assert len(files) > 10
    odd = {
        path.name: found for path in files if (found := too_many(path.read_text(), set(cpretrain.__all__)))
    }
    assert odd == {}


EIGHT = "a, b, c, d, e, f, g, h"


@pytest.mark.parametrize(
    ("code", "counted"),
    [
        (f"def f({EIGHT}): pass", True),
        (f"class A:\n  async def f(self, a, *, {EIGHT[3:]}): pass", True),
        (f"class A:\n  def f(self, {EIGHT[3:]}): pass", False),
        (f"def f(*, {EIGHT}): pass", True),
        (f"def evaluate(a, *, {EIGHT[3:]}, i): pass", False),
        (f"def evaluate({EIGHT}): pass", True),
        (f"@njit(cache=True)\ndef f({EIGHT}): pass", False),
        (f"@command(app)\ndef f({EIGHT}): pass", False),
        (f"@lru_cache\ndef f({EIGHT}): pass", True),
    ],
)
def test_what_counts(code, counted):
    assert bool(too_many(code, {"evaluate"})) is counted
