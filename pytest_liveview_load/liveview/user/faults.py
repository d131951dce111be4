# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The steps that break the connection: `drop`, `reconnect`, `offline`.

Only the connection is touched. What follows is the real client's: its delays, its rejoin,
its recovery of forms; the next step waits until the page can be used again.
"""

import asyncio
from typing import Final

from pytest_liveview_load.errors import NotLiveView, StepError
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.client.tab import Step
from pytest_liveview_load.liveview.user.reading import PageReading
from pytest_liveview_load.units import parse_duration

DROPPED: Final = "live.drop() cut the connection"
RECONNECTED: Final = "live.reconnect() closed the connection"
OFFLINE: Final = "live.offline() cut the connection"
UNREACHABLE: Final = "the user is offline (live.offline)"


class Faults(PageReading):
    """Lose the connection."""

    __slots__ = ()

    async def drop(self) -> None:
        """Cut the page's connection without notice, as a broken network does.

        The page connects and rejoins after the real client's delays, which the next
        step waits for; `rejoin` is recorded, and `reconnects` counted. Does nothing
        while the page has no connection anyway. Raises NotLiveView on a page without a
        live view.

        Example:
            await live.visit("/counter")
            await live.drop()
            await live.click("#inc")  # waits for the page to be back
            assert live.text("#count") == "1"
        """
        self._socket("drop()").cut(DROPPED)

    async def reconnect(self, *, timeout: str | float | None = None) -> None:
        """Close the connection and open it again (`liveSocket.disconnect()`, `connect()`).

        The step ends when the page's view has joined again. Raises NotLiveView.

        Example:
            await live.visit("/counter")
            await live.reconnect()
            assert live.text("#count") == "0"  # a new process on the server
        """
        with Step(self._tab, "reconnect()", timeout) as step:
            page = await step.ready()
            socket, listens_again = self._socket(step.name), page.spoken.listens_again
            socket.reconnect(RECONNECTED, listens_again=listens_again)
            await step.ready()

    async def offline(self, duration: str | float) -> None:
        """Be without a network for `duration` ("3s", or seconds).

        The connection is cut at once, and each try of the page to connect fails until
        the time is over; the next try is as far away as the real client's delays have
        grown meanwhile, and the next step waits for it. Raises NotLiveView, UnitError.

        Example:
            await live.visit("/counter")
            await live.offline("50ms")
            await live.click("#inc")
        """
        seconds = parse_duration(duration)
        socket = self._socket(f"offline({duration!r})")
        socket.offline = UNREACHABLE
        try:
            socket.cut(OFFLINE)
            await asyncio.sleep(seconds)
        finally:
            socket.offline = ""

    def _socket(self, step: str) -> Socket:
        page = self._tab.page
        if page is None:
            told = f"{step} needs a page: call `await live.visit(path)` first"
            raise StepError(told)
        if page.socket is None:
            raise NotLiveView(page.url, step)
        return page.socket
