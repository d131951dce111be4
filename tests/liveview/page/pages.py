"""Pages that the tests of `liveview.page` act on."""

import json

from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.patched import Visit
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect

VIEW = "phx-F0123456789abcdef"
URL = "http://localhost:4000/x"
SHELL = (
    "<html><head><title data-prefix='« ' data-suffix=' · Roost'>« Start · Roost</title>"
    '<meta name="csrf-token" content="csrf-of-this-user"></head>'
    f'<body><div id="{VIEW}" data-phx-main data-phx-session="session-of-this-user">'
    "</div><footer>the end</footer></body></html>"
)

PATCHED = {VIEW: (Visit.PATCHED,)}  # as a diff does that touches all of the view


def shown(content: str) -> ViewState:
    """Return the state of a view that shows `content`, which is HTML."""
    return ViewState.joined(json.dumps({"s": [content]}).encode(), NEWEST).state


def document_of(content: str, *, title: str | None = None) -> Document:
    """Return a page whose live view shows `content`."""
    return Document(
        DeadRender.parse(SHELL, URL), {VIEW: PlacedView(shown(content))}, title=title
    )


def page_of(
    content: str, *, forms: FormState | None = None, dialect: Dialect = NEWEST
) -> VisiblePage:
    """Return what a step on a page with `content` acts on."""
    return VisiblePage(document_of(content), forms or FormState(), dialect)
