# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs for what a page's own JavaScript does: `hooks`, `push_event`, `pushed`.

Law: nothing here guesses what a page's script would do; a test says it.
"""

from collections.abc import MutableMapping
from typing import Any

from pytest_liveview_load.liveview.client.hooks import Hook, Script
from pytest_liveview_load.liveview.client.raw_push import raw_push
from pytest_liveview_load.liveview.user.face import Face


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
        return self._script().classes

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
        return await raw_push(self._tab, step, event, value, to, hook)

    async def pushed(self, event: str, *, timeout: str | float | None = None) -> Any:
        """Return the payload of a `push_event` of the server's; wait for it if need be.

        Each is returned once, in their order, and may have come at any time since the
        page was loaded, as long as it is among its last 256.

        Example:
            await live.visit("/hooks")
            await live.click("#push")
            assert await live.pushed("hello") == {"n": 1, "to": "you"}
        """
        tab, script = self._tab, self._script()
        step = self._step(f"pushed({event!r})", timeout)
        tab.step = step
        try:
            while True:
                script.changed(await tab.ready(step))
                tab.raise_failure()
                for said in script.heard:
                    if said[0] == event:
                        script.heard.remove(said)
                        return said[1]
                await step.wait(tab.next_change(), f"the server to push {event!r}")
        finally:
            tab.step = None

    def _script(self) -> Script:
        if self._tab.script is None:
            self._tab.script = Script(self._tab)
        return self._tab.script
