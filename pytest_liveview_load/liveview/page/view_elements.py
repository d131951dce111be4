"""Live views and components in HTML that is not parsed, and the view that a session names.

A view's own HTML tells where nested and sticky views are; the signed `data-phx-session` of
a view holds an Erlang term with the view's module.
"""

import base64
import binascii
import html as entities
import re
import struct
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pytest_liveview_load.liveview.page.html import (
    PHX_SESSION,
    PHX_STATIC,
    PHX_STICKY,
    PHX_VIEW_NAME,
)
from pytest_liveview_load.liveview.protocol.wire import PHX_COMPONENT

_SESSION_ATTRIBUTE: Final = f'{PHX_SESSION}="'
_ATTRIBUTE: Final = re.compile(r'\s+([^\s"=<>/]+)(?:="([^"]*)")?')
_TAG_START: Final = re.compile(r"<[a-zA-Z][^\s<>/]*")
_COMPONENT_IDS: Final = re.compile(f'{PHX_COMPONENT}="([0-9]+)"')


class NestedView(NamedTuple):
    """One view in the HTML of another; `static` is "" where it has none."""

    id: str
    session: str
    static: str
    sticky: bool
    name: str


def nested_views_in(html: str) -> Mapping[str, NestedView]:
    """Return the nested and sticky views by id, in document order."""
    found: dict[str, NestedView] = {}
    at = html.find(_SESSION_ATTRIBUTE)
    while at >= 0:
        tag = _TAG_START.match(html, html.rfind("<", 0, at))
        if tag is not None:
            view = _nested_view(html, tag.end())
            found[view.id] = view
        at = html.find(_SESSION_ATTRIBUTE, at + len(_SESSION_ATTRIBUTE))
    return found


def _nested_view(html: str, at: int) -> NestedView:
    attributes: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(html, at)) is not None:
        attributes[match[1]] = entities.unescape(match[2] or "")
        at = match.end()
    session = attributes.get(PHX_SESSION, "")
    return NestedView(
        id=attributes.get("id", ""),
        session=session,
        static=attributes.get(PHX_STATIC, ""),
        sticky=PHX_STICKY in attributes,
        name=attributes.get(PHX_VIEW_NAME) or view_name(session),
    )


def component_ids_in(html: str) -> frozenset[int]:
    """Return the components whose marks are in the HTML."""
    return frozenset(map(int, _COMPONENT_IDS.findall(html)))


# Session tokens: a signed Erlang term in base64.


_VERSION: Final = 131
_MODULE_PREFIX: Final = "Elixir."
_VIEW: Final = "view"

# Fixed-size terms that carry nothing we need: tag → bytes that follow it.
_FIXED: Final = {97: 1, 98: 4, 70: 8, 99: 31, 106: 0}
# Terms whose size stands in front: tag → (format of the size, bytes beyond it).
_SIZED: Final = {
    100: (">H", 0),  # ATOM_EXT
    118: (">H", 0),  # ATOM_UTF8_EXT
    119: (">B", 0),  # SMALL_ATOM_UTF8_EXT
    115: (">B", 0),  # SMALL_ATOM_EXT
    107: (">H", 0),  # STRING_EXT
    109: (">I", 0),  # BINARY_EXT
    77: (">I", 1),  # BIT_BINARY_EXT
    110: (">B", 1),  # SMALL_BIG_EXT
    111: (">I", 1),  # LARGE_BIG_EXT
}
_ATOMS: Final = frozenset((100, 118, 119, 115))
_SMALL_TUPLE, _LARGE_TUPLE, _LIST, _MAP = 104, 105, 108, 116


def view_name(session: str) -> str:
    """Return the module of the view, such as "Roost.CounterLive", or "" if it cannot be read."""
    try:
        payload = session.split(".")[1]
        data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        if not data or data[0] != _VERSION:
            return ""
        term, _ = _read(data, 1)
        return _find_view(term).removeprefix(_MODULE_PREFIX)
    except (IndexError, ValueError, struct.error, binascii.Error, RecursionError):
        return ""


def _find_view(term: Any) -> str:
    """Look for the map with `view` where LiveView puts it: down the first elements."""
    while isinstance(term, list) and term:
        term = next((each for each in term if isinstance(each, list | dict)), None)
    name = term.get(_VIEW, "") if isinstance(term, dict) else ""
    return name if isinstance(name, str) else ""


def _read(data: bytes, at: int) -> tuple[Any, int]:
    """Return the term at `at` and where the next begins.

    Atoms become text, tuples and lists lists, maps dicts by their atom keys; the rest None.
    """
    tag = data[at]
    at += 1
    if tag in _SIZED:
        shape, beyond = _SIZED[tag]
        (size,) = struct.unpack_from(shape, data, at)
        start = at + struct.calcsize(shape)
        end = start + size + beyond
        if end > len(data):
            raise ValueError(end)
        atom = data[start:end].decode("utf-8", "replace") if tag in _ATOMS else None
        return atom, end
    if tag in _FIXED:
        return None, at + _FIXED[tag]
    if tag == _SMALL_TUPLE:
        return _read_many(data, at + 1, data[at])
    (count,) = struct.unpack_from(">I", data, at)
    if tag == _LARGE_TUPLE:
        return _read_many(data, at + 4, count)
    if tag == _LIST:
        terms, at = _read_many(data, at + 4, count)
        _, at = _read(data, at)  # the list's tail
        return terms, at
    if tag == _MAP:
        terms, at = _read_many(data, at + 4, 2 * count)
        pairs = zip(terms[::2], terms[1::2], strict=True)
        return {key: value for key, value in pairs if isinstance(key, str)}, at
    raise ValueError(tag)  # pids, funs and the like have no place in a token


def _read_many(data: bytes, at: int, count: int) -> tuple[list[Any], int]:
    if count > len(data):
        raise ValueError(count)
    terms = []
    for _ in range(count):
        term, at = _read(data, at)
        terms.append(term)
    return terms, at
