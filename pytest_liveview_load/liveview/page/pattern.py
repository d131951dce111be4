"""One parsed tree for all pages that differ only in texts between their tags.

    pattern = pattern_of("<p>Count: \\0</p>")     # protocol.apart
    fill("Count: lv-text-0-", ("3",)) == "Count: 3"

Law: what is read from such a tree and then filled is what would be read from the page's
own HTML. Where that is not sure there is no pattern, and each page is parsed by itself.
"""

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Final

from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.nested import NestedView, nested_views
from pytest_liveview_load.liveview.page.patch import OUTLIVES_HTML, parse_fragment
from pytest_liveview_load.liveview.page.template import GAP
from pytest_liveview_load.liveview.protocol.wire_keys import PHX_COMPONENT

_PATTERNS: Final = 256

# Where it says so of itself, nothing can be told from what we wrote.
PLACE: Final = "lv-text-"
_PLACES: Final = re.compile(rf"{PLACE}(\d+)-")

# What might make one character of an ampersand and the text behind it.
_HALF_AN_ENTITY: Final = re.compile(f"&[#\\w]*{GAP}")

# Here a text says what a form submits, or a click: it is read without the page.
_VALUES: Final = frozenset(("textarea", "option", "output"))

_COMPONENT_IDS: Final = re.compile(f'{PHX_COMPONENT}="([0-9]+)"')


class Pattern:
    """HTML with numbered places for texts. Shared; compared by identity."""

    def __init__(self, html: str, root: Element) -> None:
        self.html = html
        self._root: Element | None = root  # for the first who asks

    def own_root(self) -> Element:
        """Return a wrapper whose children are the view's, to be taken apart."""
        root, self._root = self._root, None
        return parse_fragment(self.html) if root is None else root

    def shared(self) -> "tuple[Pattern, tuple[str, ...]]":
        """Return itself: it has places, and no texts."""
        return self, ()

    @cached_property
    def cids(self) -> frozenset[int]:
        """The components in it."""
        return cids_in(self.html)

    @cached_property
    def nested(self) -> Mapping[str, NestedView]:
        """The places of nested and sticky views in it, by view id."""
        return nested_views(self.html)


@lru_cache(maxsize=_PATTERNS)
def pattern_of(apart: str) -> Pattern | None:
    """Return the pattern of HTML with gaps; None if it is safer to parse the page itself."""
    odd = OUTLIVES_HTML in apart or PLACE in apart
    if odd or _HALF_AN_ENTITY.search(apart) is not None:
        return None
    start, *rest = apart.split(GAP)
    places = (f"{PLACE}{number}-{piece}" for number, piece in enumerate(rest))
    html = "".join((start, *places))
    root = parse_fragment(html)
    return Pattern(html, root) if _are_texts(root, len(rest)) else None


def fill(text: str, texts: tuple[str, ...]) -> str:
    """Put the texts of one page into what was read from the tree of its pattern."""

    def own(place: re.Match[str]) -> str:
        number = int(place[1])
        return texts[number] if number < len(texts) else place[0]

    return _PLACES.sub(own, text)


def cids_in(html: str) -> frozenset[int]:
    """Return the components whose marks are in the HTML."""
    return frozenset(map(int, _COMPONENT_IDS.findall(html)))


def _are_texts(root: Element, places: int) -> bool:
    """Tell whether all places are texts between tags, and of elements without a value."""
    found = _places_in(root)
    return found == places and not any(map(_places_in, root.iter(*_VALUES)))


def _places_in(element: Element) -> int:
    return sum(str(text).count(PLACE) for text in element.itertext())
