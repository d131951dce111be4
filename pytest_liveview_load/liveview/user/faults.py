# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs that break the connection: `drop`, `reconnect`, `offline`.

Law: only the connection is touched. What follows is the real client's: its delays, its
rejoin, its recovery of forms; the next step waits until the page can be used again.
"""

import asyncio
from collections.abc import MutableMapping
from typing import Any, Final

from pytest_liveview_load.errors import NotLiveView, StepError
from pytest_liveview_load.liveview.client.hooks import Hook, TabHooks
from pytest_liveview_load.liveview.client.perform import live_view, push_as_hook
from pytest_liveview_load.liveview.client.socket import Socket
from pytest_liveview_load.liveview.user.face import Face
from pytest_liveview_load.units import parse_duration

DROPPED: Final = "live.drop() cut the connection"
RECONNECTED: Final = "live.reconnect() closed the connection"
OFFLINE: Final = "live.offline() cut the connection"
UNREACHABLE: Final = "the user is offline (live.offline)"


class Faulting(Face):
    """How a live user loses the server, and finds it again."""

    __slots__ = ()

    async def drop(self) -> None:
        """Cut the page's connection without a word, as a network does that breaks.

        The page connects and rejoins after the real client's delays, which the next step
        waits for; `rejoin` is recorded, and `reconnects` counted. Does nothing while the
        page has no connection anyway. Raises NotLiveView on a page without a live view.

        Example:
            await live.visit("/counter")
            await live.drop()
            await live.click("#inc")  # waits for the page to be back
            assert live.text("#count") == "1"
        """
        self._socket("drop()").cut(DROPPED)

    async def reconnect(self, *, timeout: str | float | None = None) -> None:
        """Close the connection and open it again, as liveSocket.disconnect and connect.

        The step ends when the page's view has joined again. Raises NotLiveView.

        Example:
            await live.visit("/counter")
            await live.reconnect()
            assert live.text("#count") == "0"  # a new process on the server
        """
        tab, step = self._tab, self._step("reconnect()", timeout)
        tab.step = step
        try:
            page = await tab.ready(step)
            view = live_view(page, step)
            socket = self._socket(step.name)
            socket.reconnect(RECONNECTED, listens_again=view.dialect.listens_again)
            await tab.ready(step)
        finally:
            tab.step = None

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


# The verbs for what a page's own JavaScript does: `hooks`, `push_event`, `pushed`.


class Hooking(Face):
    """How a live user's page runs hooks."""

    __slots__ = ()

    @property
    def hooks(self) -> MutableMapping[str, type[Hook]]:
        """The Python class of each `phx-hook` name: set it before the page is visited.

        Example:
            from pytest_liveview_load import Hook

            class Echo(Hook):
                def mounted(self):
                    self.push_event("no_reply", {})

            live.hooks["Echo"] = Echo
            await live.visit("/hooks")
            await live.until(lambda: live.text("#pings") == "1")
        """
        return self._tab_hooks().classes

    async def push_event(
        self,
        event: str,
        value: Any = None,
        *,
        hook: str | None = None,
        to: str | int | None = None,
        timeout: str | float | None = None,
    ) -> Any:
        """Push an event as the hook on the selected element does; return the reply.

        `to`, a selector or a component's cid, makes it a `pushEventTo`. The reply is None
        unless `handle_event` answered `{:reply, …}`.

        Example:
            await live.visit("/hooks")
            assert await live.push_event("ping", hook="#echo") == {"pong": 1}
        """
        step = self._step(f"push_event({event!r})", timeout)
        return await push_as_hook(self._tab, step, event, value, to, hook)

    async def pushed(self, event: str, *, timeout: str | float | None = None) -> Any:
        """Return the payload of a `push_event` of the server's; wait for it if need be.

        Each is returned once, in their order, and may have come at any time since the
        page was loaded, as long as it is among its last 256.

        Example:
            await live.visit("/hooks")
            await live.click("#push")
            assert await live.pushed("hello") == {"n": 1, "to": "you"}
        """
        tab, hooks = self._tab, self._tab_hooks()
        step = self._step(f"pushed({event!r})", timeout)
        tab.step = step
        try:
            while True:
                hooks.changed(await tab.ready(step))
                tab.raise_failure()
                for said in hooks.received:
                    if said[0] == event:
                        hooks.received.remove(said)
                        return said[1]
                await step.wait(tab.next_change(), f"the server to push {event!r}")
        finally:
            tab.step = None

    def _tab_hooks(self) -> TabHooks:
        tab = self._tab
        if tab.hooks is None:
            tab.hooks = TabHooks(tab.keep_failure)
        return tab.hooks
