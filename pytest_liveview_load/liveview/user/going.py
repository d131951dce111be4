# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs that go somewhere: `visit`, `back`.

Law: each is one step; it ends when the page it leads to has mounted.
"""

import asyncio

from pytest_liveview_load.liveview.client.loading import begin_load
from pytest_liveview_load.liveview.client.navigation import back, patched
from pytest_liveview_load.liveview.client.tls import absolute
from pytest_liveview_load.liveview.user.face import Face


class Going(Face):
    """How a live user moves between pages."""

    __slots__ = ()

    async def visit(self, path: str, *, timeout: str | float | None = None) -> None:
        """Open a page as by its address: GET, websocket, join.

        `path` is relative to the app's url. A page without a live view is fine.

        Example:
            await live.visit("/counter")
            assert live.path == "/counter"
        """
        url = absolute(self._network.settings.url, path)
        tab, step = self._tab, self._step(f"visit({path!r})", timeout)
        tab.failure = tab.moving = None
        tab.step = step
        try:
            begin_load(tab, tab.start("visit"), url, unload=False)
            await tab.settle(step, [])
        except asyncio.CancelledError:
            tab.leave()  # else the page would go on loading
            raise
        finally:
            tab.step = None

    async def back(self, *, timeout: str | float | None = None) -> None:
        """Press the browser's back button.

        Example:
            await live.visit("/nav/a")
            await live.click("#patch-2")
            await live.back()
            assert live.path == "/nav/a"
        """
        tab, step = self._tab, self._step("back()", timeout)
        tab.step = step
        try:
            await tab.ready(step)
            pushed = back(tab)
            await tab.settle(step, [] if pushed is None else [pushed[0]])
            if pushed is not None:
                patched(tab, *pushed, replace=None)
                await tab.settle(step, [])
        finally:
            tab.step = None
