"""Pages and scenes that the tests of `dom` act on."""

import copy

from lxml import html

from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect

VIEW = "phx-F0123456789abcdef"
URL = "http://localhost:4000/x"
SHELL = (
    "<html><head><title data-prefix='« ' data-suffix=' · Roost'>« Start · Roost</title>"
    '<meta name="csrf-token" content="csrf-of-this-user"></head>'
    f'<body><div id="{VIEW}" data-phx-main data-phx-session="session-of-this-user">'
    "</div><footer>the end</footer></body></html>"
)


class Fixed:
    """A view's content, given as HTML."""

    def __init__(self, content: str) -> None:
        self.root: Element = html.fragment_fromstring(content, create_parent="div")

    def copy_root(self) -> Element:
        return copy.deepcopy(self.root)

    def shared(self) -> "tuple[Fixed, tuple[str, ...]]":
        return self, ()


def document_of(content: str, *, title: str | None = None) -> Document:
    """Return a page whose live view shows `content`."""
    return Document(DeadRender.parse(SHELL, URL), {VIEW: Fixed(content)}, title=title)


def scene_of(
    content: str, *, forms: FormState | None = None, dialect: Dialect = NEWEST
) -> VisiblePage:
    """Return what a step on a page with `content` acts on."""
    return VisiblePage(document_of(content), forms or FormState(), dialect)
