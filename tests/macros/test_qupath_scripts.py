"""Decisions of the QuPath scripts, in real Groovy; QuPath itself runs them in `tests.qupath_app`."""

from pathlib import Path

import pytest

MACROS = Path(__file__).parents[2] / "macros" / "qupath"
EXPORT, IMPORT = MACROS / "export_ground_truth.groovy", MACROS / "import_predictions.groovy"
SIZE = [104, 104]


@pytest.fixture
def call(languages):
    def call(script, function, *arguments):
        return languages.call(
            "call_in_script", script=str(script), function=function, arguments=list(arguments)
        )

    return call


def drawn(name, x, y, width, height, *, kind="annotations", class_name="", filled=1.0):
    """Return an object as the script lists it; `filled` is its share of its bounds: 1 for a rectangle."""
    place = {"x": x, "y": y, "width": width, "height": height}
    area = filled * width * height
    return {"object": name, "kind": kind, "className": class_name, "area": float(area), **place}


CELL = drawn("cell", 20, 20, 10, 10, filled=0.78)
OTHER = drawn("other", 40, 20, 9, 10, filled=0.78)
DETECTED = [drawn(f"d{n}", 30 + 12 * n, 30, 8, 8, kind="cells", filled=0.8) for n in range(2)]
NO_AREA = "points, lines or outlines without area"


@pytest.mark.parametrize(
    ("objects", "kinds", "chosen", "left_out"),
    [
        ([CELL, drawn("line", 0, 0, 30, 9, filled=0)], ["annotations"], ["cell"], {NO_AREA: 1}),
        (
            [drawn("t", 0, 0, 70, 70, class_name="Training"), CELL],
            ["annotations"],
            ["cell"],
            {"of class Training": 1},
        ),
        (
            [drawn("r", 3, 3, 70, 70, class_name="Artefact*", filled=0.6), CELL],
            ["annotations"],
            ["cell"],
            {"of class Artefact*": 1},
        ),
        (
            [drawn("i", 1, 1, 5, 5, kind="cells", class_name="Ignore*"), *DETECTED],
            ["cells"],
            ["d0", "d1"],
            {},
        ),
        ([drawn("all", 0, 0, 104, 104), CELL], ["annotations"], ["cell"], {"of the whole image": 1}),
        ([drawn("all", -5, -5, 120, 120)], ["annotations"], [], {"of the whole image": 1}),
        ([drawn("crop", 2, 2, 100, 100), CELL], ["annotations"], ["cell"], {"of the whole image": 1}),
        ([drawn("big cell", 2, 2, 100, 100, filled=0.8)], ["annotations"], ["big cell"], {}),
        (
            [drawn("frame", 15, 15, 60, 60), CELL, OTHER],
            ["annotations"],
            ["cell", "other"],
            {"around other objects": 1},
        ),
        ([drawn("around", 15, 15, 20, 20), CELL], ["annotations"], ["around", "cell"], {}),
        (
            [drawn("brushed", 15, 15, 60, 60, filled=0.7), CELL, OTHER],
            ["annotations"],
            ["brushed", "cell", "other"],
            {},
        ),
        (
            [drawn("brushed", 15, 15, 60, 60, filled=0.7), *DETECTED],
            ["annotations"],
            [],
            {"around other objects": 1, "cells": 2},
        ),
        ([CELL, *DETECTED], ["cells"], ["d0", "d1"], {"annotations": 1}),
        (
            [OTHER, CELL, drawn("twin", 60, 60, 10, 10, filled=0.78)],
            ["annotations"],
            ["cell", "twin", "other"],
            {},
        ),
    ],
    ids=[
        "line",
        "Training",
        "class with an asterisk, any shape",
        "Ignore* of a detected cell",
        "whole image",
        "more than the image",
        "all but its border",
        "large cell",
        "rectangle around two",
        "rectangle around one",
        "other shape around two drawn ones",
        "other shape around two detected ones",
        "cells",
        "large first, equal ones in their order",
    ],
)
def test_which_objects_are_exported(call, objects, kinds, chosen, left_out):
    found = call(EXPORT, "choose", objects, kinds, SIZE)
    assert [one["object"] for one in found["chosen"]] == chosen
    assert found["leftOut"] == left_out


