"""Tables are written atomically with the same line endings everywhere, and read with one error for anything wrong."""

import pytest

from cpretrain.errors import BadInput
from cpretrain.storage.csv_table import open_table, read_rows, write_rows

ROWS = [["a", 1, "x, y"], ["b", 2, 'say "z"\nand go']]
TEXT = 'name,count,note\na,1,"x, y"\nb,2,"say ""z""\nand go"\n'


def counts(row):
    return row["name"], int(row["count"])


def test_both_writers_write_the_same_bytes(tmp_path):
    with open_table(tmp_path / "a" / "rows.csv", ("name", "count", "note")) as table:
        table.writerows(ROWS)
    write_rows(
        tmp_path / "named.csv", [dict(zip(("name", "count", "note"), row, strict=True)) for row in ROWS]
    )
    assert (
        (tmp_path / "a" / "rows.csv").read_bytes() == (tmp_path / "named.csv").read_bytes() == TEXT.encode()
    )


def test_a_writer_that_fails_leaves_the_earlier_table(tmp_path):
    (tmp_path / "a.csv").write_text("earlier")

    with pytest.raises(OSError, match="disk full"), open_table(tmp_path / "a.csv", ("name",)) as table:
        table.writerow(["half"])
        raise OSError("disk full")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["earlier"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_every_line_end_is_read_and_the_mark_of_excel(tmp_path, ends, mark):
    (tmp_path / "a.csv").write_bytes((mark + ends.join(["name,more,count", "é,,1", "b,,2"])).encode())
    read = read_rows(tmp_path / "a.csv", ("name", "count"), counts, what="a table")
    assert list(read) == [("é", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "FileNotFoundError: [Errno 2] No such file or directory"),
        (b"", "ValueError: no column name, count"),
        (b"name\na\n", "ValueError: no column count"),
        (b"name,count\na,1\nb\n", "line 3: ValueError: too few cells"),
        (b"name,count\na,1\nb,two\n", "line 3: ValueError: invalid literal for int() with base 10: 'two'"),
        (b"name,count\na,1\n\xff,2\n", "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff"),
        (b'name,count\n"' + b"a" * 200_000, "Error: field larger than field limit (131072)"),
    ],
)
def test_one_error_names_line_reason_columns_and_cure(tmp_path, content, found):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        list(read_rows(path, ("name", "count"), counts, what="the table of counts", cure="count again"))
    assert str(error.value).startswith(f"{path}: is not the table of counts\n  found: {found}")
    assert (error.value.expected, error.value.cure) == ("columns name, count", "count again")


def test_rows_are_read_one_by_one_and_what_the_reader_of_them_raises_is_its_own(tmp_path):
    (tmp_path / "a.csv").write_text("name,count\na,1\nb,two\n")
    rows = read_rows(tmp_path / "a.csv", ("name", "count"), counts, what="a table")
    assert next(rows) == ("a", 1)

    with pytest.raises(KeyError, match="mine"):
        for _ in read_rows(tmp_path / "a.csv", ("name",), dict, what="a table"):
            raise KeyError("mine")
