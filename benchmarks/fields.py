"""Where the whole fields lie of which the demo uses a part: 24 images of nuclei, 520 × 696, and their labels."""

from pathlib import Path

FIELDS = Path(__file__).parents[1] / "tests/data/fields"
