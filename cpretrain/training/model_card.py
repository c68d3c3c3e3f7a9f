"""The model card, ``README.md`` in the model folder: what a person who finds the folder wants to know."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from cpretrain.storage.atomic import write_text

TEMPLATE = "model_card.md.jinja"


def write_card(path: Path, record: Mapping[str, Any]) -> None:
    """Write the model card.

    Parameters
    ----------
    path : pathlib.Path
        The Markdown file.
    record : mapping
        Contents of ``model.json``.
    """
    from jinja2 import Environment, StrictUndefined

    text = (resources.files("cpretrain.training") / TEMPLATE).read_text(encoding="utf-8")
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    major = int(record["versions"]["cellpose"].split(".")[0])
    card = environment.from_string(text).render(
        record, cellpose_major=major, base_file=Path(record["base"]["name"]).name
    )
    write_text(path, card + "\n")