@pytest.mark.parametrize("kinds", [["annotations"], ["detections", "cells"], ["nuclei"]])
def test_what_says_where_everything_is_drawn_is_exported_with_the_cells(call, kinds):
    marks = [
        drawn("region", 2, 2, 90, 90, class_name="Region*"),
        drawn("ignored", 50, 50, 30, 30, class_name="Ignore*", filled=0.8),
        drawn("out of focus", 1, 1, 5, 5, kind="cells", class_name="Ignore*: Nucleus"),
    ]
    no_area = drawn("line", 0, 0, 30, 9, class_name="Ignore*", filled=0)
    found = call(EXPORT, "choose", [*marks, no_area, CELL, OTHER, *DETECTED], kinds, SIZE)
    assert [one["object"] for one in found["marks"]] == ["region", "ignored", "out of focus"]
    assert "region" not in [one["object"] for one in found["chosen"]]
    assert sum(found["leftOut"].values()) + len(found["chosen"]) == 5


@pytest.mark.parametrize("script", [EXPORT, IMPORT], ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("class_name", "region"),
    [
        ("", False),
        (":", False),
        ("Nucleus", False),
        ("Tumor: Positive", False),
        ("Training cells", False),
        ("Regional", False),
        ("training", True),
        ("Validation", True),
        ("Region", True),
        ("Region*", True),
        ("Ignore*", True),
        ("Artefact*", True),
        ("Ignore", True),
        ("Region: Tumor", True),
        ("ROI", True),
    ],
)
def test_classes_that_mark_regions(call, script, class_name, region):
    arguments = [class_name, False] if script == EXPORT else [class_name]
    assert call(script, "isRegion", *arguments) is region


@pytest.mark.parametrize("name", ["Test", "train"])
def test_a_rectangle_of_a_class_named_so_marks_a_region_and_a_cell_does_not(call, name):
    assert call(EXPORT, "isRegion", name, True) is True
    assert call(EXPORT, "isRegion", name, False) is False


@pytest.mark.parametrize(
    ("left_out", "other_kinds", "said"),
    [
        ({}, [], None),
        ({"of class Region*": 1, "of the whole image": 1}, [], None),
        ({NO_AREA: 3}, [], "draw the outline of each cell"),
        ({"cells": 5, "of the whole image": 1}, ["cells"], "set objectsAre = 'cells'"),
        ({"annotations": 2}, ["annotations"], "class Region*"),
        ({"cells without a nucleus": 2, "annotations": 1}, [], "no cell has a nucleus"),
    ],
    ids=["nothing", "regions only", "points only", "detected cells", "drawn cells", "no nuclei"],
)
def test_an_image_that_may_hold_cells_is_not_exported_without_any(call, left_out, other_kinds, said):
    told = call(EXPORT, "whyNotEmpty", left_out, other_kinds)
    assert told is None if said is None else said in told


def test_what_was_left_out_is_told(call):
    assert call(EXPORT, "told", "left out:", {}) == ""
    left_out = {"cells": 2, "of class Training": 1}
    assert call(EXPORT, "told", "left out:", left_out) == "; left out: 2 cells, 1 of class Training"


@pytest.mark.parametrize(
    ("there", "earlier", "added", "here", "deleted"),
    [
        ([], [], "abc", "", ""),
        (["x"], [], "abc", "", ""),
        (list("abcx"), list("abc"), "", "abc", ""),
        (list("ac"), list("abc"), "", "ac", "b"),
        (["b"], ["nothing"], "ac", "b", ""),
    ],
    ids=["first time", "beside what was drawn", "twice", "one deleted", "one there before"],
)
def test_importing_again_adds_what_is_new_only(call, there, earlier, added, here, deleted):
    sorted_out = call(IMPORT, "sortOut", list("abc"), there, earlier)
    assert sorted_out == {"added": list(added), "here": list(here), "deleted": list(deleted)}
