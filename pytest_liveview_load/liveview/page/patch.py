"""What dom_patch.ts does that a person can see: a view's old elements, new HTML, streams.

For most pages the new HTML is the new DOM. It is not where elements outlive the HTML:
the items of a stream (`phx-update="stream"`), which the server sends once and forgets,
and what the page keeps to itself (`phx-update="ignore"`).

Law of this file: the old tree is shared and never changed; a patch works on its copy.
Elements that a client takes out with a transition (`phx-remove`) are gone at once: without
layout it takes no time.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Final

from lxml import etree

from pytest_liveview_load.liveview.page.html import Element, finder
from pytest_liveview_load.liveview.page.stream_container import (
    StreamContainer,
    StreamPatch,
)
from pytest_liveview_load.liveview.protocol.rendered import Stream
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire_keys import (
    PHX_COMPONENT,
    PHX_STREAM_REF,
    PHX_UPDATE,
)

# Where there is none of this in the HTML, the HTML is the DOM.
OUTLIVES_HTML: Final = PHX_UPDATE


_BY_ID: Final = finder(".//*[@id=$id]")
_BY_COMPONENT: Final = finder(f".//*[@{PHX_COMPONENT}=$cid]")
_BY_STREAM: Final = finder(f".//*[@{PHX_STREAM_REF}=$ref]")
_COMPONENTS_INSIDE: Final = finder(f".//*[@{PHX_COMPONENT}]")
_LOOSE_ROWS: Final = finder(".//table/tr")
_STREAMS: Final = finder(f".//*[@{PHX_UPDATE}='stream']")
_IGNORED: Final = finder(f".//*[@{PHX_UPDATE}='ignore' or @data-phx-update='ignore']")


def parse_fragment(html: str) -> Element:
    """Return a wrapper whose children are what `html` holds.

    Never raises; comments and processing instructions are left out.
    """
    # A parser each: it keeps an error log and a lock.
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    document = f"<html><body>{html}".encode("utf-8", "replace")
    page = etree.fromstring(document, parser)
    body = page[0]
    page.remove(body)
    body.tag = "div"
    for row in _LOOSE_ROWS(body):
        _put_into_body(row)
    return body


def _put_into_body(row: Element) -> None:
    """Wrap a table's row in a `tbody`, as a browser's parser does."""
    table, before = row.getparent(), row.getprevious()
    if table is None:
        return
    if before is not None and before.tag == "tbody":
        body = before
    else:
        body = etree.Element("tbody")
        row.addprevious(body)
    body.append(row)


def first_render(
    html: str, streams: Iterable[Stream], dialect: Dialect, *, fresh: bool = False
) -> Element:
    """Return the DOM after a join.

    `fresh`: no dead render came before, the containers of streams are new (a live
    navigation); otherwise they are there, emptied by the join.
    """
    new = parse_fragment(html)
    patch = StreamPatch(streams, dialect)
    for element in _STREAMS(new):
        container = StreamContainer(patch, element)
        if fresh:
            container.arrive()
        else:
            container.merge([])
    return new


def patch(
    old: Element, html: str, streams: Iterable[Stream], dialect: Dialect
) -> Element:
    """Return the DOM after a diff of the whole view."""
    work = copy.deepcopy(old)
    patch = StreamPatch(streams, dialect)
    _remove_items(work, patch)
    new = parse_fragment(html)
    _settle(new, work, patch)
    return new


def patch_components(
    old: Element,
    cids: Iterable[int],
    component_html: Callable[[int], str],
    streams: Iterable[Stream],
    dialect: Dialect,
) -> Element:
    """Return the DOM after a diff of components alone, patched one by one.

    Those inside others of the diff come with them, those not on the page stay out of it
    (as view.ts update with findExistingParentCIDs).
    """
    work = copy.deepcopy(old)
    patch = StreamPatch(streams, dialect)
    _remove_items(work, patch)
    for cid in _outermost(work, cids):
        places = _BY_COMPONENT(work, cid=str(cid))
        new = parse_fragment(component_html(cid))
        _settle(new, work, patch)
        _replace(places, new)
    return work


# The whole view


def _remove_items(work: Element, patch: StreamPatch) -> None:
    """Take out what streams reset or delete; what comes again is kept at hand."""
    for stream in patch.streams:
        if stream.reset:
            for element in _BY_STREAM(work, ref=stream.ref):
                if not patch.stays_on_reset(element, stream):
                    patch.take_out(element)
        for dom_id in stream.deletes:
            for element in _BY_ID(work, id=dom_id):
                patch.take_out(element)


def _settle(new: Element, work: Element, patch: StreamPatch) -> None:
    """Put into `new` what outlives the HTML; `work` gives it up."""
    for element in _STREAMS(new):
        container = StreamContainer(patch, element)
        before = _same(work, element)
        if before is None:
            container.arrive()
        else:
            container.merge(list(before))
    for before in _IGNORED(work):
        dom_id = before.get("id")
        after = _BY_ID(new, id=dom_id) if dom_id else []
        if after and after[0] is not before and after[0].tag == before.tag:
            _keep_ignored(before, after[0])


def _same(work: Element, element: Element) -> Element | None:
    """Return the old element that morphdom would match: by id and tag."""
    dom_id = element.get("id")
    found = _BY_ID(work, id=dom_id) if dom_id else []
    return found[0] if found and found[0].tag == element.tag else None


def _keep_ignored(before: Element, after: Element) -> None:
    """Put the old element in place of the new, with the new one's data- attributes.

    As dom.ts mergeAttrs with isIgnored.
    """
    names = {str(name) for name in (*before.attrib, *after.attrib)}
    for name in names:
        if name.startswith("data-"):
            value = after.get(name)
            if value is None:
                del before.attrib[name]
            else:
                before.set(name, value)
    parent = after.getparent()
    if parent is not None:
        before.tail = after.tail
        parent.replace(after, before)


# Components


def _outermost(work: Element, cids: Iterable[int]) -> list[int]:
    present: list[int] = []
    inside: set[str] = set()
    for cid in cids:
        places = _BY_COMPONENT(work, cid=str(cid))
        if places:
            present.append(cid)
        for place in places:
            inside.update(
                each.get(PHX_COMPONENT, "") for each in _COMPONENTS_INSIDE(place)
            )
    return [cid for cid in present if str(cid) not in inside]


def _replace(places: list[Element], new: Element) -> None:
    """Put the children of `new` where the component's roots are."""
    first = places[0]
    parent = first.getparent()
    if parent is None:
        return
    roots = list(new)
    index = parent.index(first)
    tail = places[-1].tail
    ref = first.get(PHX_STREAM_REF)
    if ref is not None and roots:  # an item of a stream stays one
        roots[0].set(PHX_STREAM_REF, ref)
    for place in places:
        if place.getparent() is parent:
            parent.remove(place)
    parent[index:index] = roots
    if roots:
        roots[-1].tail = tail
