"""The data of a load: which row each virtual user has.

A user's row follows from its id (and the run's seed) alone. So a user
that is replaced has the row of the one before, and runners that carry different users
of one load need not ask one another.
"""

import csv
import json
from collections.abc import (
    AsyncIterable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from itertools import chain
from os import PathLike, fspath
from pathlib import Path
from random import Random
from typing import Any, Final

from pytest_liveview_load.errors import DataError, UnitError
from pytest_liveview_load.units import format_count, near_miss, plural

ONCE: Final = "once"
CYCLE: Final = "cycle"
RANDOM: Final = "random"
WAYS: Final = (ONCE, CYCLE, RANDOM)

A_SOURCE: Final = (
    "data of users: a file such as 'users.csv', the name of a fixture, or rows to "
    "iterate over"
)
NO_ROW: Final = "there is no row in it"
A_WAY: Final = "a way to hand out rows: one of 'once', 'cycle', 'random'"


class Rows:
    """Owns the rows of one source: read in order, no further than asked for, and kept.

    `name` is what messages call the source. `is_cut` says that these are only its first
    rows, the others being in another process. Raises UnitError for what has no rows in a
    certain order.
    """

    def __init__(
        self, given: Iterable[Any], name: str = "", *, is_cut: bool = False
    ) -> None:
        if problem := why_no_rows(given):
            raise UnitError(given, f"{A_SOURCE}: {problem}")
        self.name = name or f"data (a {type(given).__name__})"
        self.is_cut = is_cut
        self.is_sized = isinstance(given, Sequence)
        self._kept: Sequence[Any] = given if isinstance(given, Sequence) else []
        self._rest: Iterator[Any] = iter(()) if self.is_sized else iter(given)

    def read_to(self, count: int) -> int:
        """Return how many rows there are, `count` being enough to know.

        Raises DataError if the source fails.
        """
        if self.is_sized:
            return len(self._kept)
        kept = self._kept
        assert isinstance(kept, list)
        while len(kept) < count:
            try:
                kept.append(next(self._rest))
            except StopIteration:
                break
            except Exception as error:
                why = f"row {len(kept) + 1} raised {type(error).__name__}: {error}"
                raise DataError(self.name, why) from error
        return len(kept)

    def __getitem__(self, index: int) -> Any:
        """Return a row that `read_to` has found."""
        return self._kept[index]


@dataclass(frozen=True, slots=True)
class UserRows:
    """Hands the rows of a load's data to its users."""

    rows: Rows
    way: str = ONCE
    seed: int = 0

    def prepare(self, users: int) -> None:
        """Read what `users` users will ask for, before any of them starts.

        Raises DataError if there is no row at all, or fewer than users in "once", or
        if `random` cannot know all of them, or if others' rows are in another process.
        """
        found, why = self.rows.read_to(users), ""
        if self.rows.is_cut and found < users:
            why = (
                f"its rows are read one by one, and only {format_count(found)} of them "
                f"came to the processes that carry the users, of whom there are "
                f"{format_count(users)} now: give a list of rows if users are added"
            )
        elif not found:
            why = NO_ROW
        elif self.way == ONCE and found < users:
            why = too_few(users, found)
        elif self.way == RANDOM and not self.rows.is_sized:
            why = (
                "rows='random' chooses among all rows, and these are read one by one: "
                "give a list of them, or rows='cycle'"
            )
        if why:
            raise DataError(self.rows.name, why)

    def row(self, user: int) -> Any:
        """Return the row of the user with this id.

        Raises DataError if "once" has none for it.
        """
        found = self.rows.read_to(user + 1)
        if self.way == RANDOM:
            # Text, as a user's own: but not from that, whose numbers are the test's.
            index = Random(f"{self.seed}/{user}/row").randrange(found)
        elif user < found:
            index = user
        elif self.way == CYCLE:
            index = user % found
        else:
            raise DataError(self.rows.name, too_few(user + 1, found))
        return self.rows[index]


def too_few(users: int, found: int) -> str:
    """Return what is wrong with so many rows in "once"."""
    return (
        f"{plural(found, 'row')} for {format_count(users)} users, and rows='once' gives "
        "each one of its own: give more rows, or say rows='cycle' or rows='random'"
    )


def row_of(user: int, user_rows: UserRows | None) -> Any:
    """Return a user's row. Raises DataError, also for a load without data."""
    if user_rows is None:
        why = (
            "the load has no data: say where rows come from, as load(data='users.csv')"
        )
        raise DataError("live.row", why)
    return user_rows.row(user)


def parse_data(value: object) -> str | Rows:
    """Return the name of a file or fixture, or the rows. Raises UnitError.

    Whoever knows the test's folder and fixtures makes rows of a name.
    """
    if isinstance(value, str | PathLike):
        name = fspath(value)
        if isinstance(name, str) and name.strip():
            return name
        raise UnitError(value, A_SOURCE)
    if isinstance(value, Iterable):
        return Rows(value)
    raise UnitError(value, f"{A_SOURCE}{hint(value)}")


def parse_way(value: object) -> str:
    """Return one of WAYS. Raises UnitError."""
    if isinstance(value, str) and value in WAYS:
        return value
    raise UnitError(value, A_WAY)


def why_no_rows(given: object) -> str:
    """Return why something that is iterated over is no source of rows, "" if it is one."""
    match given:
        case str() | bytes() | bytearray():
            return "text is no rows"
        case Mapping():
            return "a mapping has values, items and keys: give one of these as a list"
        case set() | frozenset():
            return "a set has no order, so nobody knows whose row is which: sort it"
        case _ if hasattr(given, "to_dict"):  # pandas: iterating gives names of columns
            return "give its rows, as frame.to_dict('records')"
        case _ if not isinstance(given, Iterable):
            return hint(given).removeprefix(": ") or "it cannot be iterated over"
    return ""


def hint(value: object) -> str:
    """Return what to do about a value that is not iterable, "" if nobody knows."""
    if isinstance(value, AsyncIterable):
        return ": it is asynchronous; make a list of it in a fixture, and give its name"
    if callable(value):
        return ": it is a function; call it, and give what it returns"
    return ""


# Rows of data from a file: CSV with a header, a JSON list, or JSON lines.


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
        raise DataError(name, NO_ROW)


def csv_rows(lines: Iterable[str], name: str) -> Iterator[dict[str, str]]:
    """Yield a dict of each line by the names in the first one."""
    lines = iter(lines)
    first = next(lines, "")
    separator = next((each for each in SEPARATORS if each in first), SEPARATORS[0])
    reader = csv.reader(chain((first,), lines), delimiter=separator, strict=True)
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


PARSERS: Final[Mapping[str, Callable[[Iterable[str], str], Iterator[Any]]]] = {
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".json": json_rows,
    ".jsonl": json_lines,
    ".ndjson": json_lines,
}
