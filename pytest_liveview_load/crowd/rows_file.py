"""Rows of data from a file: CSV with a header, a JSON list, or JSON lines.

Law of this file: a row is read whole and right, or an error names the file and the line.
CSV's values are text, whatever they look like: only the test knows what they mean.
"""

import csv
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pytest_liveview_load.errors import DataError
from pytest_liveview_load.units import near_miss

SEPARATORS: Final = (",", ";", "\t")
# A spreadsheet begins its files with a mark that is no part of the first name.
ENCODING: Final = "utf-8-sig"


def read(path: Path, name: str = "") -> Generator[Any, None, None]:
    """Yield the rows of a file, which messages call `name`.

    Raises DataError for a file that cannot be read, and one without rows.
    """
    name = name or str(path)
    parse = PARSERS.get(path.suffix.lower())
    if parse is None:
        known = ", ".join(PARSERS)
        why = f"{path.suffix or 'no suffix'!r} is none of {known}"
        raise DataError(name, f"{why}.{near_miss(path.suffix, PARSERS)}".rstrip("."))
    empty = True
    try:
        with path.open(encoding=ENCODING, newline="") as lines:
            for row in parse(lines, name):
                empty = False
                yield row
    except OSError as error:
        raise DataError(name, f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        found = error.object[error.start : error.end]
        raise DataError(
            name, f"{found!r} in it is not UTF-8: save it as such"
        ) from None
    if empty:
        raise DataError(name, "there is no row in it")


def csv_rows(lines: Iterable[str], name: str) -> Iterator[dict[str, str]]:
    """Yield a dict of each line by the names in the first one."""
    lines = iter(lines)
    first = next(lines, "")
    separator = next((each for each in SEPARATORS if each in first), SEPARATORS[0])
    reader = csv.reader(chained(first, lines), delimiter=separator, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        check_header(header, name)
        for cells in reader:
            if not cells:  # an empty line
                continue
            if len(cells) != len(header):
                why = (
                    f"line {reader.line_num} has {len(cells)} values, and the header "
                    f"{len(header)} names ({', '.join(header)})"
                )
                raise DataError(name, why)
            yield dict(zip(header, cells, strict=True))
    except csv.Error as error:
        raise DataError(name, f"line {reader.line_num}: {error}") from None


def check_header(header: list[str], name: str) -> None:
    """Raise DataError unless the first line names the columns."""
    advice = "the first line names the columns, such as email,password"
    if not header:
        raise DataError(name, f"it is empty: {advice}")
    for position, cell in enumerate(header):
        if not cell:
            raise DataError(name, f"column {position + 1} has no name: {advice}")
        if cell in header[:position]:
            raise DataError(name, f"two columns are called {cell!r}")
        if is_number(cell):
            why = f"{cell!r} in the first line is a value, no name: {advice}"
            raise DataError(name, why)


def is_number(text: str) -> bool:
    """Return whether a text is a number to Python."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def json_rows(lines: Iterable[str], name: str) -> Iterator[Any]:
    """Yield the members of the list that the file is."""
    text = "".join(lines)
    if not text.strip():
        raise DataError(name, "it is empty")
    try:
        rows = json.loads(text)
    except json.JSONDecodeError as error:
        why = f"line {error.lineno}: {error.msg}"
        if error.msg == "Extra data":
            why += ". A file with one value in each line is called .jsonl"
        raise DataError(name, why) from None
    if not isinstance(rows, list):
        kind = "an object" if isinstance(rows, dict) else f"{rows!r:.40}"
        raise DataError(name, f"it is to be a list of rows, and is {kind}")
    yield from rows


def json_lines(lines: Iterable[str], name: str) -> Iterator[Any]:
    """Yield the value of each line that is not empty."""
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(name, f"line {number}: {error.msg}") from None


def chained(first: str, lines: Iterator[str]) -> Iterator[str]:
    """Yield a line that was read already, and the others."""
    if first:
        yield first
    yield from lines


PARSERS: Final[Mapping[str, Callable[[Iterable[str], str], Iterator[Any]]]] = (
    MappingProxyType(
        {
            ".csv": csv_rows,
            ".tsv": csv_rows,
            ".json": json_rows,
            ".jsonl": json_lines,
            ".ndjson": json_lines,
        }
    )
)
