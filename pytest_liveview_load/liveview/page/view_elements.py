"""The elements of live views, also in HTML that is not parsed, and the view that a session names.

A view's own HTML tells where nested and sticky views are; the signed `data-phx-session` of
a view holds an Erlang term with the view's module.
"""

import base64
import html as entities
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.liveview.page.html import (
    PHX_MAIN,
    PHX_PARENT_ID,
    PHX_SESSION,
    PHX_STATIC,
    PHX_STICKY,
    PHX_VIEW_NAME,
    Element,
)
from pytest_liveview_load.liveview.protocol.wire import PHX_COMPONENT

_SESSION_ATTRIBUTE: Final = f'{PHX_SESSION}="'
_ATTRIBUTE: Final = re.compile(r'\s+([^\s"=<>/]+)(?:="([^"]*)")?')
_TAG_START: Final = re.compile(r"<[a-zA-Z][^\s<>/]*")
_COMPONENT_IDS: Final = re.compile(f'{PHX_COMPONENT}="([0-9]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewElement:
    """The element of one view.

    `name` is the view's module ("Roost.CounterLive") or ""; `static` and `parent_id` are ""
    where it has none: a root view has no parent. The `session` of a nested child is empty
    in the dead render and comes with its parent's join. `in_main` is whether it stands
    inside the main view of the dead render.
    """

    id: str
    session: str
    static: str = ""
    main: bool = False
    sticky: bool = False
    name: str = ""
    parent_id: str = ""
    in_main: bool = False


def view_element(
    attributes: Mapping[str, str], *, in_main: bool = False
) -> ViewElement:
    """Return the view whose element has these attributes."""
    session = attributes.get(PHX_SESSION, "")
    return ViewElement(
        id=attributes.get("id", ""),
        session=session,
        static=attributes.get(PHX_STATIC, ""),
        main=PHX_MAIN in attributes,
        sticky=PHX_STICKY in attributes,
        name=attributes.get(PHX_VIEW_NAME) or view_name(session),
        parent_id=attributes.get(PHX_PARENT_ID, ""),
        in_main=in_main,
    )


def nested_views_in(html: str) -> Mapping[str, ViewElement]:
    """Return the nested and sticky views by id, in document order."""
    found: dict[str, ViewElement] = {}
    at = html.find(_SESSION_ATTRIBUTE)
    while at >= 0:
        tag = _TAG_START.match(html, html.rfind("<", 0, at))
        if tag is not None:
            view = view_element(_attributes(html, tag.end()))
            found[view.id] = view
        at = html.find(_SESSION_ATTRIBUTE, at + len(_SESSION_ATTRIBUTE))
    return found


def _attributes(html: str, at: int) -> dict[str, str]:
    attributes: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(html, at)) is not None:
        attributes[match[1]] = entities.unescape(match[2] or "")
        at = match.end()
    return attributes


def component_ids_in(html: str) -> frozenset[int]:
    """Return the components whose marks are in the HTML."""
    return frozenset(map(int, _COMPONENT_IDS.findall(html)))


def removed_components(
    before: Element, after: Element, gone: AbstractSet[int]
) -> list[int]:
    """Return those of `gone` that went with an element, in the order they are announced.

    As view.ts afterElementsRemoved: of each removed element what is inside it, in the
    page's order, then its own. An element that has kept its id is not removed, also where
    it is another component's now; nobody hears of the one that it was.
    """
    kept = {each.get("id"): each.tag for each in after.iter() if each.get("id")}
    return list(dict.fromkeys(_removed(before, kept, gone)))


def _removed(
    element: Element, kept: Mapping[str | None, str], gone: AbstractSet[int]
) -> Iterator[int]:
    for child in element.iterchildren("*"):
        dom_id = child.get("id")
        own = _cid_among(child, gone)
        if (kept.get(dom_id) != child.tag) if dom_id else own is not None:
            inside = (_cid_among(each, gone) for each in child.iterdescendants())
            yield from (cid for cid in (*inside, own) if cid is not None)
        else:
            yield from _removed(child, kept, gone)


def _cid_among(element: Element, cids: AbstractSet[int]) -> int | None:
    cid = element.get(PHX_COMPONENT, "")
    return int(cid) if cid.isdecimal() and int(cid) in cids else None


# `view: Roost.CounterLive`, as it stands in an Erlang term: two atoms, each behind its tag
# and its length. Nothing else of the term is of use.
_VIEW: Final = re.compile(
    rb"(?:[sw]|[dv]\0)\x04view(?:[sw]|[dv]\0)(.)Elixir\.", re.DOTALL
)


def view_name(session: str) -> str:
    """Return the module of the view, such as "Roost.CounterLive", or "" if it cannot be read."""
    try:
        payload = session.split(".")[1]
        term = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except (IndexError, ValueError):
        return ""
    found = _VIEW.search(term)
    if found is None:
        return ""
    end = found.end(1) + found[1][0]
    return (
        term[found.end() : end].decode("utf-8", "replace") if end <= len(term) else ""
    )
