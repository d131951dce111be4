"""The live views that a view's own HTML holds places for: nested and sticky ones.

Law: read from the text, tag by tag. LiveView writes a place as one tag with
`data-phx-session` and without content, so that no tree need be built to find it.
"""

import html as entities
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pytest_liveview_load.liveview.page.attributes import (
    PHX_SESSION,
    PHX_STATIC,
    PHX_STICKY,
    PHX_VIEW_NAME,
)
from pytest_liveview_load.liveview.page.session_token import view_name

_MARK: Final = f'{PHX_SESSION}="'
_ATTRIBUTE: Final = re.compile(r'\s+([^\s"=<>/]+)(?:="([^"]*)")?')
_TAG: Final = re.compile(r"<[a-zA-Z][^\s<>/]*")


class NestedView(NamedTuple):
    """The place of one view in another's HTML; `static` is "" where it has none."""

    id: str
    session: str
    static: str
    sticky: bool
    name: str


def nested_views(html: str) -> Mapping[str, NestedView]:
    """Return the places by view id, in document order."""
    found: dict[str, NestedView] = {}
    at = html.find(_MARK)
    while at >= 0:
        tag = _TAG.match(html, html.rfind("<", 0, at))
        if tag is not None:
            place = _place(html, tag.end())
            found[place.id] = place
        at = html.find(_MARK, at + len(_MARK))
    return found


def _place(html: str, at: int) -> NestedView:
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
