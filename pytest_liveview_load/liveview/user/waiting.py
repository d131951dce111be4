# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verb that waits for the page: `until`.

Law: woken by the page's changes, never polled. The time runs from the call to the ARRIVAL
of the change that fulfilled the condition.
"""

from collections.abc import Callable

from pytest_liveview_load.liveview.user.reading import Reading


class Waiting(Reading):
    """What a live user waits for; a condition reads the page."""

    __slots__ = ()

    async def until(
        self,
        condition: str | Callable[[], object],
        *,
        label: str | None = None,
        timeout: str | float | None = None,
    ) -> None:
        """Wait until a selector matches, or a callable returns something true.

        Looked at again at every change of the page, never in between. With `label` the
        wait is recorded as `settle[label]`; an until without one as `settle`.

        Example:
            await live.visit("/async?delay=50")
            await live.until(lambda: "loading" not in live.text("#profile"), label="profile")
        """
        tab = self._tab
        step = self._step(f"until({named(condition)})", timeout)
        started = tab.network.clock()
        tab.step = step
        try:
            while True:
                page = await tab.ready(step)
                if self._holds(condition):
                    break
                awaited = f"{named(condition)} on {page.url}"
                await step.wait(tab.next_change(), awaited)
        finally:
            tab.step = None
        ended = max(started, tab.changed_at)
        tab.observer.timing("settle", started, ended, name=label or "")

    def _holds(self, condition: str | Callable[[], object]) -> bool:
        if isinstance(condition, str):
            return self.has(condition)
        return bool(condition())


def named(condition: str | Callable[[], object]) -> str:
    """Return what an error calls a condition: '#saved', <lambda>."""
    if isinstance(condition, str):
        return repr(condition)
    return getattr(condition, "__name__", repr(condition))
