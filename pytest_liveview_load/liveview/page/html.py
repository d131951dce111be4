"""HTML to an lxml tree, and a tree back to what a person reads.

Trees are shared between users: nothing here changes one that it did not make.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias, cast

from cssselect import HTMLTranslator
from cssselect.parser import SelectorError
from lxml import etree
from lxml.etree import _Element

Element: TypeAlias = _Element
# What a search raises where more is found than it can hold.
SearchError = etree.XPathError

# What a browser lays out within a line: their texts touch, all others' are set apart.
_INLINE: Final = re.compile(
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark"
    "|meter|output|progress|q|s|samp|small|span|strong|sub|sup|time|tt|u|var|wbr"
).fullmatch
CONTROLS: Final = frozenset(("button", "input", "select", "textarea"))
_UNSEEN: Final = frozenset(("script", "style", "template", "head", "noscript"))
_SHOWN_FIRST: Final = ("id", "name", "type", "class", "href", "aria-label", "value")
_LONGEST_SHOWN: Final = 40


def finder(expression: str) -> Callable[..., list[Element]]:
    """Compile an XPath that finds elements."""
    return cast("Callable[..., list[Element]]", etree.XPath(expression))


_LOOSE_ROWS: Final = finder(".//table/tr")


def parse_page(html: str) -> Element:
    """Parse a whole page. Never raises: what is not HTML becomes an empty page."""
    try:
        return _parse(html)
    except etree.XMLSyntaxError:
        return etree.Element("html")


def parse_fragment(html: str) -> Element:
    """Return a wrapper whose children are what `html` holds.

    Never raises; comments and processing instructions are left out.
    """
    page = _parse(f"<html><body>{html}")
    body = page[0]
    page.remove(body)
    body.tag = "div"
    for row in _LOOSE_ROWS(body):
        _put_into_body(row)
    return body


def _parse(html: str) -> Element:
    # A parser each: they keep an error log and a lock, and cost 5 µs.
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True
    )
    root = etree.fromstring(html.encode("utf-8", "replace"), parser)
    return etree.Element("html") if root is None else root


def _put_into_body(row: Element) -> None:
    """Wrap a table's row in a `tbody`, as a browser's parser does."""
    table, body = row.getparent(), row.getprevious()
    if table is None:
        return
    if body is None or body.tag != "tbody":
        body = etree.Element("tbody")
        row.addprevious(body)
    body.append(row)


# Every element of a tree with an id: `by_id(root, id="save")`.
by_id: Final = finder("//*[@id=$id]")


def attributes_of(element: Element) -> Mapping[str, str]:
    """Return the element's attributes, in order (lxml's stubs would allow bytes)."""
    return cast("Mapping[str, str]", element.attrib)


# White space as HTML has it: a no-break space is none.
_SPACES: Final = re.compile(r"[\t\n\f\r ]+")


def collapsed(text: str) -> str:
    """Return a text stripped, its white space collapsed, as `document.title` gives it."""
    return _SPACES.sub(" ", text).strip(" ")


def text_of(element: Element) -> str:
    """Return what a person reads in `element`: white space collapsed, no scripts or styles.

    Blocks and table cells are set apart by a space, inline elements are not.
    """
    if len(element) == 0:
        return " ".join((element.text or "").split())
    parts: list[str] = []
    _gather(element, parts)
    return " ".join("".join(parts).split())


def _gather(element: Element, parts: list[str]) -> None:
    if element.text:
        parts.append(element.text)
    for child in element:
        tag = child.tag
        if isinstance(tag, str) and tag not in _UNSEEN:
            if _INLINE(tag):
                _gather(child, parts)
            else:
                parts.append(" ")
                _gather(child, parts)
                parts.append(" ")
        if child.tail:
            parts.append(child.tail)


def outer_html(element: Element) -> str:
    """Return the element with its tag, as HTML."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def ancestors(element: Element) -> Iterator[Element]:
    """Yield the element itself, then its parents, innermost first."""
    node: Element | None = element
    while node is not None:
        yield node
        node = node.getparent()


