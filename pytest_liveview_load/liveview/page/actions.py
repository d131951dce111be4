"""What a gesture leads to: all that the client can have to do after it, as values.

`clicks`, `inputs` and `events` return a list of them, in the order in which the
real client does them; an empty list is a gesture that nothing answers to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from pytest_liveview_load.liveview.page.html import Element, Identity, identify


class LoadingSource(NamedTuple):
    """What shows that a push is not answered yet (view.ts putRef; see `loading.py`).

    `element` is the element whose event of `kind` it was: a change's field, a submit's
    form. `submitter` is the key of the button that submitted it, `loading` the selector
    of what else shows it.
    """

    kind: str
    element: Identity
    submitter: str | None = None
    loading: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Which form a push submits, by which button (their keys), with which options of JS.push."""

    form: str
    submitter: str | None
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushEvent:
    """Push `event` on the view's channel: `payload` is what goes on the wire.

    `kind` is what the person did (click, change, submit, keydown, …), which on the wire
    is "form" for both change and submit. `view_id` is "" on a page without a live view.
    A submit names its form: files chosen in it go first.
    """

    view_id: str
    kind: str
    event: str
    payload: Mapping[str, Any]
    cid: int | None
    submission: Submission | None = None
    loading_source: LoadingSource | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePatch:
    """Push `live_patch` with this absolute URL to the main view."""

    url: str
    replace: bool
    loading_source: LoadingSource | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveNavigate:
    """Leave the main view and join what lives at this absolute URL.

    `source` is the element that was clicked for it.
    """

    url: str
    replace: bool
    source: Identity | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLoad:
    """Load this absolute URL as a browser does."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartOfPage:
    """Go to this absolute URL, which is the page's own but for its fragment."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSubmit:
    """Submit a form over HTTP: GET has all in its URL, POST an urlencoded body."""

    method: str
    url: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisualCommand:
    """Run a JS command that only changes how elements look to this user."""

    kind: str
    identities: tuple[Identity, ...]
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Tell the page's own script of a DOM event, as JS.dispatch does."""

    event: str
    identities: tuple[Identity, ...]
    detail: Any
    bubbles: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveFocus:
    """Focus this element, as JS.focus does; `run_binding` replaces it by what that causes."""

    element: Element


def live_navigation(
    kind: str, url: str, source: Element, *, replace: bool
) -> LivePatch | LiveNavigate:
    """Return where a live link, JS.patch or JS.navigate leads; `kind` is "patch" or not."""
    clicked = identify(source)
    if kind == "patch":
        waiting = LoadingSource("click", clicked)
        return LivePatch(url=url, replace=replace, loading_source=waiting)
    return LiveNavigate(url=url, replace=replace, source=clicked)


Action: TypeAlias = (
    PushEvent
    | LivePatch
    | LiveNavigate
    | PageLoad
    | PartOfPage
    | HttpSubmit
    | VisualCommand
    | Dispatch
    | MoveFocus
)
