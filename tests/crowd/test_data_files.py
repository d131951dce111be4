"""Rows from files: CSV, JSON and JSON lines, and what is wrong with one."""

from pathlib import Path
from typing import Any

import pytest

from pytest_liveview_load.crowd.data import read
from pytest_liveview_load.errors import DataError


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


TWO = [{"email": "ann@x.org", "n": "1"}, {"email": "ben@x.org", "n": "02"}]

GOOD: list[tuple[str, str | bytes, list[Any]]] = [
    ("u.csv", "email,n\nann@x.org,1\nben@x.org,02\n", TWO),
    ("u.csv", "email,n\r\nann@x.org,1\r\nben@x.org,02", TWO),
    ("u.csv", "\N{BOM}email;n\nann@x.org;1\n\nben@x.org;02\n", TWO),
    ("U.CSV", ' email ,"n"\nann@x.org,"1"\nben@x.org,"02"\n', TWO),
    ("u.tsv", "email\tn\nann@x.org\t1\nben@x.org\t02\n", TWO),
    ("u.csv", "name\nann\n", [{"name": "ann"}]),
    ("u.csv", 'a,b\n"x,\n""y""",\n', [{"a": 'x,\n"y"', "b": ""}]),
    ("u.json", '[{"a": 1}, [2], "x", null]', [{"a": 1}, [2], "x", None]),
    ("u.jsonl", '{"a": "é"}\n\n2\n', [{"a": "é"}, 2]),
    ("u.ndjson", "1\n2", [1, 2]),
]


@pytest.mark.parametrize(("name", "text", "rows"), GOOD)
def test_a_file_is_its_rows(
    tmp_path: Path, name: str, text: str | bytes, rows: list[Any]
) -> None:
    assert rows == list(read(written(tmp_path, name, text)))


NAMES = "the first line names the columns, such as email,password"
BAD: list[tuple[str, str | bytes, str]] = [
    ("u.csv", "", f"it is empty: {NAMES}"),
    ("u.csv", "\n", f"it is empty: {NAMES}"),
    ("u.csv", "email,n\n", "there is no row in it"),
    ("u.csv", "ann,1\nben,2\n", f"'1' in the first line is a value, no name: {NAMES}"),
    ("u.csv", "a,,b\n1,2,3\n", f"column 2 has no name: {NAMES}"),
    ("u.csv", "a,b,a\n1,2,3\n", "two columns are called 'a'"),
    ("u.csv", "a,b\n1,2\n3\n", "line 3 has 1 values, and the header 2 names (a, b)"),
    ("u.csv", "a,b\n1,2,3\n", "line 2 has 3 values, and the header 2 names (a, b)"),
    ("u.csv", 'a,b\n1,"2\n', "line 2: unexpected end of data"),
    ("u.csv", b"name\nJos\xe9\n", "b'\\xe9' in it is not UTF-8: save it as such"),
    ("u.json", "", "it is empty"),
    ("u.json", "[]", "there is no row in it"),
    ("u.json", '{"a": 1}', "it is to be a list of rows, and is an object"),
    ("u.json", '"ann"', "it is to be a list of rows, and is 'ann'"),
    (
        "u.json",
        '{"a": 1}\n{"a": 2}\n',
        "line 2: Extra data. A file with one value in each line is called .jsonl",
    ),
    ("u.json", "[1,\nx]", "line 2: Expecting value"),
    ("u.jsonl", '{"a": 1}\n{"a":\n', "line 2: Expecting value"),
    ("u.jsonl", "\n \n", "there is no row in it"),
    ("u.xlsx", "PK", "'.xlsx' is none of .csv, .tsv, .json, .jsonl, .ndjson"),
    ("users", "a\n1\n", "'no suffix' is none of .csv, .tsv, .json, .jsonl, .ndjson"),
]


@pytest.mark.parametrize(("name", "text", "problem"), BAD)
def test_what_is_wrong_with_a_file_is_told_with_its_place(
    tmp_path: Path, name: str, text: str | bytes, problem: str
) -> None:
    with pytest.raises(DataError) as refused:
        list(read(written(tmp_path, name, text), name))

    assert f"{name}: {problem}" == str(refused.value)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("missing.csv", "it cannot be read: No such file or directory"),
        (".csv", "'no suffix' is none of .csv, .tsv, .json, .jsonl, .ndjson"),
        ("folder.csv", "it cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_opened_says_why(
    tmp_path: Path, name: str, problem: str
) -> None:
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(DataError) as refused:
        next(read(tmp_path / name, name))

    assert f"{name}: {problem}" == str(refused.value)


def test_an_error_names_the_path_where_nobody_gave_a_name(tmp_path: Path) -> None:
    path = tmp_path / "missing.json"

    with pytest.raises(DataError) as refused:
        next(read(path))

    assert str(path) == refused.value.source
