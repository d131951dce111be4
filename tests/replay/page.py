"""Two documents as a person sees them, line by line.

What is left out of the comparison stands in the two tables here, with its reason.
"""

import difflib
from typing import Final

import lxml.html
from lxml.etree import _Comment

# Attributes that the browser's client keeps for itself on elements.
CLIENT_ATTRIBUTES: Final = {
    "data-phx-id": "magic id that lets the client skip unchanged subtrees",
    "data-phx-view": "1.1 on: the client's pointer from a component to its view",
    "data-phx-root-id": "the client's pointer from a view to its root",
    "data-phx-stream": "the client's own mark of which stream an item came from",
}

# Classes that the browser's client puts on elements for CSS to show its state.
CLIENT_CLASSES: Final = {
    "phx-connected": "the view has joined",
    "phx-no-feedback": "0.20: the field was not used yet",
}

# What these hold is no part of their markup: the browser's client leaves out of a patch the
# one that a person is in, which then keeps its first text. What they hold is in the frames.
VALUE_APART: Final = {"textarea"}

# What a page's own hook put on its element: the reply to what it pushed.
HOOK_MADE: Final = {each: {"data-reply"} for each in ("colo", "echo", "hook-comp")}

# What stands in it is on no page; of a portal's, the browser's client keeps a copy of what it
# has moved elsewhere, with holes where it skipped what was unchanged.
NOT_ON_THE_PAGE: Final = "template"

# Attributes that are true when present: HTML gives their value no meaning, `checked` is
# `checked=""` to a browser and `checked="checked"` to libxml2.
BOOLEAN_ATTRIBUTES: Final = {"checked", "disabled", "multiple", "readonly", "selected"}


def lays_out_alone(parent: lxml.html.HtmlElement) -> bool:
    """Tell whether whitespace between an element's children is layout of its source alone.

    In a stream's container it depends on which items the browser moved or kept; at the end
    of the body an HTML5 parser gathers what follows it. No person sees either.
    """
    return parent.tag == "body" or bool(parent.get("phx-update") == "stream")


def lines_of(body: str) -> list[str]:
    """Return a `<body>` as one line per tag or text, client-only marks left out."""
    document = lxml.html.document_fromstring(f"<html>{body}</html>")
    lines: list[str] = []
    _write(document.find("body"), "", lines)
    return lines[1:]  # recordings do not hold the attributes of <body> itself


def difference(recorded: str, ours: str) -> str:
    """Return a unified diff of a recorded innerHTML and our `<body>`, empty when alike."""
    expected = lines_of(f"<body>{recorded}</body>")
    return "\n".join(
        difflib.unified_diff(
            expected, lines_of(ours), "recorded", "ours", lineterm="", n=2
        )
    )


def _write(element: lxml.html.HtmlElement, indent: str, lines: list[str]) -> None:
    if isinstance(element, _Comment):
        lines.append(f"{indent}<!--{element.text}-->")
        return
    lines.append(f"{indent}<{' '.join([str(element.tag), *_attributes(element)])}>")
    if element.tag not in VALUE_APART and element.tag != NOT_ON_THE_PAGE:
        _write_text(element.text, element, indent, lines)
    if element.tag == NOT_ON_THE_PAGE:
        return
    for child in element:
        _write(child, indent + " ", lines)
        _write_text(child.tail, element, indent, lines)


def _write_text(
    text: str | None, parent: lxml.html.HtmlElement, indent: str, lines: list[str]
) -> None:
    if not text or (text.isspace() and lays_out_alone(parent)):
        return
    lines.append(f"{indent} {text!r}")


def _attributes(element: lxml.html.HtmlElement) -> list[str]:
    kept = []
    for name, value in sorted(element.attrib.items()):
        if name in CLIENT_ATTRIBUTES or name in HOOK_MADE.get(
            element.get("id", ""), ()
        ):
            continue
        if name == "class":
            own = [c for c in value.split() if c not in CLIENT_CLASSES]
            if not own and value.strip():
                continue
            kept.append(f'{name}="{" ".join(own)}"')
        elif name in BOOLEAN_ATTRIBUTES:
            kept.append(name)
        else:
            kept.append(f'{name}="{value}"')
    return kept