def short_html(element: Element, text: str) -> str:
    """Return one line that lets a person recognise the element, which reads `text`.

    Such as `<button id="inc" phx-click="inc">+</button>`: what names it and what is bound.
    """
    tag = str(element.tag)
    attributes = attributes_of(element)
    names = [name for name in _SHOWN_FIRST if name in attributes]
    names += [name for name in attributes if name.startswith("phx-")]
    names += [name for name in ("for", "disabled") if name in attributes]
    shown = "".join(f" {_attribute(element, name)}" for name in names[:8])
    text = _shortened(text)
    return f"<{tag}{shown}>{text}</{tag}>" if text else f"<{tag}{shown}>"


def _attribute(element: Element, name: str) -> str:
    value = element.get(name, "")
    if name == "value" and element.get("type") == "password":
        value = "…"
    # The parser writes out a bare attribute: disabled="disabled".
    return name if value in ("", name) else f'{name}="{_shortened(value)}"'


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


# CSS selectors, compiled once for the whole process.


_SELECTORS: Final = 1024
_TRANSLATOR: Final = HTMLTranslator()


@lru_cache(maxsize=_SELECTORS)
def compiled(css: str) -> Callable[[Element], list[Element]]:
    """Return what finds all that `css` matches in a tree. Raises ValueError."""
    try:
        return finder(_TRANSLATOR.css_to_xpath(css))
    except (SelectorError, etree.XPathSyntaxError) as problem:
        raise ValueError(str(problem)) from None


# What an element is known by from one rendering of a page to the next.


class Identity(NamedTuple):
    """An id, and the way down from there; the root where the id is ""."""

    anchor: str
    path: tuple[int, ...] = ()


def identify(element: Element) -> Identity:
    """Return what to find the element by in another tree."""
    path: list[int] = []
    node = element
    while not (anchor := node.get("id", "")):
        parent = node.getparent()
        if parent is None:
            break
        path.append(parent.index(node))
        node = parent
    return Identity(anchor, tuple(reversed(path)))


def find_by_identity(root: Element, identity: Identity) -> Element | None:
    """Return the element in the tree of `root`, None where it is no more."""
    node = root
    if identity.anchor:
        found = by_id(root, id=identity.anchor)
        if not found:
            return None
        node = found[0]
    for index in identity.path:
        if index >= len(node):
            return None
        node = node[index]
    return node


# What a browser knows of an element without a layout: its form, whether it is seen.


def form_of(element: Element) -> Element | None:
    """Return the form that a field belongs to, by `form=` or by nesting."""
    owner_id = element.get("form")
    if owner_id is None:
        return next((node for node in ancestors(element) if node.tag == "form"), None)
    found = by_id(element, id=owner_id)
    return found[0] if found and found[0].tag == "form" else None


def details_of(summary: Element) -> Element | None:
    """Return the `<details>` that the summary opens and closes: its first one does."""
    parent = summary.getparent()
    if parent is None or parent.tag != "details":
        return None
    return parent if parent.find("summary") is summary else None


DISPLAY: Final = "display"
NONE: Final = "none"
_HIDDEN: Final = "hidden"


def is_visible(element: Element) -> bool:
    """Tell whether the element takes room on the page, as js.js isVisible."""
    return all(_takes_room(node) for node in ancestors(element))


def _takes_room(element: Element) -> bool:
    display = declarations(element.get("style", "")).get(DISPLAY)
    if display is not None:
        return display.split()[:1] != [NONE]
    return not (
        _HIDDEN in element.attrib
        or _HIDDEN in element.get("class", "").split()
        or element.tag in _UNSEEN
        or (element.tag == "input" and element.get("type", "").lower() == _HIDDEN)
        or (element.tag == "dialog" and "open" not in element.attrib)
    )


def is_disabled(element: Element, *, within: Element | None = None) -> bool:
    """Tell whether the element or a fieldset around it is disabled.

    `within`: a fieldset of which those around it do not count.
    What is in the first `<legend>` of a disabled fieldset stays enabled (HTML standard).
    """
    if "disabled" in element.attrib:
        return True
    for fieldset in element.iterancestors("fieldset"):
        if "disabled" in fieldset.attrib:
            legend = fieldset.find("legend")
            if legend is None or legend not in element.iterancestors("legend"):
                return True
        if fieldset is within:
            break
    return False


def with_display(style: str, display: str) -> str:
    """Return a `style` attribute as a browser writes it after `style.display = …`."""
    kept = declarations(style)
    kept[DISPLAY] = display
    return " ".join(f"{name}: {value};" for name, value in kept.items())


