"""The table of the page on tracks in movies that nobody annotated."""

from typing import Any

from cpretrain.evaluation.movies.differences import WORDS, MovieComparison
from cpretrain.evaluation.report.score_tables import cell


def track_table(compared: MovieComparison) -> dict[str, Any]:
    """Return the template's values: a row per measure, with both models and their difference, movie by movie."""
    return {
        "movies": len(compared.movies),
        "rows": [
            {
                "label": one.measure.title,
                "base": cell(one.base),
                "retrained": cell(one.retrained),
                "gain": cell(one.gain, "+"),
                "outcome": WORDS[one.outcome],
            }
            for one in compared.differences
        ],
    }
