"""Reading the parts of rendered trees and diffs: from the wire's JSON to typed values.

Whatever the JSON holds, the answer is a typed value or a Misfit that
quotes it.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from pytest_liveview_load.liveview.protocol.rendered import Stream, StreamInsert

Json: TypeAlias = Any  # one value of the wire, of whatever type
Statics: TypeAlias = tuple[str, ...]
Templates: TypeAlias = Mapping[int, Statics] | None


class Misfit(Exception):
    """A diff that fits no tree; becomes a ProtocolError where the whole diff is known."""


@lru_cache(maxsize=4096)
def _interned(statics: Statics) -> Statics:
    """Return the one copy of these statics: templates outlive what fills them."""
    return statics


def read_statics(value: Json, templates: Templates) -> Statics:
    """Return literal statics, or those of the template that a number names.

    There are none in a comprehension that was empty from the start.
    """
    if type(value) is int:
        found = (templates or {}).get(value)
        if found is None:
            raise Misfit(f"there is no template {value}")
        return found
    if type(value) is not list or not all(type(each) is str for each in value):
        raise Misfit(f"{shown(value)} are no statics")
    return _interned(tuple(value))


def read_templates(value: Json) -> Templates:
    """Return the table of templates by number; None if there is none."""
    if value is None:
        return None
    if type(value) is not dict:
        raise Misfit(f"{shown(value)} are no templates")
    table = {read_index(key): read_statics(each, None) for key, each in value.items()}
    return {index: each for index, each in table.items() if index is not None}


def read_stream(value: Json) -> Stream:
    """Return `[ref, inserts, deletes, reset?]`, whichever version wrote it."""
    if type(value) is not list or len(value) < 3:
        raise Misfit(f"{shown(value)} is no stream")
    inserts = value[1]
    if type(inserts) is dict:  # until 0.20.3
        inserts = [[dom_id, *listed(rest)] for dom_id, rest in inserts.items()]
    deletes = listed(value[2])
    if not all(type(dom_id) is str for dom_id in deletes):
        raise Misfit(f"{shown(deletes)} are no DOM ids")
    return Stream(
        ref=str(value[0]),
        inserts=tuple(_insert(each) for each in listed(inserts)),
        deletes=tuple(deletes),
        reset=len(value) > 3,
    )


def _insert(value: Json) -> StreamInsert:
    try:
        dom_id, at, limit, update_only = [*listed(value), None, None][:4]
        fields = dom_id, at, limit, update_only is True
        return msgspec.convert(fields, StreamInsert)
    except ValueError:
        raise Misfit(f"{shown(value)} is no insert of a stream") from None


def read_events(value: Json) -> tuple[list[Json], ...]:
    """Return the events: lists of a name, a payload and sometimes True."""
    if value is None:
        return ()
    events = listed(value)
    for event in events:
        if type(event) is not list or len(event) < 2 or type(event[0]) is not str:
            raise Misfit(f"{shown(event)} is no event")
    return tuple(events)


def read_title(value: Json) -> str | None:
    """Return the page's new title; None leaves it as it is."""
    if value is not None and type(value) is not str:
        raise Misfit(f"{shown(value)} is no title")
    return value


def listed(value: Json) -> list[Json]:
    """Return `value` if it is a list."""
    if type(value) is not list:
        raise Misfit(f"{shown(value)} is no list")
    return value


def read_cid(key: str) -> int:
    """Return a component's number."""
    cid = read_index(key)
    if cid is None:
        raise Misfit(f"{shown(key)} is no cid")
    return cid


_DIGITS: Final = tuple(map(str, range(1024)))
_INDICES: Final = {digits: index for index, digits in enumerate(_DIGITS)}


def digits(index: int) -> str:
    """Return the key of a dynamic, as JSON has it."""
    return _DIGITS[index] if index < len(_DIGITS) else str(index)


def read_index(key: str) -> int | None:
    """Return the index that `key` spells; None for the wire's letters."""
    index = _INDICES.get(key)
    if index is None and key.isascii() and key.isdigit() and key[0] != "0":
        return int(key) if len(key) < 16 else None
    return index


def shown(value: Json) -> str:
    """Return the beginning of `value` for a message."""
    text = quoted_json(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def quoted_json(value: Json) -> str:
    """Return `value` as JSON; the name of its type if it cannot be."""
    try:
        return msgspec.json.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return ascii(type(value))
