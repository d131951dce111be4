"""Two documents as a person sees them, line by line.

The one law: what is left out of the comparison stands in the two tables here, with its reason.
"""

import difflib
from typing import Final

import lxml.html
from lxml.etree import _Comment

# Attributes that the browser's client keeps for itself on elements.
CLIENT_ATTRIBUTES: Final = {
    "data-phx-id": "magic id that lets the client skip unchanged subtrees",
    "data-phx-root-id": "the client's pointer from a view to its root",
    "data-phx-skip": "mark of a subtree that the client did not render again",
    "data-phx-stream": "the client's own mark of which stream an item came from",
    "data-phx-ref-src": "an event of this element is under way",
    "data-phx-ref-loading": "an event of this element is under way",
    "data-phx-ref-lock": "an event of this element is under way",
}

# Classes that the browser's client puts on elements for CSS to show its state.
CLIENT_CLASSES: Final = {
    "phx-connected": "the view has joined",
    "phx-click-loading": "an event of this element is under way",
    "phx-change-loading": "an event of this element is under way",
    "phx-submit-loading": "an event of this element is under way",
    "phx-no-feedback": "0.20: the field was not used yet",
}


def lines_of(body: str) -> list[str]:
    """Return a body's innerHTML as one line per tag or text, client-only marks left out."""
    root = lxml.html.fromstring(f"<body>{body}</body>")
    lines: list[str] = []
    _write(root, "", lines)
    return lines[
        1:
    ]  # the first is <body> itself, whose attributes innerHTML does not hold


def difference(recorded: str, ours: str) -> str:
    """Return a unified diff of two bodies, empty when a person sees the same."""
    return "\n".join(
        difflib.unified_diff(
            lines_of(recorded), lines_of(ours), "recorded", "ours", lineterm="", n=2
        )
    )


def _write(element: lxml.html.HtmlElement, indent: str, lines: list[str]) -> None:
    if isinstance(element, _Comment):
        lines.append(f"{indent}<!--{element.text}-->")
    else:
        lines.append(f"{indent}<{' '.join([str(element.tag), *_attributes(element)])}>")
        _write_text(element.text, indent, lines)
        for child in element:
            _write(child, indent + " ", lines)
    _write_text(element.tail, indent[1:], lines)


def _write_text(text: str | None, indent: str, lines: list[str]) -> None:
    # A run of whitespace is one space to a person, and none where only layout stands between
    # tags: which of it survives a patch is the browser's bookkeeping.
    seen = " ".join((text or "").split())
    if seen:
        lines.append(f"{indent} {seen}")


def _attributes(element: lxml.html.HtmlElement) -> list[str]:
    kept = []
    for name, value in sorted(element.attrib.items()):
        if name in CLIENT_ATTRIBUTES:
            continue
        if name == "class":
            own = [c for c in value.split() if c not in CLIENT_CLASSES]
            if not own and value.strip():
                continue
            kept.append(f'{name}="{" ".join(own)}"')
        else:
            kept.append(f'{name}="{value}"')
    return kept
