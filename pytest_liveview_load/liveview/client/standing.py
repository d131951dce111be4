"""`phx-connected` and `phx-disconnected`: what a page's own markup does about its server.

Law: as view.ts hideLoader and displayError. Only a view that was sent such markup is
looked at for it.
"""

from typing import TYPE_CHECKING

from pytest_liveview_load.liveview.client.lifecycle import do
from pytest_liveview_load.liveview.page import events
from pytest_liveview_load.liveview.page.identity import find
from pytest_liveview_load.liveview.page.standing import BINDINGS, bound

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.page import Page
    from pytest_liveview_load.liveview.client.tab import Tab
    from pytest_liveview_load.liveview.client.view import View

NO_EVENT = ""  # what a push of these commands is caused by


def tell(tab: "Tab", page: "Page", view: "View", name: str) -> None:
    """Run the commands of the binding `name` inside the view.

    Raises ProtocolError, ElementError for a page or commands that nobody can read.
    """
    if not view.content.speaks_of(BINDINGS[name]):
        return
    for identity, chain in bound(page.document(), view.id, name):
        scene = page.scene()
        element = find(scene.document.root, identity)
        if element is not None and tab.page is page:
            for action in events.run(scene, chain, NO_EVENT, element):
                do(tab, page, action)
