"""The mark by which a broadcast is known again in the bytes that arrive.

Law: lower-case letters and digits of one length, so that no form, template, JSON or
Markdown changes it, and one search through a frame finds every token there is.
"""

import secrets
from collections.abc import Iterator
from typing import Final

MARK: Final = b"lvfanout"
OF_THE_RUN: Final = 6  # hexadecimal digits: what other runs have said is not ours
NUMBER: Final = 8
LENGTH: Final = len(MARK) + OF_THE_RUN + NUMBER


def tokens(first: int = 0, stride: int = 1) -> Iterator[str]:
    """Yield the tokens of one run, or of one of the `stride` processes that carry it."""
    start, number = MARK.decode() + secrets.token_hex(OF_THE_RUN // 2), first
    while True:
        number += stride
        yield f"{start}{number:0{NUMBER}x}"


def tokens_in(data: bytes) -> Iterator[str]:
    """Yield every token in a frame, of whatever run."""
    start = data.find(MARK)
    while start >= 0:
        end = start + LENGTH
        yield data[start:end].decode("ascii", "replace")
        start = data.find(MARK, end)
