"""The dead render: what the HTTP response says before any socket is open.

Parsing is shared: `DeadRender` is one user's; the `ParsedPage` behind it is parsed once
for all users whose pages differ only in their tokens (see `mask`).
"""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import urljoin

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.page.html import (
    PHX_MAIN,
    PHX_SESSION,
    PHX_TRACK_STATIC,
    Element,
    SearchError,
    attributes_of,
    finder,
    parse_page,
)
from pytest_liveview_load.liveview.page.view_elements import (
    ViewElement,
    view_element,
    view_name,
)

_PAGES_KEPT: Final = 64  # different pages kept parsed in one process

_VIEWS = finder(f"//*[@{PHX_SESSION}]")
_MAIN_AROUND = finder(f"ancestor::*[@{PHX_MAIN}]")
_CSRF = finder("//meta[@name='csrf-token']")
_TRACKED = finder(f"//*[@{PHX_TRACK_STATIC}]")
_BASE = finder("//base[@href]")
_TITLE = finder("//head//title")

_MARK: Final = "lv-mask-"
# Stands for a text between tags, in `template.py`.
TEXT_PLACEHOLDER: Final = "lv-text-"
_PLACEHOLDER: Final = re.compile(rf"{_MARK}(\d+)-")

# Shorter values could be anybody's, and would be replaced all over the page.
_LEAST_LENGTH: Final = 12

