"""Paths of the repository and of the test data."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
FAULTS = DATA / "faults"
FIELDS = DATA / "fields"
"""Whole fields of nuclei, images and labels: the demo uses a part of each."""
