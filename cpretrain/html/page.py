"""Self-contained pages: templates, styles and scripts from the folder ``templates`` in one file."""

from functools import cache
from pathlib import Path
from typing import Any

from cpretrain.storage.atomic import write_text


def write_page(path: Path, template: str, **content: Any) -> None:
    """Write a page atomically; all text in `content` is escaped.

    Parameters
    ----------
    path : pathlib.Path
        The HTML file.
    template : str
        Name of a file in ``cpretrain/html/templates``.
    **content
        Values for the template.
    """
    write_text(path, _templates().get_template(template).render(**content))


@cache
def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("cpretrain.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
