"""What dom_patch.ts does that a person can see: a view's old elements, new HTML, streams.

For most pages the new HTML is the new DOM. It is not where elements outlive the HTML:
the items of a stream (`phx-update="stream"`), which the server sends once and forgets,
and what the page keeps to itself (`phx-update="ignore"`).

The old tree is shared and never changed; a patch works on its copy.
Elements that a client takes out with a transition (`phx-remove`) are gone at once: without
layout it takes no time.
"""

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from pytest_liveview_load.liveview.page.html import Element, finder, parse_fragment
from pytest_liveview_load.liveview.protocol.rendered import Stream, StreamInsert
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire import (
    PHX_COMPONENT,
    PHX_STREAM_REF,
    PHX_UPDATE,
)

# The container of a stream: which items it holds after a diff, and in which order.


_LAST: Final = -1


class StreamPatch:
    """What one diff's streams ask for, and the items taken out that come again."""

    def __init__(self, streams: Iterable[Stream], dialect: Dialect) -> None:
        self.streams = tuple(streams)
        self.dialect = dialect
        self.inserts: dict[str, tuple[Stream, StreamInsert]] = {
            insert.dom_id: (stream, insert)
            for stream in self.streams
            for insert in stream.inserts
        }
        self._taken_out: dict[str, Element] = {}  # of those that the diff inserts too
        self.restored: dict[str, Element] = {}  # as they were before they came again

    def insert_of(self, element: Element) -> tuple[Stream, StreamInsert] | None:
        """Return what is asked for this element, if it is an item of a stream."""
        return self.inserts.get(element.get("id", ""))

    def take_out(self, element: Element) -> None:
        """Remove an item; as removeStreamChildElement."""
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
            self.gone(element)

    def gone(self, element: Element) -> None:
        """Note that an item went; if the diff inserts it too, it will come again."""
        dom_id = element.get("id", "")
        if dom_id in self.inserts:
            self._taken_out[dom_id] = element

    def returns(self, element: Element) -> bool:
        """Tell, once, whether an item comes again that had been taken out."""
        dom_id = element.get("id", "")
        known = self._taken_out.pop(dom_id, None)
        if known is not None:
            self.restored[dom_id] = known
        return known is not None

    def before(self, element: Element, work: Element) -> Element | None:
        """Return what morphdom would match a new element with: of the same id and tag.

        An item that comes again is morphed by itself, so that what is inside it is
        looked for inside what was taken out, and nowhere else (onBeforeNodeAdded).
        """
        ancestors = element.iterancestors() if self.restored else ()
        items = (self.restored.get(each.get("id", "")) for each in ancestors)
        root = next((each for each in items if each is not None), work)
        return _matching(root, element)


