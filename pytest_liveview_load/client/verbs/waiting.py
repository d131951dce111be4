# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verb that waits for the page: `until`.

Law: woken by the page's changes, never polled.
"""

from collections.abc import Callable

from pytest_liveview_load.client.verbs.reading import Reading
from pytest_liveview_load.client.verbs.until import until


class Waiting(Reading):
    """What a live user waits for; a condition reads the page."""

    __slots__ = ()

    async def until(
        self,
        condition: str | Callable[[], object],
        *,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Wait until a selector matches, or a callable returns something true.

        Looked at again at every change of the page, never in between. With `label` the
        wait is recorded as `settle[label]`; an until without one as `settle`.

        Example:
            await live.visit("/async?delay=50")
            await live.until(lambda: "loading" not in live.text("#profile"), label="profile")
        """
        shown = condition if isinstance(condition, str) else condition_name(condition)
        step = self._step(f"until({shown!r})", timeout)
        await until(self._tab, step, self._condition(condition), label or "")

    def _condition(self, condition: str | Callable[[], object]) -> Callable[[], object]:
        if isinstance(condition, str):
            selector = condition
            return lambda: self.has(selector)
        return condition


def condition_name(condition: Callable[[], object]) -> str:
    """Return what an error calls a callable condition."""
    return getattr(condition, "__name__", repr(condition))
