"""Names that every system accepts."""

import pytest

from cpretrain.storage.file_name import is_file_name


@pytest.mark.parametrize(
    "name",
    ["cells", "U2OS nuclei", "Zellen (ü) №3", "细胞", "a.b", "console", "com", "lpt", "null", "x" * 200],
)
def test_names(name):
    assert is_file_name(name)


@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", ".hidden", "a/b", "a\\b", "a:b", "a?", "a*", 'a"b', "a<b", "a|b", "a\nb", "a\0b", "cells ",
     " cells", "cells.", "CON", "con", "nul.txt", "Aux", "PRN", "com1", "LPT9", "COM¹", "x" * 201, "细" * 67],
)  # fmt: skip
def test_not_names(name):
    assert not is_file_name(name)
