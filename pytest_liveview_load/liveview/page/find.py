"""The one element that a person means, or an error that shows what there is instead.

Law: strict. Nothing is guessed: no match and several matches are both errors, with the
nearest candidates or the matches themselves.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page.fields import is_disabled
from pytest_liveview_load.liveview.page.html import (
    DATA_METHOD,
    DATA_TO,
    PHX_CLICK,
    PHX_LIVE_LINK,
    PHX_SESSION,
    PHX_TELEPORTED,
    Element,
    ancestors,
    attributes_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_liveview_load.liveview.page.document import Document

ROLES: Final = {
    "any": "*",
    "click": "a, button, label, summary, option, [phx-click], [data-method],"
    " input[type=submit], input[type=button], input[type=checkbox], input[type=radio]",
    "field": "input, select, textarea",
    "form": "form",
}
_NEEDED: Final = {
    "any": "an element",
    "click": "an element to click",
    "field": "a field",
    "form": "a form",
}
_SHOWN: Final = 5
_NEAR: Final = 0.5  # difflib ratio below which a name is not alike
_LOOKED_AT: Final = 3000  # elements compared for an error, at most
_WORD: Final = re.compile(r"[\w-]+")


def one(
    document: Document,
    css: str | None,
    *,
    text: str | None,
    label: str | None,
    role: str,
) -> Element:
    """Return the only match (see Document.one).

    Raises:
        ElementError: None or several.
    """
    asked, is_vague = _asked(document, css, text, label, role)
    found = document.all(css if css is not None else ROLES[role])
    if label is not None:
        found = _labelled(document, found, label)
    if text is not None:
        found = _reading(document, found, text)
    if len(found) == 1:
        return found[0]
    if not found:
        wanted = " ".join(each for each in (css, text, label) if each)
        near = _nearest(document, wanted, role)
        if label is not None:
            near = near or _known_labels(document)
        problem = "is needed, and there is none" if is_vague else "matches nothing"
        raise ElementError(asked, problem, candidates=near, url=document.url)
    shown = [document.describe(each) for each in found[:_SHOWN]]
    if is_vague:
        problem, advice = f"is needed, and there are {len(found)}", "say which one"
    else:
        problem = f"matches {len(found)} elements"
        advice = "one is needed, so narrow it"
    raise ElementError(
        asked, problem, advice=advice, candidates=shown, url=document.url
    )


def _asked(
    document: Document,
    css: str | None,
    text: str | None,
    label: str | None,
    role: str,
) -> tuple[str, bool]:
    """Return what was asked for, and whether that was no more than a kind of element."""
    parts = [repr(css)] if css is not None else []
    for name, given in (("text", text), ("label", label)):
        if given is not None:
            parts.append(f"{name}={given!r}")
            if not isinstance(given, str):
                raise ElementError(parts[-1], "is not a text", url=document.url)
    return (" ".join(parts), False) if parts else (_NEEDED[role], True)


# By what a person reads


def _reading(
    document: Document, found: Sequence[Element], text: str
) -> tuple[Element, ...]:
    """Keep what reads exactly so, else what contains it; of nested ones the innermost."""
    wanted = " ".join(text.split())
    readings = [(each, _readings(document, each)) for each in found]
    exact = [each for each, texts in readings if wanted in texts]
    if exact:
        return _innermost(exact)
    return _innermost(
        [each for each, texts in readings if any(wanted in one for one in texts)]
    )


def _readings(document: Document, element: Element) -> list[str]:
    texts = [document.text(element), document.attr(element, "aria-label") or ""]
    if element.tag == "input":
        texts.append(document.attr(element, "value") or "")
    return [text for text in texts if text]


def _innermost(found: list[Element]) -> tuple[Element, ...]:
    outer = {node for each in found for node in each.iterancestors()}
    return tuple(each for each in found if each not in outer)


def _labelled(
    document: Document, found: Sequence[Element], label: str
) -> tuple[Element, ...]:
    wanted = " ".join(label.split())
    labels = _labels(document)
    readings = [(each, _own_labels(document, each, labels)) for each in found]
    exact = tuple(each for each, texts in readings if wanted in texts)
    if exact:
        return exact
    return tuple(
        each for each, texts in readings if any(wanted in one for one in texts)
    )


def _labels(document: Document) -> dict[str, list[str]]:
    labels: dict[str, list[str]] = {}
    for each in document.all("label[for]"):
        labels.setdefault(each.get("for", ""), []).append(document.text(each))
    return labels


def _own_labels(
    document: Document, element: Element, labels: dict[str, list[str]]
) -> list[str]:
    named = (document.attr(element, name) for name in ("aria-label", "placeholder"))
    texts = [*labels.get(element.get("id", ""), ()), *(each or "" for each in named)]
    around = next((node for node in ancestors(element) if node.tag == "label"), None)
    if around is not None:
        texts.append(document.text(around))
    return [" ".join(text.split()) for text in texts if text]


# What there is instead


def _nearest(document: Document, wanted: str, role: str) -> list[str]:
    """Return short HTML of the elements most like what was asked for."""
    words = [word.lower() for word in _WORD.findall(wanted)] or [wanted.lower()]
    scored: list[tuple[float, int, Element]] = []
    pool = document.all(ROLES[role])[:_LOOKED_AT]
    for at, element in enumerate(pool):
        score = max((_likeness(document, word, element) for word in words), default=0.0)
        if score >= _NEAR:
            scored.append((score, -at, element))
    scored.sort(key=lambda each: each[:2], reverse=True)
    return [document.describe(element) for _, _, element in scored[:_SHOWN]]


def _known_labels(document: Document) -> list[str]:
    """Return what the labels of the page read."""
    texts = (document.text(each) for each in document.all("label"))
    return [repr(text) for text in dict.fromkeys(texts) if text][:_SHOWN]


def _likeness(document: Document, word: str, element: Element) -> float:
    attributes = attributes_of(element)
    names = [attributes.get(name, "") for name in ("id", "name", "phx-click")]
    names += attributes.get("class", "").split()
    if len(element) == 0:
        names.append(document.text(element)[:60])
    matcher = difflib.SequenceMatcher(b=word, autojunk=False)
    best = 0.0
    for name in names:
        if name:
            matcher.set_seq1(name.lower())
            if matcher.quick_ratio() > best:
                best = max(best, matcher.ratio())
    return best


# What lies around an element that answers to a click on it, found in one walk upwards.


_CONTROLS: Final = frozenset(("button", "input", "select", "textarea"))
_DISABLEABLE: Final = _CONTROLS | {"option", "optgroup", "fieldset"}


class ClickTargets(NamedTuple):
    """The closest of each kind, the element itself included; None where there is none."""

    link: Element | None  # data-phx-link
    bound: Element | None  # phx-click
    method: Element | None  # data-method with data-to
    active: Element | None  # what the browser acts on: a[href], label or form control
    control: Element | None  # `active`, if it is a form control
    view: Element | None  # the element of the view, or of the portal, that it is in


def click_targets_of(element: Element) -> ClickTargets:
    """Walk up from the element.

    As utils.ts closestPhxBinding for the live bindings: within the element's own view,
    whose element itself is not asked, and past whatever is disabled.
    """
    link = bound = method = active = view = None
    in_view = True
    node: Element | None = element
    while node is not None:
        get = node.get
        if get(PHX_SESSION) is not None:
            view = node if view is None else view
            in_view = in_view and node is element
        elif view is None and get(PHX_TELEPORTED) is not None:
            view = node
        if in_view:
            if link is None and get(PHX_LIVE_LINK) and not _is_disabled(node):
                link = node
            if bound is None and get(PHX_CLICK) is not None and not _is_disabled(node):
                bound = node
        if method is None and get(DATA_METHOD) and get(DATA_TO):
            method = node
        if active is None and _is_active(node):
            active = node
        node = node.getparent()
    control = active if active is not None and active.tag in _CONTROLS else None
    return ClickTargets(link, bound, method, active, control, view)


def _is_active(node: Element) -> bool:
    tag = node.tag
    return tag in _CONTROLS or tag == "label" or (tag == "a" and "href" in node.attrib)


def _is_disabled(node: Element) -> bool:
    return node.tag in _DISABLEABLE and is_disabled(node)
