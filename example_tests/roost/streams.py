"""Streams: lists that live in the browser alone.

Law of this file: the server keeps only what happened since the last render; `flush` forgets
even that.
"""

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from roost.rendered import Each, Rendered, StreamOperations, Template

T = TypeVar("T")


class Stream(Generic[T]):
    """A list that lives in the browser alone; here are only its operations since a render."""

    def __init__(
        self, ref: str, item: Template, row: Callable[[str, T], Rendered]
    ) -> None:
        self._ref = ref
        self._item = item
        self._row = row
        self._inserts: dict[str, tuple[T, int, int | None, bool | None]] = {}
        self._deletes: list[str] = []
        self._reset = False

    def fill(self, items: Mapping[str, T]) -> None:
        """Stream the first items, as `stream/3` in mount."""
        for dom_id, item in items.items():
            self._inserts[dom_id] = (item, -1, None, None)

    def insert(
        self, dom_id: str, item: T, *, at: int = -1, limit: int | None = None
    ) -> None:
        """Insert or update one item, as `stream_insert/4`."""
        self._inserts.pop(dom_id, None)
        self._inserts[dom_id] = (item, at, limit, False)

    def delete(self, dom_id: str) -> None:
        """Remove one item, as `stream_delete_by_dom_id/3`."""
        self._deletes.append(dom_id)

    def reset(self, items: Mapping[str, T]) -> None:
        """Replace everything by `items`, as `stream(reset: true)`."""
        self._inserts.clear()
        self._reset = True
        for dom_id, item in items.items():
            self.insert(dom_id, item)

    def each(self) -> Each:
        """Return what happened since the last `flush`, for the render."""
        inserts = self._inserts.items()
        return Each(
            self._item,
            [self._row(dom_id, insert[0]) for dom_id, insert in inserts],
            stream=StreamOperations(
                self._ref,
                tuple((dom_id, *insert[1:]) for dom_id, insert in inserts),
                tuple(self._deletes),
                self._reset,
            ),
        )

    def flush(self) -> None:
        """Forget what was rendered: from now on it lives in the browser."""
        self._inserts.clear()
        self._deletes.clear()
        self._reset = False
