"""Names of image sets, models and annotators on the page, and the keys that toggle their outlines."""

from collections.abc import Mapping
from typing import Any

NAMES = {"truth": "ground truth", "base": "base", "retrained": "retrained", "human": "second person"}
"""Names in the order in which outlines are drawn over one another."""

KEYS = {"truth": "g", "base": "b", "retrained": "r", "human": "h"}
IMAGE_SETS = {"crop": "crops", "image": "images", "frame": "whole frames"}


def listed(values: Mapping[str, Any]) -> str:
    """Format settings and counts as words, omitting those that are not set."""
    words = {
        name.replace("_", " "): ", ".join(map(str, value)) if isinstance(value, list) else value
        for name, value in values.items()
    }
    return "; ".join(f"{name} {value}" for name, value in words.items() if value not in (None, ""))
