"""Which elements stand for pushes that are not answered yet, and how.

A view keeps a log of what it pushed and what was acknowledged until all is; only who looks
at the page meanwhile works out of it what each element shows.

Law: as view.ts putRef, disableForm and undoRefs, and element_ref.ts: what a newer push
holds on to, an older one's answer does not free.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page.actions import Awaited
from pytest_liveview_load.liveview.page.attributes import (
    PHX_DISABLE_WITH,
    loading_class,
)
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element, ancestors
from pytest_liveview_load.liveview.page.identity import Identity, find, identify
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire_keys import PHX_UPDATE

_CHANGE: Final = "change"
_SUBMIT: Final = "submit"
# As constants.ts PHX_EVENT_CLASSES; what else is said of an element stays until it is free.
_EVENTS: Final = (
    "click",
    _CHANGE,
    _SUBMIT,
    "keydown",
    "keyup",
    "blur",
    "focus",
    "hook",
)
_CLASSES: Final = frozenset(map(loading_class, _EVENTS))
_ENTERED: Final = frozenset(("input", "select", "textarea"))
_UPDATES: Final = (PHX_UPDATE, f"data-{PHX_UPDATE}")


class Put(NamedTuple):
    """A push of one view: its number, what it marks, and the page when it was sent."""

    number: int
    awaited: Awaited
    document: Document


# What a view pushed, and the numbers of what was answered, in the order in which it was.
Log: TypeAlias = Sequence[Put | int]


@dataclass(slots=True)
class Waiting:
    """How one element waits. Mutable; lives for one look."""

    view: str
    loading: int | None = None
    lock: int | None = None
    before: Document | None = None  # the page when the element was locked
    classes: dict[str, None] = field(default_factory=dict)
    disabled: bool = False  # with its form
    readonly: bool = False
    disabled_with: bool = False


class _Marked(NamedTuple):
    """An element that a push marks."""

    element: Element
    lock: bool = True
    dressed: bool = True  # with the class, and phx-disable-with
    disabled: bool = False
    readonly: bool = False


def waiting(view: str, log: Log, dialect: Dialect) -> dict[Identity, Waiting]:
    """Return what waits for the replies to what one view pushed.

    Raises ElementError where a `loading:` of JS.push is no selector.
    """
    known: dict[Identity, Waiting] = {}
    for entry in log:
        if isinstance(entry, Put):
            for marked in _marked(entry, dialect):
                here = known.setdefault(identify(marked.element), Waiting(view))
                _put(here, marked, entry, dialect)
            continue
        for identity, each in list(known.items()):
            if _freed(each, entry, dialect):
                del known[identity]
    return known


# Marking


def _marked(put: Put, dialect: Dialect) -> Iterator[_Marked]:
    document, awaited = put.document, put.awaited
    source = find(document.root, awaited.source)
    if source is None:
        return
    if awaited.kind == _SUBMIT:
        yield from _submitted(document, source, awaited.submitter, dialect)
    else:
        yield _Marked(source)
    if awaited.kind == _CHANGE:
        form = document.fields.form(source)
        if form is not None:
            yield _Marked(form)
    if awaited.loading:
        dressed = awaited.submitter is None or not dialect.awaits_in_parts
        for element in document.all(awaited.loading):
            yield _Marked(element, dressed=dressed)


def _submitted(
    document: Document, form: Element, submitter: str | None, dialect: Dialect
) -> Iterator[_Marked]:
    """Yield what waits with a form, and the form itself (disableForm)."""
    inputs = _ENTERED if dialect.awaits_selects else _ENTERED - {"select"}
    for each in document.fields.of(form):
        element, ignored = each.element, _is_ignored(each.element, form)
        button = element.tag == "button" and not ignored
        entered = element.tag in inputs and not ignored
        if not (button or entered or PHX_DISABLE_WITH in element.attrib):
            continue
        # With a submitter known, only that and the form are dressed.
        own = submitter in (None, each.key) or not dialect.awaits_in_parts
        disabled = button or (entered and each.type == "file")
        yield _Marked(element, dressed=own, disabled=disabled, readonly=entered)
    yield _Marked(form, lock=False)


def _is_ignored(element: Element, form: Element) -> bool:
    for node in ancestors(element):
        if any(node.get(name) == "ignore" for name in _UPDATES):
            return True
        if node is form:
            break
    return False


def _put(here: Waiting, marked: _Marked, put: Put, dialect: Dialect) -> None:
    lock = marked.lock
    here.loading = put.number
    if not dialect.awaits_in_parts:  # DOM.syncPendingRef
        element = marked.element
        lock = element.tag in _ENTERED or PHX_DISABLE_WITH in element.attrib
    if lock:
        here.lock = put.number
        here.before = here.before or put.document
    here.disabled = here.disabled or marked.disabled
    here.readonly = here.readonly or marked.readonly
    if marked.dressed:
        here.classes[loading_class(put.awaited.kind)] = None
        if PHX_DISABLE_WITH in marked.element.attrib:
            here.disabled_with = True


# Freeing


def _freed(here: Waiting, number: int, dialect: Dialect) -> bool:
    """Undo what the answer to push `number` undoes; return whether that is all."""
    loading, lock = here.loading, here.lock
    if not dialect.awaits_in_parts:
        return loading == number
    newer = (
        loading is not None and loading > number,
        lock is not None and lock > number,
    )
    if all(newer):
        return False
    unlocked = not newer[1]
    if lock is not None and unlocked:
        here.lock = here.before = None
    if loading is not None and not newer[0]:
        if unlocked:
            here.loading = None
            here.readonly = here.disabled = here.disabled_with = False
        _strip(here, submit=unlocked)
    elif unlocked and loading_class(_SUBMIT) in here.classes:
        here.classes.pop(loading_class(_CHANGE), None)
    return not any(newer)


def _strip(here: Waiting, *, submit: bool) -> None:
    kept = set() if submit else {loading_class(_SUBMIT)}
    for name in _CLASSES - kept:
        here.classes.pop(name, None)
