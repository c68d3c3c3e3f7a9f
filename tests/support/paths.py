"""Where the repository and the data of tests lie."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
FAULTS = DATA / "faults"
