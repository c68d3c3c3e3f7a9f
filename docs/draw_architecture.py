"""Draw the floors of the code from its imports: ``python docs/draw_architecture.py`` writes ``docs/architecture.png``.

The floors come from the import contract in ``pyproject.toml``, the arrows from the present imports of the files.
"""

import tomllib
from pathlib import Path

import grimp
import matplotlib.pyplot as plt

DOCS = Path(__file__).parent
WIDTH, HEIGHT = 1.55, 0.5


def floors() -> list[list[str]]:
    """Return the packages of each floor, the highest first, from the contract."""
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    )
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def arrows(packages: list[str]) -> set[tuple[str, str]]:
    """Return pairs of packages of which the first imports the second."""
    graph = grimp.build_graph("cpretrain", "fiji_bridge")
    for package in packages:
        graph.squash_module(package)
    return {
        (package, imported)
        for package in packages
        for imported in graph.find_modules_directly_imported_by(package)
        if imported in packages
    }


def draw(path: Path) -> None:
    """Draw every floor as a row of boxes, and imports as thin lines between them."""
    rows = floors()
    widest = max(map(len, rows))
    places = {
        name: ((widest - len(row)) / 2 + column + 0.5, -float(index))
        for index, row in enumerate(rows)
        for column, name in enumerate(row)
    }
    figure, axes = plt.subplots(figsize=(widest * WIDTH, len(rows) * 0.95))
    for name, imported in sorted(arrows(list(places))):
        (x0, y0), (x1, y1) = places[name], places[imported]
        axes.plot([x0, x1], [y0 - HEIGHT / 2, y1 + HEIGHT / 2], color="0.75", linewidth=0.6, zorder=1)
    for name, (x, y) in places.items():
        box = {"boxstyle": "round,pad=0.45", "facecolor": "#eef4fb", "edgecolor": "#2f6f9f"}
        text = name.removeprefix("cpretrain.")
        axes.text(x, y, text, ha="center", va="center", fontsize=11, bbox=box, zorder=2)
    axes.set_xlim(0, widest)
    axes.set_ylim(-len(rows) + 0.4, 0.6)
    axes.axis("off")
    figure.savefig(path, dpi=120, bbox_inches="tight")


if __name__ == "__main__":
    draw(DOCS / "architecture.png")