# Where Phoenix writes a token, up to its value. Found with str.find, which is fifty times
# as fast as one pattern with all of them.
_PREFIXES: Final = (
    'data-phx-session="',
    'data-phx-static="',
    'data-csrf="',
    'nonce="',
    ' id="phx-',
    'data-phx-upload-ref="phx-',
)
# Names of tags that carry the CSRF token in another attribute.
_CSRF_NAMES: Final = ('name="csrf-token"', 'name="_csrf_token"')
_CSRF_VALUE: Final = re.compile(r'\b(?:content|value)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class MaskedHtml:
    """A page's HTML without one user's values, and those values in placeholder order."""

    html: str
    values: tuple[str, ...]

    def unmask(self, text: str) -> str:
        """Return `text`, which was read from the masked page, as this user sees it."""
        if _MARK not in text:
            return text
        return _PLACEHOLDER.sub(self._value, text)

    def mask(self, text: str) -> str:
        """Return `text`, which this user wrote (a selector), as the masked page has it."""
        for index, value in enumerate(self.values):
            if value in text:
                text = text.replace(value, _placeholder(index))
        return text

    def _value(self, match: re.Match[str]) -> str:
        index = int(match[1])
        return self.values[index] if index < len(self.values) else match[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """The page's title and what a diff's `t` is set between (`data-prefix`, …)."""

    text: str = ""
    prefix: str = ""
    suffix: str = ""
    default: str | None = None
    exists: bool = False

    def put(self, title: str) -> str:
        """Return what the tab shows after the server sent `title`, as dom.ts putTitle."""
        if not self.exists:
            return title
        if not title and self.default is None:
            return self.text
        shown = title if title.strip() or self.default is None else self.default
        return f"{self.prefix}{shown}{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ParsedPage:
    """A parsed page without anybody's tokens; shared, read-only, compared by identity."""

    html: str
    root: Element
    csrf: str
    views: tuple[ViewElement, ...]
    track_static: tuple[str, ...]
    base: str
    title: Title
    has_placeholders: bool  # its own text looks like our placeholders
    _hollows: dict[frozenset[str], Element] = field(default_factory=dict)

    def without_views(self, view_ids: frozenset[str]) -> Element:
        """Return the page without the children of these views (masked ids)."""
        hollow = self._hollows.get(view_ids)
        if hollow is None:
            hollow = copy.deepcopy(self.root)
            for element in _VIEWS(hollow):
                if element.get("id") in view_ids:
                    del element[:]
                    element.text = None
            self._hollows[view_ids] = hollow
        return hollow


class DeadRender:
    """One user's page as the server rendered it over HTTP. Read-only."""

    def __init__(self, masked: MaskedHtml, parsed: ParsedPage, url: str) -> None:
        self.masked = masked
        self.parsed = parsed
        self.url = url
        self._masked_ids: dict[str, str] = {}

    @classmethod
    def parse(cls, html: str, url: str) -> "DeadRender":
        """Read a page that came from `url` (absolute).

        A page without a live view has no `views`, and one that is no HTML at all has
        nothing. Raises ProtocolError for one with some ten million elements.
        """
        masked = mask(html)
        try:
            parsed = _parsed_page(masked.html)
        except SearchError:
            raise ProtocolError("the page has too many elements", html) from None
        # Of equal masked pages, which are long, the parsed one's is kept.
        return cls(MaskedHtml(parsed.html, masked.values), parsed, url)

    @property
    def csrf_token(self) -> str:
        """The content of `<meta name="csrf-token">`, or ""."""
        return self.masked.unmask(self.parsed.csrf)

    @cached_property
    def views(self) -> tuple[ViewElement, ...]:
        """Every view on the page in document order, nested and sticky ones too."""
        return tuple(self._unmasked(view) for view in self.parsed.views)

    @cached_property
    def main(self) -> ViewElement | None:
        """The view with `data-phx-main`, or None on a page without a live view."""
        return next((view for view in self.views if view.main), None)

    def masked_id(self, view_id: str) -> str:
        """Return a view's id as the parsed page has it, masked."""
        known = self._masked_ids.get(view_id)
        if known is None:
            known = self._masked_ids[view_id] = self.masked.mask(view_id)
        return known

    @cached_property
    def track_static(self) -> tuple[str, ...]:
        """Absolute URLs of what carries `phx-track-static`: the join's `_track_static`."""
        urls = (self.masked.unmask(url) for url in self.parsed.track_static)
        return tuple(urljoin(self.base_url, url) for url in urls)

    @property
    def base_url(self) -> str:
        """What relative links of the page are relative to (`<base href>` or its URL)."""
        return urljoin(self.url, self.parsed.base)

    @property
    def title(self) -> Title:
        """The title in `<head>`, with the pieces around a page title."""
        return self.parsed.title

    def _unmasked(self, view: ViewElement) -> ViewElement:
        unmask = self.masked.unmask
        session = unmask(view.session)
        return replace(
            view,
            id=unmask(view.id),
            session=session,
            static=unmask(view.static),
            name=view.name or view_name(session),
            parent_id=unmask(view.parent_id),
        )


@lru_cache(maxsize=_PAGES_KEPT)
def _parsed_page(html: str) -> ParsedPage:
    root = parse_page(html)
    csrf = _CSRF(root)
    tracked = (each.get("src") or each.get("href") for each in _TRACKED(root))
    base = _BASE(root)
    return ParsedPage(
        html=html,
        root=root,
        csrf=csrf[0].get("content", "") if csrf else "",
        views=tuple(
            view_element(attributes_of(each), in_main=bool(_MAIN_AROUND(each)))
            for each in _VIEWS(root)
        ),
        track_static=tuple(url for url in tracked if url),
        base=base[0].get("href", "") if base else "",
        title=_title(root),
        has_placeholders=TEXT_PLACEHOLDER in html,
    )


def _title(root: Element) -> Title:
    found = _TITLE(root)
    if not found:
        return Title()
    element = found[0]
    return Title(
        text=element.text or "",
        prefix=element.get("data-prefix", ""),
        suffix=element.get("data-suffix", ""),
        default=element.get("data-default"),
        exists=True,
    )


# What differs between two users' copies of the same page, taken out of its HTML.


def mask(html: str) -> MaskedHtml:
    """Take one user's values out of `html`; without any, it is `html` itself."""
    if _MARK in html:
        return MaskedHtml(html, ())  # somebody's text looks like ours: share nothing
    found = dict.fromkeys(_tokens(html))
    values = tuple(each for each in found if len(each) >= _LEAST_LENGTH)
    page = html
    # Longest first, so that a value inside another cannot tear it apart.
    for index in sorted(range(len(values)), key=lambda at: -len(values[at])):
        page = page.replace(values[index], _placeholder(index))
    masked = MaskedHtml(page, values)
    # Values that overlap one another in the page could have been torn: then share nothing.
    return masked if masked.unmask(page) == html else MaskedHtml(html, ())


def _tokens(html: str) -> Iterator[str]:
    """Yield every token, place by place: the same order for every user of a page."""
    for name in _CSRF_NAMES:
        for at in _occurrences(html, name):
            tag = html[html.rfind("<", 0, at) : html.find(">", at)]
            value = _CSRF_VALUE.search(tag)
            if value is not None:
                yield value[1]
    for prefix in _PREFIXES:
        for at in _occurrences(html, prefix):
            start = html.find('"', at) + 1
            end = html.find('"', start)
            if end > start:
                yield html[start:end]


def _occurrences(html: str, wanted: str) -> Iterator[int]:
    at = html.find(wanted)
    while at >= 0:
        yield at
        at = html.find(wanted, at + len(wanted))


def _placeholder(index: int) -> str:
    return f"{_MARK}{index}-"
