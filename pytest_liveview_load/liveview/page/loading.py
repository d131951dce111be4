"""Loading states: how elements show a push until its reply; and connection classes.

A view keeps a log of its pushes and of the replies. What each element shows is worked out
of it only when somebody looks at the page meanwhile.

As view.ts putRef, disableForm and undoRefs, and element_ref.ts: what a newer push
holds on to, an older one's answer does not free.
"""

import copy
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page import html
from pytest_liveview_load.liveview.page.actions import LoadingSource
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element, Identity
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire import PHX_UPDATE

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
_CLASSES: Final = frozenset(map(html.loading_class, _EVENTS))
_ENTERED: Final = html.CONTROLS - {"button"}
_UPDATES: Final = (PHX_UPDATE, f"data-{PHX_UPDATE}")


class SentPush(NamedTuple):
    """A push of one view: its number, what it marks, and the page when it was sent."""

    number: int
    loading_source: LoadingSource
    document: Document


# What a view pushed, and the numbers of what was answered, in the order in which it was.
PushLog: TypeAlias = Sequence[SentPush | int]


@dataclass(slots=True)
class LoadingState:
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


def loading_states(
    view: str, log: PushLog, dialect: Dialect
) -> dict[Identity, LoadingState]:
    """Return what waits for the replies to what one view pushed.

    Raises ElementError where a `loading:` of JS.push is no selector.
    """
    known: dict[Identity, LoadingState] = {}
    for entry in log:
        if isinstance(entry, SentPush):
            for marked in _marked(entry, dialect):
                identity = html.identify(marked.element)
                here = known.setdefault(identity, LoadingState(view))
                _put(here, marked, entry, dialect)
            continue
        for identity, each in list(known.items()):
            if _freed(each, entry, dialect):
                del known[identity]
    return known


# Marking


def _marked(put: SentPush, dialect: Dialect) -> Iterator[_Marked]:
    document, loading_source = put.document, put.loading_source
    source = html.find_by_identity(document.root, loading_source.element)
    if source is None:
        return
    if loading_source.kind == _SUBMIT:
        yield from _submitted(document, source, loading_source.submitter, dialect)
    else:
        yield _Marked(source)
    if loading_source.kind == _CHANGE:
        form = html.form_of(source)
        if form is not None:
            yield _Marked(form)
    if loading_source.loading:
        dressed = loading_source.submitter is None or not dialect.awaits_in_parts
        for element in document.all(loading_source.loading):
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
        if not (button or entered or html.PHX_DISABLE_WITH in element.attrib):
            continue
        # With a submitter known, only that and the form are dressed.
        own = submitter in (None, each.key) or not dialect.awaits_in_parts
        disabled = button or (entered and each.type == "file")
        yield _Marked(element, dressed=own, disabled=disabled, readonly=entered)
    yield _Marked(form, lock=False)


def _is_ignored(element: Element, form: Element) -> bool:
    for node in html.ancestors(element):
        if any(node.get(name) == "ignore" for name in _UPDATES):
            return True
        if node is form:
            break
    return False


def _put(here: LoadingState, marked: _Marked, put: SentPush, dialect: Dialect) -> None:
    lock = marked.lock
    here.loading = put.number
    if not dialect.awaits_in_parts:  # DOM.syncPendingRef
        element = marked.element
        lock = element.tag in _ENTERED or html.PHX_DISABLE_WITH in element.attrib
    if lock:
        here.lock = put.number
        here.before = here.before or put.document
    here.disabled = here.disabled or marked.disabled
    here.readonly = here.readonly or marked.readonly
    if marked.dressed:
        here.classes[html.loading_class(put.loading_source.kind)] = None
        if html.PHX_DISABLE_WITH in marked.element.attrib:
            here.disabled_with = True


# Freeing


def _freed(here: LoadingState, number: int, dialect: Dialect) -> bool:
    """Undo what the answer to push `number` undoes; return whether that is all."""
    loading, lock = here.loading, here.lock
    if not dialect.awaits_in_parts:
        return loading == number
    loads = loading is not None and loading > number
    locked = lock is not None and lock > number
    if loads and locked:
        return False
    unlocked = not locked
    if lock is not None and unlocked:
        here.lock = here.before = None
    if loading is not None and not loads:
        if unlocked:
            here.loading = None
            here.readonly = here.disabled = here.disabled_with = False
        kept = () if unlocked else (html.loading_class(_SUBMIT),)
        for name in _CLASSES.difference(kept):
            here.classes.pop(name, None)
    elif unlocked and html.loading_class(_SUBMIT) in here.classes:
        here.classes.pop(html.loading_class(_CHANGE), None)
    return not (loads or locked)


# What a page looks like while replies to its pushes are loading_source.


_VIEWS = html.finder(f".//*[@{html.PHX_SESSION} and @id]")
_CONTROLS = html.CONTROLS | {"fieldset", "option"}
_EMPTY = frozenset(("input", "img", "br", "hr"))


