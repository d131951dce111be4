"""Live components: parts of a view with a state and events of their own.

Law of this file: a component is found by its kind and id, and keeps its cid until the
browser says that it is gone, as `Phoenix.LiveView.Diff` keeps it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from roost import rendered
from roost.rendered import Rendered

Reply = Mapping[str, Any] | None


class UnknownEvent(Exception):
    """A view was sent an event that it has no clause for: it crashes, as Phoenix does."""


class LiveComponent:
    """Owns one component's state; a subclass is one kind of component."""

    def __init__(self, cid: int, components: "ComponentTable") -> None:
        self.cid = cid
        self.components = components  # for the components that it renders itself

    def update(self, assigns: Mapping[str, Any]) -> None:
        """Take up what the parent gives it: each assign is an attribute."""
        for name, value in assigns.items():
            setattr(self, name, value)

    async def handle_event(self, event: str, value: Mapping[str, Any]) -> Reply:
        """Answer an event whose target is this component."""
        raise UnknownEvent(
            f"{type(self).__name__} has no clause for {event!r} {value!r}"
        )

    def render(self) -> Rendered:
        """Return the component's tree: one root element."""
        raise NotImplementedError


class ComponentTable:
    """Owns the components of one view and counts their cids."""

    def __init__(self) -> None:
        self._components: dict[int, LiveComponent] = {}
        self._cids: dict[tuple[type[LiveComponent], str], int] = {}
        self._leaving: set[int] = set()
        self._last_cid = 0

    def place(
        self, kind: type[LiveComponent], name: str, assigns: Mapping[str, Any]
    ) -> rendered.Component:
        """Return the place of a component, which is made when it is first rendered."""
        cid = self._cids.get((kind, name))
        if cid is None:
            self._last_cid = cid = self._last_cid + 1
            self._cids[kind, name] = cid
            self._components[cid] = kind(cid, self)
        self._components[cid].update(assigns)
        self._leaving.discard(cid)
        return rendered.Component(cid)

    def get(self, cid: int) -> LiveComponent | None:
        """Return the component with this cid, unless it is gone."""
        return self._components.get(cid)

    def send_update(
        self, kind: type[LiveComponent], name: str, assigns: Mapping[str, Any]
    ) -> None:
        """Give a component new assigns; nothing happens if it is gone, as Phoenix."""
        cid = self._cids.get((kind, name))
        if cid is not None:
            self._components[cid].update(assigns)

    def render(self) -> dict[int, Rendered]:
        """Render every component, those too that only a component's render makes."""
        trees: dict[int, Rendered] = {}
        while len(trees) < len(self._components):
            for cid, component in list(self._components.items()):
                if cid not in trees:
                    trees[cid] = component.render()
        return trees

    @property
    def leaving(self) -> frozenset[int]:
        """The cids that the browser is about to drop: their statics must not be shared."""
        return frozenset(self._leaving)

    def will_destroy(self, cids: Iterable[int]) -> None:
        """Note that the browser is about to drop these components."""
        self._leaving.update(cid for cid in cids if cid in self._components)

    def destroyed(self, cids: Iterable[int]) -> list[int]:
        """Drop those of `cids` that no render has asked for since, and return them."""
        gone = [cid for cid in cids if cid in self._leaving]
        for cid in gone:
            del self._components[cid]
        self._cids = {
            key: cid for key, cid in self._cids.items() if cid in self._components
        }
        self._leaving.difference_update(gone)
        return gone
