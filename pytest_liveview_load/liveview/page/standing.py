"""How a view stands with its server, as its element's classes and bindings tell.

Law: as view.ts hideLoader and displayError: the classes are the view's own, the commands
of `phx-connected` and `phx-disconnected` those of everything inside its element.
"""

from typing import Final

from pytest_liveview_load.liveview.page.attributes import (
    PHX_CONNECTED,
    PHX_DISCONNECTED,
)
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element
from pytest_liveview_load.liveview.page.identity import Identity, identify

CONNECTED: Final = "phx-connected"
LOADING: Final = "phx-loading"
CLIENT_ERROR: Final = "phx-loading phx-error phx-client-error"
SERVER_ERROR: Final = "phx-loading phx-error phx-server-error"

# What is worth a look at the page, as it stands in HTML and in JSON.
BINDINGS: Final = {
    PHX_CONNECTED: PHX_CONNECTED.encode(),
    PHX_DISCONNECTED: PHX_DISCONNECTED.encode(),
}


def bound(document: Document, view_id: str, name: str) -> list[tuple[Identity, str]]:
    """Return whose commands run when the view is back or gone, as view.ts execAll."""
    return [
        (identify(element), element.get(name, ""))
        for element in document.all(f"[{name}]")
        if element.get(name) and _inside(document, view_id, element)
    ]


def _inside(document: Document, view_id: str, element: Element) -> bool:
    return any(document.attr(node, "id") == view_id for node in element.iterancestors())
