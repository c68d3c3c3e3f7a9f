"""The section on movies without annotation: every measure with both models, its difference, and what that means."""

from dataclasses import replace

import pytest

from cpretrain.evaluation.movies.differences import MovieComparison
from cpretrain.evaluation.movies.tracking import MovieTracks
from cpretrain.evaluation.report.page import write_report
from cpretrain.evaluation.report.track_table import track_table
from cpretrain.linking.breaks import MEASURES, TrackCounts
from cpretrain.linking.truth_scores import TruthScores
from tests.evaluation.report.page_of import evaluation_of, scoring_of


def comparison() -> MovieComparison:
    """Return five movies in which the retrained model has longer tracks with fewer gaps, and better scores."""
    tracks = []
    for model, gap, count, score in (("base", 40, 60, 0.8), ("retrained", 8, 25, 0.95)):
        for n in range(5):
            breaks = {"gap": gap + n, "appears": 6, "vanishes": 5, "area jump": 12}
            counts = TrackCounts(20, 500 + n, count + n, breaks)
            tracks.append(MovieTracks(f"m{n}", model, counts, TruthScores(score, score + 0.01 * n, score)))
    return MovieComparison(tracks)


def test_each_measure_has_a_row():
    table = track_table(comparison())
    assert [row["label"] for row in table["rows"]] == [
        *(one.title for one in MEASURES),
        *(
            "TRA, tracks against the ground truth",
            "DET, detection against the ground truth",
            "SEG, outlines against the ground truth",
        ),
    ]
    of = {row["label"]: row for row in table["rows"]}
    gaps = of[next(one.title for one in MEASURES if one.name == "gaps")]
    assert gaps["outcome"] == "better" and gaps["gain"]["number"] == "−6.37"
    assert of["TRA, tracks against the ground truth"]["gain"]["number"] == "+0.15"
    assert table["movies"] == 5


@pytest.mark.parametrize("movies", [True, False])
def test_the_section_is_there_only_with_movies(movies, tmp_path):
    scoring, pairs = scoring_of(4, people=False)
    evaluation = evaluation_of(scoring, pairs)
    if movies:
        compared = comparison()
        verdict = replace(evaluation.verdict, movies=compared.sentence)
        evaluation = replace(evaluation, movies=compared, verdict=verdict)
    write_report(tmp_path / "report.html", evaluation)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert ("Tracks in 5 movies without annotation" in page) is movies
    assert ("Tracks in movies without annotation: better" in page) is movies