@dataclass(slots=True, eq=False)
class StreamContainer:
    """One container in the new tree. Owns the list of its children while they change."""

    _patch: StreamPatch
    _element: Element
    _items: list[Element] = field(default_factory=list)

    def fill(self, before: list[Element] | None) -> None:
        """Settle what it holds; `before` are its old children, None if it is new."""
        if before is None:
            self._order_new()
        else:
            self._merge(before)
        self._element[:] = self._items

    def _order_new(self) -> None:
        """Order the children of a container that was not there before.

        The browser adds it whole and then walks its children (morphdom's
        handleNodeAdded), until one has left the container under its feet.
        """
        self._items = list(self._element)
        child = self._items[0] if self._items else None
        while child is not None and child in self._items:
            at = self._items.index(child) + 1
            after = self._items[at] if at < len(self._items) else None
            self._reorder(child, is_new=True)
            child = after

    def _merge(self, before: list[Element]) -> None:
        """Lay the new children over those the container had.

        As morphdom's morphChildren, which matches them by id and moves none itself.
        """
        self._items = before
        known = {item.get("id", ""): item for item in before}
        for child in list(self._element):
            dom_id = child.get("id")
            if not dom_id:
                continue  # dom.ts cleanChildNodes: children of streams have ids
            child.tail = None
            old = known.get(dom_id)
            if old is not None and old.tag == child.tag:
                if old in self._items:
                    child.tail = old.tail
                    ref = old.get(PHX_STREAM_REF)
                    if ref is not None:
                        child.set(PHX_STREAM_REF, ref)
                    self._items[self._items.index(old)] = child
                    self._reorder(child, is_new=False)
            else:
                self._add(child)

    def _add(self, child: Element) -> None:
        found = self._patch.insert_of(child)
        returning = self._patch.returns(child)
        if found is None:
            self._items.append(child)
            return
        stream, insert = found
        if insert.update_only and not returning:
            return
        child.set(PHX_STREAM_REF, stream.ref)
        self._items.insert(self._place(insert.at), child)
        if self._patch.dialect.resets_in_place:
            self._limit(insert, spare_inserted=True)
        self._reorder(child, is_new=True)

    def _place(self, at: int) -> int:
        """Return the index of a new item; as addChild.

        Children foreign to streams stay last, such as the text that an empty list shows.
        """
        items = self._items
        last = at == _LAST and self._patch.dialect.streams_before_others
        if last and items and items[-1].get(PHX_STREAM_REF) is None:
            return [item.get(PHX_STREAM_REF) for item in items].index(None)
        return len(items) if at < 0 else min(at, len(items))

    def _reorder(self, child: Element, *, is_new: bool) -> None:
        """Move an item where its insert wants it; as maybeReOrderStream."""
        found = self._patch.insert_of(child)
        if found is None:
            return
        stream, insert = found
        child.set(PHX_STREAM_REF, stream.ref)
        if not (is_new or stream.reset or self._patch.dialect.resets_in_place):
            return
        if insert.at >= 0:
            # Among the others, the index is the same whichever side it comes from.
            self._items.remove(child)
            self._items.insert(min(insert.at, len(self._items)), child)
        if not self._patch.dialect.resets_in_place:
            self._limit(insert)

    def _limit(self, insert: StreamInsert, *, spare_inserted: bool = False) -> None:
        """Cut the list to the insert's limit, from its head if that is negative."""
        limit = insert.limit
        if limit is None or (limit == 0 and not self._patch.dialect.limit_zero_empties):
            return
        surplus = self._items[:limit] if limit < 0 else self._items[limit:]
        for item in surplus:
            if spare_inserted and item.get("id", "") in self._patch.inserts:
                continue
            self._patch.gone(item)
            self._items.remove(item)


# Where there is none of this in the HTML, the HTML is the DOM.
OUTLIVES_HTML: Final = PHX_UPDATE


_BY_ID: Final = finder(".//*[@id=$id]")
_BY_COMPONENT: Final = finder(f".//*[@{PHX_COMPONENT}=$cid]")
_BY_STREAM: Final = finder(f".//*[@{PHX_STREAM_REF}=$ref]")
_COMPONENTS_INSIDE: Final = finder(f".//*[@{PHX_COMPONENT}]")
_STREAMS: Final = finder(f".//*[@{PHX_UPDATE}='stream']")
_IGNORED: Final = finder(
    f"descendant-or-self::*[@{PHX_UPDATE}='ignore' or @data-phx-update='ignore']"
)


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
        StreamContainer(patch, element).fill(None if fresh else [])
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
                found = patch.insert_of(element)
                inserted = found is not None and found[0] is stream
                # Old clients leave an item that comes again where it is.
                if not (inserted and patch.dialect.resets_in_place):
                    patch.take_out(element)
        for dom_id in stream.deletes:
            for element in _BY_ID(work, id=dom_id):
                patch.take_out(element)


def _settle(new: Element, work: Element, patch: StreamPatch) -> None:
    """Put into `new` what outlives the HTML; `work` gives it up."""
    for element in _STREAMS(new):
        found = patch.before(element, work)
        StreamContainer(patch, element).fill(None if found is None else list(found))
    for root in (work, *patch.restored.values()):
        for before in _IGNORED(root):
            after = _matching(new, before)
            if after is not None and after is not before:
                _keep_ignored(before, after)


def _matching(root: Element, element: Element) -> Element | None:
    """Return what morphdom would match the element with: of the same id and tag."""
    dom_id = element.get("id")
    found = _BY_ID(root, id=dom_id) if dom_id else []
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
