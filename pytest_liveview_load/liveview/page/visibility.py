"""Whether a person can see an element, without a layout.

Law: the markup alone decides: inline `display`, the `hidden` attribute, and the class
`hidden` (Tailwind's, which every generated Phoenix app uses). Other stylesheets are not
known here.
"""

from typing import Final

from pytest_liveview_load.liveview.page.html import Element, ancestors

DISPLAY: Final = "display"
NONE: Final = "none"
_HIDDEN: Final = "hidden"
_NEVER_SHOWN: Final = frozenset(("head", "script", "style", "template", "noscript"))


def is_visible(element: Element) -> bool:
    """Tell whether the element takes room on the page, as js.js isVisible."""
    return all(_takes_room(node) for node in ancestors(element))


def _takes_room(element: Element) -> bool:
    display = dict(declarations(element.get("style", ""))).get(DISPLAY)
    if display is not None:
        return display.split()[:1] != [NONE]
    return not (
        _HIDDEN in element.attrib
        or _HIDDEN in element.get("class", "").split()
        or element.tag in _NEVER_SHOWN
        or (element.tag == "input" and element.get("type", "").lower() == _HIDDEN)
        or (element.tag == "dialog" and "open" not in element.attrib)
    )


def with_display(style: str, display: str) -> str:
    """Return a `style` attribute as a browser writes it after `style.display = …`."""
    kept = dict(declarations(style))
    kept[DISPLAY] = display
    return " ".join(f"{name}: {value};" for name, value in kept.items())


def declarations(style: str) -> list[tuple[str, str]]:
    """Return the declarations of a `style` attribute, name and value."""
    pairs = (each.partition(":") for each in style.split(";"))
    return [
        (name.strip().lower(), value.strip())
        for name, _, value in pairs
        if value.strip()
    ]
