"""One navigation under way, from what began it to the view that is mounted.

Law: however many redirects, refusals and page loads it takes, it is one navigation and
ends once: mounted, or failed.
"""

import asyncio
from typing import TYPE_CHECKING

from pytest_liveview_load.errors import JoinFailed

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.step import Waiter

# A browser stops after 20 redirects over HTTP; a mount that redirects to itself is one.
MAX_HOPS = 20
# A join that is refused after a fresh page load is refused for good.
MAX_REFUSALS = 3


class Moving:
    """A navigation. `done` resolves when it has ended; its failure is the tab's."""

    __slots__ = (
        "deadline",
        "done",
        "hops",
        "metric",
        "refusals",
        "replace",
        "since",
        "waiting_for",
    )

    def __init__(self, metric: str, since: float, deadline: float) -> None:
        self.metric = metric  # "navigate", or "visit" for a page load
        self.since = since
        self.deadline = deadline  # of the event loop's clock
        self.hops = 0
        self.refusals = 0
        self.replace: bool | None = False  # of the history; None: it is there already
        self.waiting_for = "the page"
        self.done: Waiter = asyncio.get_running_loop().create_future()

    def hop(self, view: str, to: str) -> None:
        """Count one more redirect; raises JoinFailed when they do not end."""
        self.hops += 1
        if self.hops > MAX_HOPS:
            reason = f"it redirected {MAX_HOPS} times, the last time to {to}"
            raise JoinFailed(view, reason, "Is it a loop?")

    def refused(self, view: str, reason: str, advice: str) -> None:
        """Count one more refusal; raises JoinFailed when page loads do not help."""
        self.refusals += 1
        if self.refusals >= MAX_REFUSALS:
            why = f"{reason!r} after {self.refusals} page loads"
            raise JoinFailed(view, why, advice)

    def finish(self) -> None:
        """Wake who awaits it."""
        if not self.done.done():
            self.done.set_result(True)