def with_loading_states(
    document: Document,
    logs: Iterable[tuple[str, PushLog]],
    dialect: Dialect,
    *,
    clicked: Identity | None = None,
) -> Document:
    """Return the page as it looks until the pushes in `logs` (by view id) are answered.

    `clicked` is what leads to another view, until that is there (historyRedirect).

    Raises ElementError where a `loading:` of JS.push is no selector.
    """
    all_waiting: dict[Identity, LoadingState] = {}
    for view, log in logs:
        all_waiting |= loading_states(view, log, dialect)
    if clicked is not None:
        link = all_waiting.setdefault(clicked, LoadingState(""))
        link.classes[html.loading_class("click")] = None
    if not all_waiting:
        return document
    now = document.plain()
    root = copy.deepcopy(now.root)
    locked = [
        (identity, before)
        for identity, each in all_waiting.items()
        if each.before is not None
        and (before := each.before.plain()).root is not now.root
    ]
    for identity, before in sorted(locked, key=lambda each: _depth(root, each[0])):
        _keep(root, identity, before)
    # All are looked for before any changes: its text may take another's place.
    elements = [html.find_by_identity(root, identity) for identity in all_waiting]
    for element, each in zip(elements, all_waiting.values(), strict=True):
        if element is not None:
            _dress(element, each, dialect)
    return now.with_root(root)


def _depth(root: Element, identity: Identity) -> int:
    element = html.find_by_identity(root, identity)
    return 0 if element is None else len(list(element.iterancestors()))


def _keep(root: Element, identity: Identity, before: Document) -> None:
    """Put a locked element back as it was, but for the views that are nested in it."""
    now = html.find_by_identity(root, identity)
    then = html.find_by_identity(before.root, identity)
    parent = None if now is None else now.getparent()
    if now is None or then is None or parent is None:
        return
    kept = copy.deepcopy(then)
    kept.tail = now.tail
    for place in _VIEWS(kept):
        current = html.by_id(root, id=place.get("id"))
        outer = place.getparent()
        if current and outer is not None:
            fresh = copy.deepcopy(current[0])
            fresh.tail = place.tail
            outer.replace(place, fresh)
    parent.replace(now, kept)


def _dress(element: Element, state: LoadingState, dialect: Dialect) -> None:
    if state.disabled:
        element.set(html.PHX_DISABLED, _word("disabled" in element.attrib))
        element.set("disabled", "")
    if state.readonly:
        if element.tag == "select":  # JavaScript: it has no such property
            element.set(html.PHX_READONLY, "undefined")
        else:
            element.set(html.PHX_READONLY, _word("readonly" in element.attrib))
            element.set("readonly", "")
    refs = {html.PHX_REF: state.loading}
    if dialect.awaits_in_parts:
        refs = {html.PHX_REF_LOADING: state.loading, html.PHX_REF_LOCK: state.lock}
    if state.view:
        element.set(html.PHX_REF_SRC, state.view)
    for name, ref in refs.items():
        if ref is not None:
            element.set(name, str(ref))
    shown = element.get("class", "").split()
    new = [each for each in state.classes if each not in shown]
    if new:
        element.set("class", " ".join((*shown, *new)))
    if state.disabled_with:
        _disable_with(element, dialect)


def _disable_with(element: Element, dialect: Dialect) -> None:
    text = element.get(html.PHX_DISABLE_WITH, "")
    element.set(html.PHX_DISABLE_WITH_RESTORE, "".join(map(str, element.itertext())))
    if text and element.tag not in _EMPTY:
        element[:] = []
        element.text = text
    if dialect.awaits_in_parts and not element.get(html.PHX_DISABLED):
        known = element.tag in _CONTROLS
        unknown = "undefined" if dialect.awaits_selects else ""
        disabled = _word("disabled" in element.attrib) if known else unknown
        element.set(html.PHX_DISABLED, disabled)
    element.set("disabled", "")


def _word(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"


# Connection classes, and the bindings that run when a view is back or gone.


CONNECTED: Final = "phx-connected"
LOADING: Final = "phx-loading"
CLIENT_ERROR: Final = "phx-loading phx-error phx-client-error"
SERVER_ERROR: Final = "phx-loading phx-error phx-server-error"

# What is worth a look at the page, as it stands in HTML and in JSON.
CONNECTION_BINDINGS: Final = {
    html.PHX_CONNECTED: html.PHX_CONNECTED.encode(),
    html.PHX_DISCONNECTED: html.PHX_DISCONNECTED.encode(),
}


def connection_commands(
    document: Document, view_id: str, name: str
) -> list[tuple[Identity, str]]:
    """Return whose commands run when the view is back or gone, as view.ts execAll."""
    return [
        (html.identify(element), element.get(name, ""))
        for element in document.all(f"[{name}]")
        if element.get(name)
        and any(document.attr(n, "id") == view_id for n in element.iterancestors())
    ]
