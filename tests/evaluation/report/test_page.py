"""Content of the page: the numbers of the tables, names as text, and nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser

import pytest

from cpretrain.evaluation.report import gallery as gallery_module
from cpretrain.evaluation.report.charts import training_charts
from tests.evaluation.report.page_of import scoring_of, write_example


class Tags(HTMLParser):
    """Gather tags and the text outside of styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data):
        if self._inside not in ("style", "script"):
            self.text.append(data)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    verdict, scoring = write_example(path)
    return path.read_text("utf-8"), verdict, scoring


def test_verdict_comes_first_and_numbers_are_those_of_the_scores(written):
    page, verdict, scoring = written
    text = " ".join(" ".join(Tags(page).text).split())
    reason = verdict.sentence.split(": ", 1)[1]
    assert verdict.outcome == "better"
    index = text.index(reason[0].upper() + reason[1:])
    assert index < text.index("Curves") < text.index("Scores on 12 crops of 12 movies")
    for model in scoring.models.values():
        for threshold in (*range(4), None):
            interval = model.mean(threshold)
            if threshold != 1:  # only 0.5, 0.75, 0.9 and the mean are in the table
                assert f"{interval.estimate:.2f} {interval.text()}" in text
    objects = sum(len(scoring.judged["base", index][0].labels) for index in range(12))
    assert re.search(rf"all {objects} ", text)


def test_names_are_text_whatever_is_in_them(written):
    page, _, _ = written
    parsed = Tags(page)
    assert not [tag for tag, _ in parsed.tags if tag == "b"]
    assert 'crop 3 <b>&"3.tif' in "".join(parsed.text)
    assert 'crop 3 <b>&"3.tif' in [attributes.get("alt") for tag, attributes in parsed.tags if tag == "img"]
    assert "retrained from base <b>" in "".join(parsed.text)


def test_nothing_comes_from_elsewhere(written):
    page, _, _ = written
    addresses = [a[name] for _, a in Tags(page).tags for name in ("src", "href", "xlink:href") if name in a]
    assert len(addresses) == 12
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    assert "url(" not in page and "@import" not in page
    [policy] = [a["content"] for _, a in Tags(page).tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")


def test_images_are_worst_first_and_middling_pictures_go_where_the_page_is_too_large(monkeypatch):
    scoring, pairs = scoring_of(9)
    shown = gallery_module.gallery([scoring], {"crop": pairs})
    assert [one["rank"] for one in shown] == sorted(one["rank"] for one in shown)
    sizes = [len(one["data"]) + sum(map(len, one["outlines"].values())) for one in shown]
    monkeypatch.setattr(gallery_module, "MOST_BYTES", sizes[0] + sizes[-1] + sizes[1])
    kept = [bool(one["data"]) for one in gallery_module.gallery([scoring], {"crop": pairs})]
    assert kept == [True, True, *[False] * 6, True]


LOSSES = "epoch,training_loss,test_loss,test_average_precision\n0,0.9,0.8,\n1,0.7,,\n2,0.5,0.6,0.4\n"


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("epoch,training_loss,test_loss\n0,0.9,\n1,0.7,\n", [["training images"]]),
        (LOSSES, [["training images", "in-training test set"], ["in-training test set"]]),
        ("epoch,training_loss\n0,0.5\n", [["training images"]]),
        ("", []),
        ("epoch,training_loss\n0,high\n", []),
        (None, []),
    ],
    ids=["losses alone", "average precision too", "one epoch", "empty", "no numbers", "no file"],
)
def test_curves_of_the_training(tmp_path, table, lines):
    if table is not None:
        (tmp_path / "losses.csv").write_text(table)
    charts = training_charts(tmp_path / "losses.csv")
    assert [[line.name for line in chart.lines] for chart in charts] == lines


def test_search_for_thresholds_is_shown(tmp_path):
    (tmp_path / "tuning.json").write_text(json.dumps({"found": {}, "images": 7}))
    (tmp_path / "tuning.png").write_bytes(b"\x89PNG")
    write_example(tmp_path / "report.html", 3, people=False, model=tmp_path)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "chosen on 7 training images" in page
    assert "second person</th>" not in page
