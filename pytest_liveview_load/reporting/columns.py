"""Text in columns, for results that are printed.

Law of this file: cells are text already; the first column begins at the left margin.
"""

from collections.abc import Sequence
from typing import Final

GAP: Final = "  "


def in_columns(rows: Sequence[Sequence[str]], left: frozenset[int]) -> list[str]:
    """Return a line per row; columns numbered in `left` begin alike, others end alike."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            cell.ljust(width) if number in left else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
