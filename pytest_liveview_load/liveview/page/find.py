"""The one element that a person means, or an error that shows what there is instead.

Nothing is guessed: no match and several matches are both errors, with the nearest
candidates or the matches themselves.
"""

import difflib
import re
from collections.abc import Sequence
from itertools import islice
from typing import Final, Literal, TypeAlias

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element, ancestors, attributes_of

Role: TypeAlias = Literal["any", "click", "field", "form"]

# What can be meant: how it is found, and what it is called.
_ROLES: Final = {
    "any": ("*", "an element"),
    "click": (
        (
            "a, button, label, summary, option, [phx-click], [data-method],"
            " input[type=submit], input[type=button], input[type=checkbox], input[type=radio]"
        ),
        "an element to click",
    ),
    "field": ("input, select, textarea", "a field"),
    "form": ("form", "a form"),
}
_SHOWN: Final = 5
_NEAR: Final = 0.5  # difflib ratio below which a name is not alike
_COMPARED: Final = 3000  # elements compared for an error, at most
_WORD: Final = re.compile(r"[\w-]+")


def find_one(
    document: Document,
    css: str | None = None,
    *,
    text: str | None = None,
    label: str | None = None,
    role: Role = "any",
) -> Element:
    """Return the only element that matches.

    `text` keeps those that read exactly so, else those that contain it; `label` keeps
    fields whose label (`<label>`, `aria-label`, `placeholder`) reads so. Without `css`
    every element of the `role` is a candidate.

    Raises:
        ElementError: None or several match, or `css` is no selector.
    """
    for name, given in (("text", text), ("label", label)):
        if given is not None and not isinstance(given, str):
            raise ElementError(f"{name}={given!r}", "is not a text", url=document.url)
    found = document.all(css if css is not None else _ROLES[role][0])
    if label is not None:
        found = _labelled(document, found, label)
    if text is not None:
        found = _reading(document, found, text)
    if len(found) == 1:
        return found[0]
    raise _not_one(document, found, css, text, label, role)


def _not_one(
    document: Document,
    found: Sequence[Element],
    css: str | None,
    text: str | None,
    label: str | None,
    role: Role,
) -> ElementError:
    named = {"text": text, "label": label}
    parts = [repr(css)] if css is not None else []
    parts += [f"{name}={given!r}" for name, given in named.items() if given is not None]
    is_vague, advice = not parts, ""
    asked = " ".join(parts) or _ROLES[role][1]
    if not found:
        problem = "is needed, and there is none" if is_vague else "matches nothing"
        wanted = " ".join(each for each in (css, text, label) if each)
        shown = _nearest(document, wanted, role)
        if label is not None:
            shown = shown or _known_labels(document)
        elif text is not None and css is None:
            shown = shown or _known_texts(document, role)
    else:
        shown = [document.describe(each) for each in found[:_SHOWN]]
        if is_vague:
            problem, advice = f"is needed, and there are {len(found)}", "say which one"
        else:
            problem = f"matches {len(found)} elements"
            advice = "one is needed, so narrow it"
    return ElementError(
        asked, problem, advice=advice, candidates=shown, url=document.url
    )


# By what a person reads


def _reading(
    document: Document, found: Sequence[Element], text: str
) -> tuple[Element, ...]:
    """Keep what reads exactly so, else what contains it; of nested ones the innermost."""
    readings = [(each, _readings(document, each)) for each in found]
    alike = _matching(readings, text)
    outer = {node for each in alike for node in each.iterancestors()}
    return tuple(each for each in alike if each not in outer)


def _matching(readings: list[tuple[Element, list[str]]], text: str) -> list[Element]:
    """Return what reads exactly so, else what contains it."""
    wanted = " ".join(text.split())
    exact = [each for each, texts in readings if wanted in texts]
    return exact or [e for e, texts in readings if any(wanted in one for one in texts)]


def _readings(document: Document, element: Element) -> list[str]:
    texts = [document.text(element), document.attr(element, "aria-label") or ""]
    if element.tag == "input":
        texts.append(document.attr(element, "value") or "")
    return [text for text in texts if text]


def _labelled(
    document: Document, found: Sequence[Element], label: str
) -> tuple[Element, ...]:
    labels = _labels(document)
    readings = [(each, _own_labels(document, each, labels)) for each in found]
    return tuple(_matching(readings, label))


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


def _nearest(document: Document, wanted: str, role: Role) -> list[str]:
    """Return short HTML of the elements most like what was asked for."""
    words = {wanted.lower(), *(word.lower() for word in _WORD.findall(wanted))}
    scored: list[tuple[float, int, Element]] = []
    pool = document.all(_ROLES[role][0])[:_COMPARED]
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


def _known_texts(document: Document, role: Role) -> list[str]:
    """Return short HTML of the first elements that read as anything."""
    pool = document.all(_ROLES[role][0])[:_COMPARED]
    readable = (each for each in pool if _readings(document, each))
    return [document.describe(each) for each in islice(readable, _SHOWN)]


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
