"""What a page looks like while replies to its pushes are awaited.

    <button id="save" phx-disable-with="Saving…">   →   <button disabled …>Saving…</button>

Law: a tree of its own for who looks; the shared one, and the user's forms, know nothing
of it. What is locked shows what it showed when it was (dom_patch.ts maybeCloneLockedElement).
"""

import copy
from collections.abc import Iterable

from pytest_liveview_load.liveview.page.attributes import (
    PHX_DISABLE_WITH,
    PHX_DISABLE_WITH_RESTORE,
    PHX_DISABLED,
    PHX_READONLY,
    PHX_REF,
    PHX_REF_LOADING,
    PHX_REF_LOCK,
    PHX_REF_SRC,
    PHX_SESSION,
    loading_class,
)
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element, by_id, finder
from pytest_liveview_load.liveview.page.identity import Identity, find
from pytest_liveview_load.liveview.page.loading import Log, Waiting, waiting
from pytest_liveview_load.liveview.protocol.versions import Dialect

_VIEWS = finder(f".//*[@{PHX_SESSION} and @id]")
_CONTROLS = frozenset(("input", "select", "textarea", "button", "fieldset", "option"))
_EMPTY = frozenset(("input", "img", "br", "hr"))


def busy(
    document: Document,
    logs: Iterable[tuple[str, Log]],
    dialect: Dialect,
    *,
    clicked: Identity | None = None,
) -> Document:
    """Return the page as it looks until the pushes in `logs` (by view id) are answered.

    `clicked` is what leads to another view, until that is there (historyRedirect).

    Raises ElementError where a `loading:` of JS.push is no selector.
    """
    all_waiting: dict[Identity, Waiting] = {}
    for view, log in logs:
        all_waiting |= waiting(view, log, dialect)
    if clicked is not None:
        link = all_waiting.setdefault(clicked, Waiting(""))
        link.classes[loading_class("click")] = None
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
    found = [(find(root, identity), each) for identity, each in all_waiting.items()]
    for element, each in found:
        if element is not None:
            _dress(element, each, dialect)
    return now.redrawn(root)


def _depth(root: Element, identity: Identity) -> int:
    element = find(root, identity)
    return 0 if element is None else len(list(element.iterancestors()))


def _keep(root: Element, identity: Identity, before: Document) -> None:
    """Put a locked element back as it was, but for the views that are nested in it."""
    now, then = find(root, identity), find(before.root, identity)
    parent = None if now is None else now.getparent()
    if now is None or then is None or parent is None:
        return
    kept = copy.deepcopy(then)
    kept.tail = now.tail
    for place in _VIEWS(kept):
        current = by_id(root, id=place.get("id"))
        outer = place.getparent()
        if current and outer is not None:
            twin = copy.deepcopy(current[0])
            twin.tail = place.tail
            outer.replace(place, twin)
    parent.replace(now, kept)


def _dress(element: Element, waiting: Waiting, dialect: Dialect) -> None:
    if waiting.disabled:
        element.set(PHX_DISABLED, _word("disabled" in element.attrib))
        element.set("disabled", "")
    if waiting.readonly:
        if element.tag == "select":  # JavaScript: it has no such property
            element.set(PHX_READONLY, "undefined")
        else:
            element.set(PHX_READONLY, _word("readonly" in element.attrib))
            element.set("readonly", "")
    if dialect.awaits_in_parts:
        refs = {PHX_REF_LOADING: waiting.loading, PHX_REF_LOCK: waiting.lock}
    else:
        refs = {PHX_REF: waiting.loading}
    if waiting.view:
        element.set(PHX_REF_SRC, waiting.view)
    for name, ref in refs.items():
        if ref is not None:
            element.set(name, str(ref))
    shown = element.get("class", "").split()
    new = [each for each in waiting.classes if each not in shown]
    if new:
        element.set("class", " ".join((*shown, *new)))
    if waiting.disabled_with:
        _disable_with(element, dialect)


def _disable_with(element: Element, dialect: Dialect) -> None:
    text = element.get(PHX_DISABLE_WITH, "")
    element.set(PHX_DISABLE_WITH_RESTORE, "".join(map(str, element.itertext())))
    if text and element.tag not in _EMPTY:
        element[:] = []
        element.text = text
    if dialect.awaits_in_parts and not element.get(PHX_DISABLED):
        known = element.tag in _CONTROLS
        unknown = "undefined" if dialect.awaits_selects else ""
        disabled = _word("disabled" in element.attrib) if known else unknown
        element.set(PHX_DISABLED, disabled)
    element.set("disabled", "")


def _word(value: bool) -> str:  # noqa: FBT001
    return "true" if value else "false"
