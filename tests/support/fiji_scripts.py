"""The scripts for Fiji's menu, and their parameters."""

import re
from collections.abc import Callable
from pathlib import Path

SOURCES = Path(__file__).parents[2] / "macros" / "fiji"
MENU = "scripts/Plugins/cpretrain"
PARAMETER = re.compile(r"^#@ (\w+) \((.*)\) (\w+)$", re.M)


MAKE: dict[str, Callable[[str], object]] = {
    "Integer": int,
    "Double": float,
    "Boolean": lambda flag: flag == "true",
    "File": lambda path: f"file:{path}",
}


def with_appose(script: str) -> str:
    """The script of the same step for Appose."""
    path = Path(script)
    return f"{path.parent.as_posix()}/Appose/{path.stem}_with_Appose.groovy"


def both(name: str) -> list[str]:
    """The two scripts of a step, by its name in the menu."""
    script = (
        f"{MENU}/{name.replace(' ', '_')}{'' if ' ' in name else '_'}.py"  # ImageJ lists those with a _ only
    )
    return [script, with_appose(script)]


def parameters(script: Path) -> dict[str, str]:
    """What a script says of each of its parameters."""
    return {name: said for _, said, name in PARAMETER.findall(script.read_text("utf-8"))}


def defaults(script: Path) -> dict:
    """The parameters of a script with their default values, as SciJava would fill them in."""
    found = {}
    for kind, attributes, name in PARAMETER.findall(script.read_text("utf-8")):
        value = re.search(r'(?:^|, )value=("[^"]*"|[^,]+)', attributes)
        text = value[1].strip('"') if value else None
        found[name] = MAKE.get(kind, str)(text) if text is not None else None
    return found
