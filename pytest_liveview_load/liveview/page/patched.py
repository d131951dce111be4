"""Which elements the patches of a page went through, and which they left alone.

A browser's patch gives each field that it goes through the server's value again
(morphdom), so what a person entered depends on it. It does not go through what the diff
does not touch (`protocol/skips.py`), `phx-update="ignore"`, other views, and the items of
a stream that the diff does not hold.
"""

import enum
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.fields import (
    SELECT_ONE,
    SELECTS,
    TEXTAREA,
    Field,
)
from pytest_liveview_load.liveview.page.html import Element, parse_fragment
from pytest_liveview_load.liveview.page.js_overlay import JsChanges
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.skips import (
    PHX_SKIP,
    component_with_skips,
    html_with_skips,
)
from pytest_liveview_load.liveview.protocol.wire import (
    BESIDE_TREE,
    COMPONENTS,
    PHX_COMPONENT,
    PHX_UPDATE,
    parse_json,
)

_KEPT: Final = 256
_STREAM: Final = "stream"
_IGNORE: Final = "ignore"
_SKIPPED: Final = html.finder(f".//*[@{PHX_SKIP}]")
_ITEMS: Final = html.finder(f".//*[@{PHX_UPDATE}='{_STREAM}']/*[@id]")


class Visit(enum.Enum):
    """What the patches since the last look did to an element."""

    NONE = "none"
    PATCHED = "patched"
    NEW = "new"  # it is another than before, with its view


class ViewPatch(NamedTuple):
    """A diff, the state that it led to, and whether that is another than before."""

    state: ViewState
    diff: bytes
    changed: bool


# A join that patched what was there, or that made the view anew; or a diff.
Patch: TypeAlias = ViewPatch | Visit
# The patches of each view since the last look, by its id.
Patches: TypeAlias = Mapping[str, Sequence[Patch]]


class _Place(NamedTuple):
    """Where an element is: below an id, a component or the view's element."""

    anchor: str
    path: tuple[int, ...]


class _Reach(NamedTuple):
    """How far one diff's patch went."""

    whole: bool  # through the view, but for what it skipped
    components: frozenset[str]  # without the view: through these
    skipped: frozenset[_Place]
    items: frozenset[str]  # of streams, by id


_NOWHERE: Final = _Reach(False, frozenset(), frozenset(), frozenset())  # noqa: FBT003


def visit(document: Document, element: Element, patches: Patches) -> Visit:
    """Return what the patches did to an element of the document that they led to."""
    chain, view_id = _way_out(document, element)
    found = Visit.NONE
    for patch in patches.get(view_id, ()):
        if patch is Visit.NEW:
            return Visit.NEW
        if isinstance(patch, Visit):
            went = not any(_ignored(node) for node in chain)
        else:
            went = _went_through(_reach(patch), chain)
        if went:
            found = Visit.PATCHED
    return found


def was_patched(document: Document, element: Element, patches: Patches) -> bool:
    """Tell whether any of the patches went through the element."""
    return visit(document, element, patches) is not Visit.NONE


def _way_out(document: Document, element: Element) -> tuple[list[Element], str]:
    """Return the element and what it is in, up to its view, and the view's id.

    Out of a portal, on from where it comes from.
    """
    chain: list[Element] = []
    node: Element | None = element
    while node is not None:
        if node.get(html.PHX_SESSION) is not None:
            return chain, document.unmask(node.get("id", ""))
        chain.append(node)
        source = node.get(html.PHX_TELEPORTED_SRC)
        if source is None:
            node = node.getparent()
        else:
            node = next(iter(html.by_id(document.root, id=source)), None)
    return chain, ""


def _went_through(reach: _Reach, chain: list[Element]) -> bool:
    for node in chain:
        if _ignored(node) or _place(node) in reach.skipped:
            return False
        if node.get(PHX_COMPONENT) in reach.components:
            return True
        parent = node.getparent()
        if (
            parent is not None
            and parent.get(PHX_UPDATE) == _STREAM
            and node.get("id") not in reach.items
        ):
            return False
    return reach.whole


def _ignored(node: Element) -> bool:
    return _IGNORE in (node.get(PHX_UPDATE), node.get(f"data-{PHX_UPDATE}"))


def _place(element: Element) -> _Place:
    path: list[int] = []
    for node in html.ancestors(element):
        parent, cid = node.getparent(), node.get(PHX_COMPONENT)
        anchor = node.get("id") or (cid and f"{PHX_COMPONENT}={cid}")
        if parent is None or node.get(html.PHX_SESSION) is not None:
            break
        if anchor:
            return _Place(anchor, tuple(path))
        path.append(parent.index(node))
    return _Place("", tuple(path))


@lru_cache(maxsize=_KEPT)
def _reach(patch: ViewPatch) -> _Reach:
    diff = parse_json(patch.diff)
    rendered = patch.state.merged.rendered
    if not patch.changed:
        rendered = rendered.without_streams()
    components = diff.get(COMPONENTS)
    if not BESIDE_TREE.issuperset(diff):
        whole = parse_fragment(html_with_skips(rendered, diff))
        return _Reach(True, frozenset(), *_left_out([whole]))  # noqa: FBT003
    if not components:
        return _NOWHERE  # no patch at all
    roots = [
        parse_fragment(component_with_skips(rendered, diff, int(cid)))
        for cid in components
    ]
    return _Reach(False, frozenset(components), *_left_out(roots))  # noqa: FBT003


def _left_out(roots: Sequence[Element]) -> tuple[frozenset[_Place], frozenset[str]]:
    return frozenset(_places(roots)), frozenset(
        item.get("id", "") for root in roots for item in _ITEMS(root)
    )


def _places(roots: Sequence[Element]) -> Iterator[_Place]:
    for root in roots:
        for element in _SKIPPED(root):
            yield _place(element)


# What a patch leaves as it was on the field with the focus.


class Unpatched(NamedTuple):
    """The `value` of a field, or which options of a select have `selected`."""

    value: str | None = None
    options: frozenset[int] | None = None

    def changes(self, field: Field) -> Iterator[JsChanges]:
        """Yield what is different from what the server rendered."""
        if self.options is None:
            yield _with_attribute(field.element, "value", self.value)
            return
        for at, option in enumerate(field.element.iter("option")):
            value = "" if at in self.options else None
            yield _with_attribute(option, "selected", value)


def _with_attribute(element: Element, name: str, value: str | None) -> JsChanges:
    identity = html.identify(element)
    if value is None:
        return JsChanges(identity, unsets=(name,))
    return JsChanges(identity, sets=((name, value),))


def attributes_of(field: Field) -> object:
    """Return the attributes that say what a field holds; a textarea's text."""
    if field.type in SELECTS:
        options = field.element.iter("option")
        return [(each.get("value"), "selected" in each.attrib) for each in options]
    return field.value if field.type == TEXTAREA else field.element.get("value")


def kept_options(was: Field, now: Field, chosen: Sequence[str]) -> Unpatched:
    """Return which options keep `selected` in a select with the focus.

    One that was patched all the same has it on the choice (dom_patch.ts isChangedSelect);
    one of several choices is left as it was.
    """
    if now.type == SELECT_ONE:
        values = [option.value for option in now.options]
        return Unpatched(
            options=frozenset(values.index(each) for each in chosen if each in values)
        )
    options = enumerate(was.element.iter("option"))
    return Unpatched(
        options=frozenset(at for at, each in options if "selected" in each.attrib)
    )
