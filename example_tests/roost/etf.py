"""Erlang's external term format, as much of it as Phoenix's signed tokens use.

Law of this file: what `encode` writes is what `:erlang.term_to_binary/1` of the OTP behind
LiveView 1.2 wrote in recorded tokens, byte for byte, because clients look inside.
"""

import struct
from collections.abc import Mapping
from typing import Final

VERSION: Final = 131
SMALL_INTEGER, INTEGER, ATOM, SMALL_TUPLE, NIL, BINARY, SMALL_BIG, MAP = b"abdhjmnt"


class Atom(str):
    """An Erlang atom; a plain `str` is a binary."""

    __slots__ = ()


# An empty tuple is written as the empty list: the tokens hold no other.
Term = None | bool | int | str | tuple["Term", ...] | Mapping[str, "Term"]


def encode(term: Term) -> bytes:
    """Return `term` as `term_to_binary` writes it."""
    out = bytearray([VERSION])
    _write(out, term)
    return bytes(out)


def decode(data: bytes) -> Term:
    """Return the term in `data`; raise ValueError for anything else."""
    if not data or data[0] != VERSION:
        raise ValueError(f"no external term: {data[:20]!r}")
    try:
        term, end = _read(data, 1)
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"a broken external term: {data[:20]!r}") from error
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes after the external term")
    return term


def _write(out: bytearray, term: Term) -> None:
    match term:
        case None | True | False:
            _write(out, Atom("nil" if term is None else str(term).lower()))
        case int():
            _write_integer(out, term)
        case Atom():
            name = term.encode()
            out += struct.pack(">BH", ATOM, len(name)) + name
        case str():
            binary = term.encode()
            out += struct.pack(">BI", BINARY, len(binary)) + binary
        case ():
            out.append(NIL)
        case tuple():
            out += bytes([SMALL_TUPLE, len(term)])
            for item in term:
                _write(out, item)
        case dict():
            out += struct.pack(">BI", MAP, len(term))
            for key in sorted(term):  # as OTP orders the keys of a small map
                _write(out, key)
                _write(out, term[key])


def _write_integer(out: bytearray, number: int) -> None:
    if 0 <= number < 256:
        out += bytes([SMALL_INTEGER, number])
    elif -(2**31) <= number < 2**31:
        out += struct.pack(">Bi", INTEGER, number)
    else:
        digits = abs(number).to_bytes((number.bit_length() + 7) // 8, "little")
        out += bytes([SMALL_BIG, len(digits), number < 0]) + digits


def _read(data: bytes, at: int) -> tuple[Term, int]:
    tag, at = data[at], at + 1
    if tag == SMALL_INTEGER:
        return data[at], at + 1
    if tag == INTEGER:
        return struct.unpack_from(">i", data, at)[0], at + 4
    if tag == SMALL_BIG:
        size, negative, at = data[at], data[at + 1], at + 2
        number = int.from_bytes(data[at : at + size], "little")
        return -number if negative else number, at + size
    if tag == ATOM:
        size, at = struct.unpack_from(">H", data, at)[0], at + 2
        return _value_of(data[at : at + size].decode()), at + size
    if tag == BINARY:
        size, at = struct.unpack_from(">I", data, at)[0], at + 4
        return data[at : at + size].decode(), at + size
    if tag == SMALL_TUPLE:
        return _read_tuple(data, at)
    if tag == NIL:
        return (), at
    if tag == MAP:
        return _read_map(data, at)
    raise ValueError(f"no external term begins with byte {tag}")


def _read_tuple(data: bytes, at: int) -> tuple[Term, int]:
    size, at = data[at], at + 1
    items: list[Term] = []
    for _ in range(size):
        item, at = _read(data, at)
        items.append(item)
    return tuple(items), at


def _read_map(data: bytes, at: int) -> tuple[Term, int]:
    size, at = struct.unpack_from(">I", data, at)[0], at + 4
    pairs: dict[str, Term] = {}
    for _ in range(size):
        key, at = _read(data, at)
        if not isinstance(key, str):
            raise ValueError(  # noqa: TRY004  every refusal here is one
                f"a map key that is no atom or binary: {key!r}"
            )
        pairs[key], at = _read(data, at)
    return pairs, at


def _value_of(atom: str) -> Term:
    names: dict[str, Term] = {"nil": None, "true": True, "false": False}
    return names.get(atom, Atom(atom))
