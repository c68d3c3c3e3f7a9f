"""Texts in pictures: letters that no font has are left out, not drawn as boxes, and the rest of the text stays."""

import pytest

from cpretrain.runtime import letters


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("movie 1.tif: look at it", "movie 1.tif: look at it"),
        ("Zellen ü °.tif", "Zellen ü °.tif"),
        ("細胞 stamp.tif", "… stamp.tif"),
        ("a\n🧬🧬[x]-細^\\.tif", "a\n…[x]-…^\\.tif"),
        ("فيلم a", "… a"),
    ],
)
def test_what_can_be_drawn_with_the_default_font_alone(monkeypatch, text, left):
    monkeypatch.setattr(letters, "_family_with", lambda letters: None)
    monkeypatch.setattr(letters, "_shapes", lambda: False)
    shown, families = letters.drawable(text)
    assert shown == left
    assert families


def test_a_font_that_has_the_letters_is_taken(monkeypatch):
    monkeypatch.setattr(letters, "_family_with", lambda letters: "Some CJK")
    shown, families = letters.drawable("細胞")
    assert shown == "細胞"
    assert families[-1] == "Some CJK"
