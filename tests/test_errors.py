import pickle

from cpretrain.errors import BadInput


def test_message_names_what_was_found_expected_and_what_to_do():
    error = BadInput("a.tif: too small", found="8 × 8", expected="100 × 100", cure="choose another")
    assert str(error) == "a.tif: too small\n  found: 8 × 8\n  expected: 100 × 100\n  → choose another"
    assert str(BadInput("only this")) == "only this"


def test_travels_between_processes():
    error = pickle.loads(pickle.dumps(BadInput("a", found="b", cure="c")))
    assert (error.problem, error.found, error.expected, error.cure) == ("a", "b", None, "c")
