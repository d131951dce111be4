"""The container of a stream: which items it holds after a diff, and in which order.

Law of this file: it does to the list of a container's children what dom_patch.ts and
morphdom do to them, step by step and per version, since limits and positions make the
order of the steps visible.
"""

from collections.abc import Iterable
from typing import Final

from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.protocol.rendered import Stream, StreamInsert
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire_keys import PHX_STREAM_REF

_FIRST: Final = 0
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
        self._returning: set[str] = set()

    def insert_of(self, element: Element) -> tuple[Stream, StreamInsert] | None:
        """Return what is asked for this element, if it is an item of a stream."""
        return self.inserts.get(element.get("id", ""))

    def stays_on_reset(self, element: Element, stream: Stream) -> bool:
        """Tell whether a reset leaves the item where it is (old clients, new items)."""
        found = self.insert_of(element)
        return self.dialect.resets_in_place and found is not None and found[0] is stream

    def take_out(self, element: Element) -> None:
        """Remove an item; as removeStreamChildElement."""
        parent = element.getparent()
        if parent is not None:
            self.gone(element)
            parent.remove(element)

    def gone(self, element: Element) -> None:
        """Note that an item went; if the diff inserts it too, it will come again."""
        dom_id = element.get("id", "")
        if dom_id in self.inserts:
            self._returning.add(dom_id)

    def returns(self, element: Element) -> bool:
        """Tell, once, whether an item comes again that had been taken out."""
        dom_id = element.get("id", "")
        known = dom_id in self._returning
        self._returning.discard(dom_id)
        return known


class StreamContainer:
    """One container in the new tree. Owns the list of its children while they change."""

    def __init__(self, patch: StreamPatch, element: Element) -> None:
        self._patch = patch
        self._dialect = patch.dialect
        self._element = element
        self._items: list[Element] = []

    def arrive(self) -> None:
        """Order the children of a container that was not there before.

        The browser adds it whole and then walks its children (morphdom's
        handleNodeAdded), until one has left the container under its feet.
        """
        self._items = list(self._element)
        child = self._items[0] if self._items else None
        while child is not None:
            if child not in self._items:
                break
            at = self._items.index(child) + 1
            after = self._items[at] if at < len(self._items) else None
            self._reorder(child, is_new=True)
            child = after
        self._write()

    def merge(self, before: list[Element]) -> None:
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
                    self._update(old, child)
            else:
                self._add(child)
        self._write()

    def _update(self, old: Element, child: Element) -> None:
        ref = old.get(PHX_STREAM_REF)
        if ref is not None:
            child.set(PHX_STREAM_REF, ref)
        self._items[self._items.index(old)] = child
        self._reorder(child, is_new=False)

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
        if self._dialect.resets_in_place:
            self._limit(insert, spare_inserted=True)
        self._reorder(child, is_new=True)

    def _place(self, at: int) -> int:
        """Return the index of a new item; as addChild."""
        if at == _LAST and self._dialect.streams_before_others:
            return self._before_others()
        return len(self._items) if at < 0 else min(at, len(self._items))

    def _before_others(self) -> int:
        """Return the index after which only children foreign to streams follow.

        They stay last, such as the text that an empty list shows.
        """
        if self._items and self._items[-1].get(PHX_STREAM_REF) is None:
            for index, item in enumerate(self._items):
                if item.get(PHX_STREAM_REF) is None:
                    return index
        return len(self._items)

    def _reorder(self, child: Element, *, is_new: bool) -> None:
        """Move an item where its insert wants it; as maybeReOrderStream."""
        found = self._patch.insert_of(child)
        if found is None:
            return
        stream, insert = found
        child.set(PHX_STREAM_REF, stream.ref)
        if not (is_new or stream.reset or self._dialect.resets_in_place):
            return
        if insert.at >= _FIRST:
            # Among the others, the index is the same whichever side it comes from.
            self._items.remove(child)
            self._items.insert(min(insert.at, len(self._items)), child)
        if not self._dialect.resets_in_place:
            self._limit(insert)

    def _limit(self, insert: StreamInsert, *, spare_inserted: bool = False) -> None:
        """Cut the list to the insert's limit, from its head if that is negative."""
        limit = insert.limit
        if limit is None or (limit == 0 and not self._dialect.limit_zero_empties):
            return
        surplus = self._items[:limit] if limit < 0 else self._items[limit:]
        for item in surplus:
            if spare_inserted and item.get("id", "") in self._patch.inserts:
                continue
            self._patch.gone(item)
            self._items.remove(item)

    def _write(self) -> None:
        self._element[:] = self._items
