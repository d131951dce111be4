"""How one view stands with its server, and what follows while it is gone.

Law: as view.ts onError and displayError with delayedDisconnected: the classes at once, the
page's own words (`phx-disconnected`) after a while, and never once it is back; joining again
as channel.js rejoinTimer, later each time. It calls back, and knows nobody.
"""

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from pytest_liveview_load.liveview.client.settings import Delays
from pytest_liveview_load.liveview.page.standing import (
    CLIENT_ERROR,
    CONNECTED,
    LOADING,
    SERVER_ERROR,
)

_Timer: TypeAlias = asyncio.TimerHandle | None


class Outage:
    """Whether one view is gone, and what then follows. Owned by it."""

    __slots__ = ("classes", "telling", "tries", "trying")

    def __init__(self) -> None:
        self.classes = ""  # of the view's element
        self.tries = 0
        self.telling: _Timer = None
        self.trying: _Timer = None

    def await_join(self) -> None:
        """Show that the view is still to join, as view.ts join."""
        self.classes = LOADING

    def begin(
        self, *, connected: bool, after: float, tell: Callable[[], object]
    ) -> None:
        """Show whose error it is, and call `tell` once it has lasted `after` seconds."""
        self.stop_telling()
        self.classes = SERVER_ERROR if connected else CLIENT_ERROR
        self.telling = asyncio.get_running_loop().call_later(after, tell)

    def try_later(self, delays: tuple[float, ...], join: Callable[[], object]) -> None:
        """Call `join` after the delay that is this try's."""
        self.tries += 1
        delay = Delays.nth(delays, self.tries)
        self.trying = asyncio.get_running_loop().call_later(delay, join)

    def end(self) -> None:
        """Show that the view has joined."""
        self.stop_telling()
        self.tries = 0
        self.classes = CONNECTED

    def stop_telling(self) -> None:
        """Tell nobody any more."""
        if self.telling is not None:
            self.telling.cancel()
            self.telling = None

    def stop_trying(self) -> None:
        """Try no more."""
        if self.trying is not None:
            self.trying.cancel()
            self.trying = None
