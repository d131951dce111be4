"""The dead render: what the HTTP response says before any socket is open.

Law: parsing is shared. `DeadRender` is one user's; the `Shell` behind it is parsed once
for all users whose pages differ only in their tokens (see mask.py).
"""

import copy
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Final
from urllib.parse import urljoin

from pytest_liveview_load.liveview.page.attributes import (
    PHX_MAIN,
    PHX_PARENT_ID,
    PHX_SESSION,
    PHX_STATIC,
    PHX_STICKY,
    PHX_TRACK_STATIC,
    PHX_VIEW_NAME,
)
from pytest_liveview_load.liveview.page.html import (
    Element,
    attributes_of,
    finder,
    parse_page,
    text_of,
)
from pytest_liveview_load.liveview.page.mask import Masked, mask
from pytest_liveview_load.liveview.page.pattern import PLACE
from pytest_liveview_load.liveview.page.session_token import view_name

_SHELLS: Final = 64  # different pages kept parsed in one process

_VIEWS = finder(f"//*[@{PHX_SESSION}]")
_MAIN_AROUND = finder(f"ancestor::*[@{PHX_MAIN}]")
_CSRF = finder("//meta[@name='csrf-token']")
_TRACKED = finder(f"//*[@{PHX_TRACK_STATIC}]")
_BASE = finder("//base[@href]")
_TITLE = finder("//head//title")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewElement:
    """The element of one view, as the dead render has it.

    `name` is the view's module ("Roost.CounterLive") or ""; `parent_id` is "" for a root
    view. A nested child's `session` is empty here and comes with its parent's join.
    `in_main` is whether it stands inside the main view.
    """

    id: str
    session: str
    static: str
    main: bool
    sticky: bool
    name: str
    parent_id: str
    in_main: bool


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
        if title.strip():
            return f"{self.prefix}{title}{self.suffix}"
        if self.default is None:
            return self.text
        return f"{self.prefix}{self.default}{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shell:
    """A parsed page without anybody's tokens; shared, read-only, compared by identity."""

    template: str
    root: Element
    csrf: str
    views: tuple[ViewElement, ...]
    track_static: tuple[str, ...]
    base: str
    title: Title
    has_places: bool  # it says of itself what a pattern writes
    _hollows: dict[frozenset[str], Element] = field(default_factory=dict)

    def hollow(self, view_ids: frozenset[str]) -> Element:
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

    def __init__(self, masked: Masked, shell: Shell, url: str) -> None:
        self.masked = masked
        self.shell = shell
        self.url = url

    @classmethod
    def parse(cls, html: str, url: str) -> "DeadRender":
        """Read a page that came from `url` (absolute). Never raises; a page without a live
        view has no `views`, and one that is no HTML at all has nothing.
        """
        masked = mask(html)
        shell = _shell(masked.template)
        # Of equal templates, which are as long as the page, the shell's is kept.
        return cls(Masked(shell.template, masked.values), shell, url)

    @property
    def csrf_token(self) -> str:
        """The content of `<meta name="csrf-token">`, or ""."""
        return self.masked.unmask(self.shell.csrf)

    @cached_property
    def views(self) -> tuple[ViewElement, ...]:
        """Every view on the page in document order, nested and sticky ones too."""
        return tuple(self._unmasked(view) for view in self.shell.views)

    @cached_property
    def main(self) -> ViewElement | None:
        """The view with `data-phx-main`, or None on a page without a live view."""
        return next((view for view in self.views if view.main), None)

    def place_of(self, view_id: str) -> str:
        """Return a view's id as the shell has it, masked; the main view's is remembered."""
        main = self.main
        if main is not None and view_id == main.id:
            return self._place_of_main
        return self.masked.mask(view_id)

    @cached_property
    def _place_of_main(self) -> str:
        return "" if self.main is None else self.masked.mask(self.main.id)

    @cached_property
    def track_static(self) -> tuple[str, ...]:
        """Absolute URLs of what carries `phx-track-static`: the join's `_track_static`."""
        urls = (self.masked.unmask(url) for url in self.shell.track_static)
        return tuple(urljoin(self.base_url, url) for url in urls)

    @property
    def base_url(self) -> str:
        """What relative links of the page are relative to (`<base href>` or its URL)."""
        return urljoin(self.url, self.shell.base)

    @property
    def title(self) -> Title:
        """The title in `<head>`, with the pieces around a page title."""
        return self.shell.title

    def _unmasked(self, view: ViewElement) -> ViewElement:
        unmask = self.masked.unmask
        session = unmask(view.session)
        return ViewElement(
            id=unmask(view.id),
            session=session,
            static=unmask(view.static),
            main=view.main,
            sticky=view.sticky,
            name=view.name or view_name(session),
            parent_id=unmask(view.parent_id),
            in_main=view.in_main,
        )


@lru_cache(maxsize=_SHELLS)
def _shell(template: str) -> Shell:
    root = parse_page(template)
    csrf = _CSRF(root)
    tracked = (each.get("src") or each.get("href") for each in _TRACKED(root))
    base = _BASE(root)
    return Shell(
        template=template,
        root=root,
        csrf=csrf[0].get("content", "") if csrf else "",
        views=tuple(_view(element) for element in _VIEWS(root)),
        track_static=tuple(url for url in tracked if url),
        base=base[0].get("href", "") if base else "",
        title=_title(root),
        has_places=PLACE in template,
    )


def _view(element: Element) -> ViewElement:
    attributes = attributes_of(element)
    return ViewElement(
        id=attributes.get("id", ""),
        session=attributes[PHX_SESSION],
        static=attributes.get(PHX_STATIC, ""),
        main=PHX_MAIN in attributes,
        sticky=PHX_STICKY in attributes,
        name=attributes.get(PHX_VIEW_NAME, ""),
        parent_id=attributes.get(PHX_PARENT_ID, ""),
        in_main=bool(_MAIN_AROUND(element)),
    )


def _title(root: Element) -> Title:
    found = _TITLE(root)
    if not found:
        return Title()
    element = found[0]
    return Title(
        text=text_of(element),
        prefix=element.get("data-prefix", ""),
        suffix=element.get("data-suffix", ""),
        default=element.get("data-default"),
        exists=True,
    )
