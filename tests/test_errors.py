import pickle
from pathlib import Path

import pytest

from cpretrain.errors import BadInput, DamagedFile, short


def test_message_names_what_was_found_expected_and_what_to_do():
    error = BadInput("a.tif: too small", found="8 × 8", expected="100 × 100", cure="choose another")
    assert str(error) == "a.tif: too small\n  found: 8 × 8\n  expected: 100 × 100\n  → choose another"
    assert str(BadInput("only this")) == "only this"


def test_travels_between_processes():
    error = pickle.loads(pickle.dumps(BadInput("a", found="b", cure="c")))
    assert (error.problem, error.found, error.expected, error.cure) == ("a", "b", None, "c")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            DamagedFile("a.tif", "4 of 6 planes"),
            "a.tif: is damaged or incomplete\n  found: 4 of 6 planes\n  expected: a complete file\n"
            "  → export it again, or copy it again",
        ),
        (
            DamagedFile(
                "w", ValueError("no\ntensor"), problem="cannot be read as weights", expected=None, cure=None
            ),
            "w: cannot be read as weights\n  found: ValueError: no",
        ),
        (
            DamagedFile(Path("a.zip"), EOFError(), cure="copy it"),
            "a.zip: is damaged or incomplete\n  found: EOFError\n  expected: a complete file\n  → copy it",
        ),
    ],
)
def test_a_damaged_file_says_so_here_and_in_another_process(error, text):
    for one in (error, pickle.loads(pickle.dumps(error))):
        assert isinstance(one, BadInput) and type(one) is DamagedFile
        assert str(one) == text and one.path == error.path


def test_an_error_of_a_library_is_named_in_one_short_line():
    assert short(ValueError("a\nb")) == "ValueError: a"
    assert short(EOFError()) == "EOFError"
    assert len(short(ValueError("x" * 1000))) == 300


def test_a_file_is_named_once():
    assert BadInput("no such channel").in_file("a.tif").problem == "a.tif: no such channel"
    damaged = DamagedFile("a.tif", "nothing in it", problem="frame 3 cannot be read")
    assert damaged.in_file("a.tif") is damaged
