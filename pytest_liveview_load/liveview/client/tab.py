"""One browser tab of one user: the page it shows, and what its steps wait for.

The verbs live elsewhere: `loading.py` (page loads), `navigation.py` (live navigation),
`arrivals.py` (what views tell), `actions.py` (what a person does).

Law: there is one navigation at a time (`Moving`); a step that began one awaits it, and
one that nobody began (the server sent the user away) is awaited by the next step.
"""

import asyncio
import random
from typing import TYPE_CHECKING, TypeAlias

from pytest_liveview_load.errors import (
    ConnectionLost,
    JoinFailed,
    StepError,
    StepTimeout,
)
from pytest_liveview_load.liveview.client.history import History
from pytest_liveview_load.liveview.client.http import CookieJar
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED
from pytest_liveview_load.liveview.observer import Observer

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.client.hooks import Script
    from pytest_liveview_load.liveview.client.socket import Tap
    from pytest_liveview_load.liveview.client.uploads import Uploads
    from pytest_liveview_load.liveview.client.view import Host


# One step of one user: its name, its deadline, and the only way to wait in it.


# Resolves True when it has happened, False when the time was up first.
Waiter: TypeAlias = "asyncio.Future[bool]"


class Step:
    """What a user is doing now, and until when (seconds of the event loop's clock)."""

    __slots__ = ("deadline", "loop", "name", "timeout")

    def __init__(self, name: str, timeout: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.name = name
        self.timeout = timeout
        self.deadline = self.loop.time() + timeout

    async def wait(self, waiter: Waiter, waiting_for: str) -> None:
        """Wait until `waiter` resolves; raises StepTimeout at the deadline."""
        if waiter.done():
            happened = waiter.result()
        else:
            timer = self.loop.call_at(self.deadline, expire, waiter)
            try:
                happened = await waiter
            finally:
                timer.cancel()
        if not happened:
            raise self.timed_out(waiting_for)

    def timed_out(self, waiting_for: str) -> StepTimeout:
        """Return the error that says what did not come."""
        return StepTimeout(self.name, self.timeout, waiting_for)


def expire(waiter: Waiter) -> None:
    """Resolve `waiter` with the news that the time is up."""
    if not waiter.done():
        waiter.set_result(False)


# One navigation under way, from what began it to the view that is mounted.


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


class Tab:
    """What one user sees. Owns the page, the history, the cookies, the navigation."""

    __slots__ = (
        "__weakref__",
        "_waiters",
        "changed_at",
        "cookies",
        "failure",
        "history",
        "host",
        "left",
        "loading",
        "moving",
        "network",
        "observer",
        "page",
        "rng",
        "script",
        "step",
        "tap",
        "uploads",
    )

    def __init__(
        self, network: Network, observer: Observer, rng: random.Random
    ) -> None:
        self.network = network
        self.observer = observer
        self.rng = rng
        self.cookies = CookieJar()
        self.history = History()
        self.page: Page | None = None
        self.left = "on no page"  # what to say of a tab without one: where it was
        self.host: Host  # set by who makes the tab: it knows the tab
        self.moving: Moving | None = None
        self.loading: asyncio.Task[None] | None = None
        self.failure: Exception | None = None  # what no step has been told yet
        self.changed_at = 0.0
        self.step: Step | None = None  # the step in flight
        self.uploads: Uploads | None = None  # from the first upload on
        self.script: Script | None = None  # from the first hook on
        self.tap: Tap | None = None  # while something is broadcast, or watched for
        self._waiters: list[Waiter] = []
        network.tabs.add(self)

    # Waiting

    async def ready(self, step: Step) -> Page:
        """Return the page once it can be used: loaded, and its view joined.

        Raises what went wrong since the last step; ConnectionLost when the view is gone
        and does not come back before the deadline.
        """
        while True:
            self.raise_failure()
            if self.moving is not None:
                await self.arrival(step, self.moving)
                continue
            page = self.page
            if page is None:
                told = f"{step.name} needs a page: call `await live.visit(path)` first"
                raise StepError(told)
            main = page.main
            if main is None:
                return page
            late = page.family.awaited()
            if main.joined and late is None:
                return page
            if main.closed:
                raise ConnectionLost(step.name, CHANNEL_CLOSED)
            awaited = f"{main.name} to join again"
            if main.joined and late is not None:
                awaited = f"{late.called} to join"
            try:
                await step.wait(self.next_change(), awaited)
            except StepTimeout:
                self.raise_if_lost(step)
                raise

    async def settle(self, step: Step, pushes: list[Push]) -> None:
        """Wait for every reply, then for the navigation that they began."""
        for push in pushes:
            if not push.answered.done():
                named = f"{push.metric} {push.name!r}"
                await step.wait(push.answered, f"the reply to {named}")
            if push.error is not None:
                raise push.error
        while True:
            if self.moving is not None:
                await self.arrival(step, self.moving)
                continue
            self.raise_failure()
            late = None if self.page is None else self.page.family.awaited()
            if late is not None:
                await step.wait(self.next_change(), f"{late.called} to join")
                continue
            told = None if self.script is None else self.script.pending()
            if told is None:
                return
            await step.wait(told.answered, f"the reply to {told.name!r} of a hook")
            if told.error is not None:
                raise told.error

    async def arrival(self, step: Step, moving: Moving) -> None:
        """Wait until a navigation has ended; a timeout names how far it has come."""
        try:
            await step.wait(moving.done, moving.waiting_for)
        except StepTimeout:
            self.raise_if_lost(step)
            raise step.timed_out(moving.waiting_for) from None

    def raise_if_lost(self, step: Step) -> None:
        """Raise ConnectionLost if the page's socket was open and is gone."""
        socket = self.page.socket if self.page is not None else None
        if socket is not None and socket.lost and not socket.is_open:
            raise ConnectionLost(step.name, socket.lost) from None

    def next_change(self) -> Waiter:
        """Return a waiter for the next time that the page changes or fails."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        return waiter

    def raise_failure(self) -> None:
        """Raise what no step has been told yet, once."""
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def read_along(self, tap: "Tap | None") -> None:
        """Let `tap` read what this tab says and hears, on this page and the next."""
        self.tap = tap
        if self.page is not None and self.page.socket is not None:
            self.page.socket.tap = tap

    # Going

    def start(self, metric: str, since: float = 0.0) -> Moving:
        """Begin a navigation, bounded by the step in flight or a step's usual time."""
        if self.step is not None:
            deadline = self.step.deadline
        else:
            now = asyncio.get_running_loop().time()
            deadline = now + self.network.settings.timeout
        self.moving = Moving(metric, since, deadline)
        return self.moving

    def end(self, moving: Moving, failure: Exception | None = None) -> None:
        """End a navigation."""
        if self.moving is not moving:
            return
        self.moving = None
        if failure is not None:
            self.failure = failure
            self.close_page()
        moving.finish()
        self.changed(self.network.clock())

    def changed(self, at: float) -> None:
        """Learn at `at` that there is something new to look at."""
        self.changed_at = at
        if self.page is not None:
            self.page.changed()
        self.wake()

    def wake(self) -> None:
        """Let who waits look again."""
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(True)

    def failed(self, failure: StepError) -> None:
        """Keep a failure that no push in flight could be told; it ends a navigation."""
        if self.moving is not None:
            self.end(self.moving, failure)
            return
        self.failure = self.failure or failure
        self.changed(self.network.clock())

    def leave(self) -> None:
        """Leave the page; the cookies stay, and whatever was under way ends."""
        if self.loading is not None:
            self.loading.cancel()
            self.loading = None
        moving, self.moving = self.moving, None
        if moving is not None:
            moving.finish()
        self.close_page()
        self.failure = None
        self.history = History()

    def close_page(self) -> None:
        """Close the page, and remember where it was."""
        page, self.page = self.page, None
        if page is not None:
            self.left = f"last on {page.described()}"
            page.close()


# Tabs that lose their connection all at once, and when each of them is whole again.


class Absence:
    """One tab without its connection: `back_at` is when it was whole again.

    `left` says that nobody waits for that any more, for the page was left before.
    """

    __slots__ = ("back_at", "left", "since", "tab")

    def __init__(self, tab: Tab, since: float) -> None:
        self.tab = tab
        self.since = since
        self.back_at: float | None = None
        self.left = False

    @property
    def over(self) -> bool:
        """Whether there is nothing more to learn."""
        return self.left or self.back_at is not None

    def look(self) -> None:
        """See whether the tab is back, with its page's view and all that is in it."""
        if self.over:
            return
        tab = self.tab
        page = tab.page
        if page is None:
            # Without a page: one that is loaded anew, or nobody's any more.
            self.left = tab.loading is None and tab.moving is None
            return
        main = page.main
        if tab.moving is None and main is not None and page.family.whole(main):
            self.back_at = max(self.since, tab.changed_at)


def cut_all(network: Network, why: str) -> list[Absence]:
    """Cut every open connection of a network at once, and return the tabs they were of."""
    absences = []
    now = network.clock()
    for tab in network.tabs:
        page = tab.page
        if page is not None and page.socket is not None and page.socket.is_open:
            page.socket.cut(why)
            absences.append(Absence(tab, now))
    return absences
