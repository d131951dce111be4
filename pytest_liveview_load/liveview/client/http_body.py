"""What an HTTP body says: decompressed within bounds and without blocking, then text.

A megabyte of gzip can be gigabytes of zeros. What is limited is what comes out; the event
loop has its turn between two slices, so that every timeout holds.
"""

import asyncio
import zlib
from typing import Final

SLICE: Final = 1024 * 1024  # bytes that are decompressed at a time, some 5 ms

# zlib's window bits: with gzip's header, with zlib's, and with none, which some send for
# "deflate" (RFC 9110 section 8.4.1.2 knows of them).
GZIP: Final = zlib.MAX_WBITS | 16
DEFLATE: Final = zlib.MAX_WBITS
BARE_DEFLATE: Final = -zlib.MAX_WBITS

# Codecs of Python's that no page is written in, and that take forever for a long one.
NO_CHARSETS: Final = frozenset({"idna", "punycode"})


class BodyTooLarge(Exception):
    """The body of an answer with this HTTP `status` is larger than is allowed."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


async def decompressed(body: bytes, content_encoding: str, limit: int) -> bytes:
    """Return a body without its content codings, the last applied first.

    What is neither gzip nor deflate stays, for it was not asked for. Raises OverflowError
    for more than `limit` bytes, zlib.error for what cannot be decompressed.
    """
    for coding in reversed(content_encoding.lower().split(",")):
        if coding.strip() in ("gzip", "x-gzip"):
            body = await inflated(body, GZIP, limit)
        elif coding.strip() == "deflate":
            try:
                body = await inflated(body, DEFLATE, limit)
            except zlib.error:
                body = await inflated(body, BARE_DEFLATE, limit)
    return body


async def inflated(body: bytes, window: int, limit: int) -> bytes:
    """Return what a compressed body holds; of one that is cut off, what there is."""
    decoder = zlib.decompressobj(window)
    parts: list[bytes] = []
    size, rest = 0, body
    while rest or (parts and len(parts[-1]) == SLICE):
        part = decoder.decompress(rest, SLICE)
        size += len(part)
        if size > limit:
            raise OverflowError(f"more than {limit} bytes")
        parts.append(part)
        rest = decoder.unconsumed_tail
        if decoder.eof:
            break
        if rest:
            await asyncio.sleep(0)
    return b"".join(parts)


def text_of(body: bytes, content_type: str) -> str:
    """Return the text of a body; UTF-8 unless its type names another charset."""
    charset = content_type.lower().partition("charset=")[2].split(";")[0].strip(' "')
    if charset and charset not in NO_CHARSETS:
        try:
            return body.decode(charset, "replace")
        except (LookupError, UnicodeError):
            pass  # nobody knows it, or it is no charset of texts
    return body.decode("utf-8", "replace")
