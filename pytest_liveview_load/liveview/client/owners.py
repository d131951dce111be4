"""Who gets an event: the live view that owns the element.

Law: as live_socket.ts owner. An event waits for a view that is about to join again; one
whose view has left the page meanwhile is an error.
"""

from pytest_liveview_load.errors import ConnectionLost, NotLiveView
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.step import Step
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED, View


async def owner_of(tab: Tab, page: Page, step: Step, view_id: str) -> View:
    """Return the view with this id ("" for the main one) once it has joined.

    Raises NotLiveView on a dead page, ConnectionLost when the view has gone.
    """
    while True:
        view = page.view(view_id)
        if view is not None and view.joined:
            return view
        if page.main is None and tab.page is page:
            raise NotLiveView(page.url, step.name)
        if view is None:
            reason = (
                f"the live view {view_id!r}, which owned the element, left the page"
            )
            raise ConnectionLost(step.name, reason)
        if view.closed:
            raise ConnectionLost(step.name, CHANNEL_CLOSED)
        tab.raise_failure()
        await step.wait(tab.next_change(), f"{view.called} to join again")