def declarations(style: str) -> dict[str, str]:
    """Return the declarations of a `style` attribute, name and value."""
    pairs = (each.partition(":") for each in style.split(";"))
    return {n.strip().lower(): value.strip() for n, _, value in pairs if value.strip()}


# The attribute names that LiveView and phoenix_html read from a page.


# Views and components: as in constants.ts
PHX_SESSION: Final = "data-phx-session"
PHX_STATIC: Final = "data-phx-static"
PHX_MAIN: Final = "data-phx-main"
PHX_STICKY: Final = "data-phx-sticky"
PHX_PARENT_ID: Final = "data-phx-parent-id"
PHX_VIEW_NAME: Final = "data-phx-view"
PHX_COMPONENT: Final = "data-phx-component"
PHX_PORTAL: Final = "data-phx-portal"
PHX_TELEPORTED: Final = "data-phx-teleported"
PHX_TELEPORTED_SRC: Final = "data-phx-teleported-src"
PHX_TRACK_STATIC: Final = "phx-track-static"

# Live links
PHX_LIVE_LINK: Final = "data-phx-link"
PHX_LINK_STATE: Final = "data-phx-link-state"

# Bindings
PHX_CLICK: Final = "phx-click"
PHX_CLICK_AWAY: Final = "phx-click-away"
PHX_CHANGE: Final = "phx-change"
PHX_SUBMIT: Final = "phx-submit"
PHX_FOCUS: Final = "phx-focus"
PHX_BLUR: Final = "phx-blur"
PHX_MOUNTED: Final = "phx-mounted"
PHX_REMOVE: Final = "phx-remove"
PHX_CONNECTED: Final = "phx-connected"
PHX_DISCONNECTED: Final = "phx-disconnected"
PHX_KEY: Final = "phx-key"
PHX_VIEWPORT_TOP: Final = "phx-viewport-top"
PHX_VIEWPORT_BOTTOM: Final = "phx-viewport-bottom"
PHX_DEBOUNCE: Final = "phx-debounce"
PHX_THROTTLE: Final = "phx-throttle"
PHX_TARGET: Final = "phx-target"
PHX_VALUE_PREFIX: Final = "phx-value-"
PHX_TRIGGER_ACTION: Final = "phx-trigger-action"
PHX_NO_UNUSED_FIELD: Final = "phx-no-unused-field"

# File inputs of LiveView: refs of entries, joined by commas
PHX_UPLOAD_REF: Final = "data-phx-upload-ref"
PHX_ACTIVE_ENTRY_REFS: Final = "data-phx-active-refs"
PHX_PREFLIGHTED_REFS: Final = "data-phx-preflighted-refs"
PHX_DONE_REFS: Final = "data-phx-done-refs"
PHX_ERROR_REFS: Final = "data-phx-error-refs"
PHX_AUTO_UPLOAD: Final = "data-phx-auto-upload"
PHX_PROGRESS: Final = "phx-progress"
PHX_DROP_TARGET: Final = "phx-drop-target"
WEBKIT_DIRECTORY: Final = "webkitdirectory"

# What stands on an element while the reply to a push is awaited
PHX_REF_SRC: Final = "data-phx-ref-src"
PHX_REF_LOADING: Final = "data-phx-ref-loading"
PHX_REF_LOCK: Final = "data-phx-ref-lock"
PHX_REF: Final = "data-phx-ref"  # until 1.0, in place of the two before
PHX_DISABLED: Final = "data-phx-disabled"
PHX_READONLY: Final = "data-phx-readonly"
PHX_DISABLE_WITH: Final = "phx-disable-with"
PHX_DISABLE_WITH_RESTORE: Final = "data-phx-disable-with-restore"

# phoenix_html.js
DATA_METHOD: Final = "data-method"
DATA_TO: Final = "data-to"
DATA_CSRF: Final = "data-csrf"


def binding(event: str) -> str:
    """Return the attribute that binds `event` on an element ("keydown" → "phx-keydown")."""
    return f"phx-{event}"


def loading_class(kind: str) -> str:
    """Return the class of an element whose event of `kind` is not answered yet."""
    return f"phx-{kind}-loading"


def window_binding(event: str) -> str:
    """Return the attribute that binds `event` anywhere in the window."""
    return f"phx-window-{event}"
