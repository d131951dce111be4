"""How one view stands with its server: the classes it shows, and for how long it is gone.

Law: as view.ts onError and displayError with delayedDisconnected: the classes at once,
the page's own words (`phx-disconnected`) after a while, and never once it is back.
"""

import asyncio
from typing import TYPE_CHECKING

from pytest_liveview_load.dom.standing import (
    CLIENT_ERROR,
    CONNECTED,
    LOADING,
    SERVER_ERROR,
)

if TYPE_CHECKING:
    from pytest_liveview_load.client.tab.view import View


class Outage:
    """Whether one view is gone. Owned by it."""

    __slots__ = ("classes", "timer")

    def __init__(self) -> None:
        self.classes = ""  # of the view's element
        self.timer: asyncio.TimerHandle | None = None

    def await_join(self) -> None:
        """Show that the view is still to join, as view.ts join."""
        self.classes = LOADING

    def begin(self, view: "View") -> None:
        """Show whose error it is, and let the page tell of it after the real pause."""
        self.cancel()
        self.classes = SERVER_ERROR if view.socket.is_open else CLIENT_ERROR
        delay = view.socket.network.settings.delays.disconnected
        loop = asyncio.get_running_loop()
        self.timer = loop.call_later(delay, view.host.view_stays_away, view)

    def end(self) -> None:
        """Show that the view has joined."""
        self.cancel()
        self.classes = CONNECTED

    def cancel(self) -> None:
        """Tell nobody any more."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
