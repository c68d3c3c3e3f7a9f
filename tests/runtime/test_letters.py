"""Texts in pictures: letters that no font has are left out, not drawn as boxes, and the rest of the text stays."""

from unicodedata import category

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
    monkeypatch.setattr(letters, "_font_with", lambda letters: None)
    monkeypatch.setattr(letters, "_orders", lambda: False)
    shown, fonts = letters.drawable(text)
    assert shown == left
    assert [font.file.name for font in fonts] == ["DejaVuSans.ttf"]


def test_a_font_that_has_the_letters_is_taken(monkeypatch):
    monkeypatch.setattr(letters, "_font_with", lambda letters: ("Some CJK", "cjk.ttc"))
    shown, fonts = letters.drawable("a細胞")
    assert shown == "a細胞"
    assert fonts[-1].file.name == "cjk.ttc"
    assert fonts[0].has("a") and not fonts[0].has("細")
    assert letters.families_for("細胞")[-1] == "Some CJK"


def test_the_default_font_has_all_plain_letters():
    known = letters._letters_in(str(letters._default()))
    plain = {letter for low, high in letters.PLAIN for letter in range(low, high + 1)}
    assert {x for x in plain - known if category(chr(x))[0] not in "ZC"} == set()


def test_a_name_decomposed_by_a_mac_is_plain():
    assert letters.drawable("Zellen u\N{COMBINING DIAERESIS}.tif")[0] == "Zellen ü.tif"
