"""One browser tab of one user: the page it shows, and what its steps wait for.

What happens to it is elsewhere: `navigation.py` (page loads, live navigation, back),
`view_events.py` (what views tell), `perform.py` (what a person does).

There is one navigation at a time (`PendingNavigation`). A step that began one awaits it;
one that nobody began, as the server sent the user away, is awaited by the next step.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from pytest_liveview_load.errors import (
    ConnectionLost,
    JoinFailed,
    NotLiveView,
    StepError,
    StepTimeout,
)
from pytest_liveview_load.liveview.client.connect_params import OwnParams
from pytest_liveview_load.liveview.client.history import History, HistoryKind
from pytest_liveview_load.liveview.client.hooks import TabHooks
from pytest_liveview_load.liveview.client.http import HttpClient
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.page import Page
from pytest_liveview_load.liveview.client.push import Push, Waiter, new_waiter, resolve
from pytest_liveview_load.liveview.client.socket import MessageListener
from pytest_liveview_load.liveview.client.upload_batch import Uploads
from pytest_liveview_load.liveview.client.view import CHANNEL_CLOSED, View, ViewListener
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.units import parse_duration

# A browser stops after 20 redirects over HTTP; a mount that redirects to itself is one.
MAX_HOPS = 20
# A join that is refused after a fresh page load is refused for good.
MAX_REFUSALS = 3


class Step:
    """What a user is doing now, and until when (seconds of the event loop's clock).

    Within its `with` block it is the tab's step in flight.
    """

    __slots__ = ("deadline", "loop", "name", "tab", "timeout")

    def __init__(self, tab: "Tab", name: str, timeout: str | float | None) -> None:
        self.tab = tab
        self.loop = asyncio.get_running_loop()
        self.name = name
        self.timeout = tab.seconds(timeout)
        self.deadline = self.loop.time() + self.timeout

    def __enter__(self) -> Self:
        self.tab.step = self
        return self

    def __exit__(self, *_: object) -> None:
        self.tab.step = None

    async def ready(self) -> Page:
        """Return the page once it can be used: loaded, and its view joined.

        Raises what went wrong since the last step; ConnectionLost when the view is gone
        and does not come back before the deadline.
        """
        while True:
            self.tab.raise_failure()
            if await self.navigation_ended():
                continue
            page = self.tab.page
            if page is None:
                told = f"{self.name} needs a page: call `await live.visit(path)` first"
                raise StepError(told)
            main = page.views.main
            if main is None:
                return page
            late = page.views.not_joined() if page.views.joining else None
            if main.joined and late is None:
                return page
            if main.closed:
                raise ConnectionLost(self.name, CHANNEL_CLOSED)
            awaited = f"{main.name} to join again"
            if main.joined and late is not None:
                awaited = f"{late.called} to join"
            try:
                await self.change(awaited)
            except StepTimeout:
                self.raise_if_lost()
                raise

    async def settle(self, pushes: Sequence[Push] = ()) -> None:
        """Wait for every reply, then for the navigation that they began."""
        for push in pushes:
            await self.reply(push, f"the reply to {push.metric} {push.name!r}")
        while True:
            if await self.navigation_ended():
                continue
            self.tab.raise_failure()
            page = self.tab.page
            if page is None:
                return
            if page.views.joining and (late := page.views.not_joined()) is not None:
                await self.change(f"{late.called} to join")
            elif page.unawaited:
                push, *rest = page.unawaited
                page.unawaited = tuple(rest)
                await self.reply(push, f"the reply to {push.name!r} of a hook")
                await asyncio.sleep(0)  # a hook that heard of it may push again
            else:
                return

    async def joined_view(self, page: Page, view_id: str) -> View:
        """Return the view with this id ("" for the main one) once it has joined.

        Raises NotLiveView on a dead page, ConnectionLost when the view has gone.
        """
        while True:
            view = page.views.get(view_id)
            if view is not None and view.joined:
                return view
            if page.views.main is None and self.tab.page is page:
                raise NotLiveView(page.url, self.name)
            if view is None:
                gone = f"the live view {view_id!r}, which owned the element,"
                raise ConnectionLost(self.name, f"{gone} left the page")
            if view.closed:
                raise ConnectionLost(self.name, CHANNEL_CLOSED)
            self.tab.raise_failure()
            await self.change(f"{view.called} to join again")

    async def navigation_ended(self) -> bool:
        """Wait for the navigation under way; return whether there was one."""
        navigation = self.tab.navigation
        if navigation is None:
            return False
        try:
            await self.wait(navigation.done, navigation.waiting_for)
        except StepTimeout:
            self.raise_if_lost()
            raise self.timed_out(navigation.waiting_for) from None  # how far it came
        return True

    async def reply(self, push: Push, waiting_for: str) -> None:
        """Wait for the reply to a push; raise what went wrong with it."""
        await self.wait(push.answered, waiting_for)
        if push.error is not None:
            raise push.error

    async def change(self, waiting_for: str) -> None:
        """Wait for the next time that the page changes or fails."""
        await self.wait(self.tab.next_change(), waiting_for)

    async def wait(self, waiter: Waiter, waiting_for: str) -> None:
        """Wait until `waiter` resolves; raises StepTimeout at the deadline."""
        if waiter.done():
            happened = waiter.result()
        else:
            timer = self.loop.call_at(self.deadline, resolve, waiter, False)  # noqa: FBT003
            try:
                happened = await waiter
            finally:
                timer.cancel()
        if not happened:
            raise self.timed_out(waiting_for)

    def timed_out(self, waiting_for: str) -> StepTimeout:
        """Return the error that says what did not come."""
        return StepTimeout(self.name, self.timeout, waiting_for)

    def raise_if_lost(self) -> None:
        """Raise ConnectionLost if the page's socket was open and is gone."""
        socket = self.tab.page.socket if self.tab.page is not None else None
        if socket is not None and socket.is_lost:
            raise ConnectionLost(self.name, socket.lost) from socket.failure


@dataclass(slots=True, eq=False)
class PendingNavigation:
    """A navigation under way, from what began it to the view that is mounted.

    `done` resolves when it has ended; its failure is the tab's.
    """

    metric: str  # "navigate", or "visit" for a page load
    since: float  # when it began, if that is known
    deadline: float  # of the event loop's clock
    lost_at: float = 0.0  # when the page was lost that it brings back
    hops: int = 0
    refusals: int = 0
    crashes: int = 0  # of mounts, for which the page was loaded anew
    replace: bool | None = False  # of the history; None: it is there already
    kind: HistoryKind = HistoryKind.REDIRECT  # of the entry
    waiting_for: str = "the page"
    done: Waiter = field(default_factory=new_waiter)

    def brings_back(self, lost_at: float) -> None:
        """Know when the page was lost, if it was; the first loss counts."""
        self.lost_at = self.lost_at or lost_at

    def count_redirect(self, view: str, to: str) -> None:
        """Count one more redirect; raises JoinFailed when they do not end."""
        self.hops += 1
        if self.hops > MAX_HOPS:
            reason = f"it redirected {MAX_HOPS} times, the last time to {to}"
            raise JoinFailed(view, reason, "Is it a loop?")

    def count_refusal(self, view: str, reason: str, advice: str) -> None:
        """Count one more refusal; raises JoinFailed when page loads do not help."""
        self.refusals += 1
        if self.refusals >= MAX_REFUSALS:
            why = f"{reason!r} after {self.refusals} page loads"
            raise JoinFailed(view, why, advice)


@dataclass(slots=True, eq=False, weakref_slot=True)
class Tab:
    """What one user sees. Owns the page, the history, the navigation, and what fetches."""

    network: Network
    observer: Observer
    rng: random.Random
    http: HttpClient = field(init=False)
    own_params: OwnParams = field(init=False)  # of the LiveSocket of its pages
    history: History = field(default_factory=History)
    page: Page | None = None
    left: str = "on no page"  # what to say of a tab without one: where it was
    listener: ViewListener = field(init=False)  # of its views; it knows the tab
    navigation: PendingNavigation | None = None
    loading: asyncio.Task[None] | None = None
    failure: Exception | None = None  # what no step has been told yet
    changed_at: float = 0.0
    step: Step | None = None  # the step in flight
    uploads: Uploads | None = None  # from the first upload on
    hooks: TabHooks | None = None  # from the first hook on
    message_listener: MessageListener | None = None  # while something is broadcast
    _waiters: list[Waiter] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Be known to the network, which may cut the connections of all tabs."""
        self.http = self.network.http_client()
        self.own_params = self.network.settings.connect_params
        self.network.tabs.add(self)

    def seconds(self, timeout: str | float | None) -> float:
        """Return how long a step may take: `timeout`, else the usual time."""
        if timeout is None:
            return self.network.settings.timeout
        return parse_duration(timeout)

    # Waiting

    def next_change(self) -> Waiter:
        """Return a waiter for the next time that the page changes or fails."""
        waiter = new_waiter()
        self._waiters.append(waiter)
        return waiter

    def keep_failure(self, failure: Exception) -> None:
        """Keep for the next step what went wrong, unless it has to be told another."""
        self.failure = self.failure or failure

    def raise_failure(self) -> None:
        """Raise what no step has been told yet, once."""
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def listen_to_messages(self, listener: MessageListener | None) -> None:
        """Let `listener` see what this tab sends and receives, here and on later pages."""
        self.message_listener = listener
        if self.page is not None and self.page.socket is not None:
            self.page.socket.listener = listener

    # Navigating

    def start_navigation(self, metric: str, since: float = 0.0) -> PendingNavigation:
        """Begin a navigation, bounded by the step in flight or a step's usual time."""
        if self.step is not None:
            deadline = self.step.deadline
        else:
            now = asyncio.get_running_loop().time()
            deadline = now + self.network.settings.timeout
        self.navigation = PendingNavigation(metric, since, deadline)
        return self.navigation

    def end_navigation(
        self, navigation: PendingNavigation, failure: Exception | None = None
    ) -> None:
        """End a navigation."""
        if self.navigation is not navigation:
            return
        self.navigation = None
        if failure is not None:
            self.failure = failure
            self.close_page()
        resolve(navigation.done)
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
                resolve(waiter)

    def fail(self, failure: StepError) -> None:
        """Keep a failure that no push in flight could be told; it ends a navigation."""
        if self.navigation is not None:
            self.end_navigation(self.navigation, failure)
            return
        self.keep_failure(failure)
        self.changed(self.network.clock())

    def leave(self) -> None:
        """Leave the page and hang up; the cookies stay, and whatever was under way ends."""
        if self.loading is not None:
            self.loading.cancel()
            self.loading = None
        navigation, self.navigation = self.navigation, None
        if navigation is not None:
            resolve(navigation.done)
        self.close_page()
        self.http.hang_up()
        self.failure = None
        self.history = History()

    def close_page(self) -> None:
        """Close the page, and remember where it was."""
        page, self.page = self.page, None
        if page is not None:
            self.left = f"last on {page.described()}"
            page.close()


@dataclass(slots=True, eq=False)
class CutTab:
    """A tab whose connection was cut: `back_at` is when all of its page was back.

    `left` says that nobody waits for that any more, for the page was left before.
    """

    tab: Tab
    since: float
    back_at: float | None = None
    left: bool = False

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
            self.left = tab.loading is None and tab.navigation is None
            return
        main = page.views.main
        if tab.navigation is None and main is not None and page.views.all_joined(main):
            self.back_at = max(self.since, tab.changed_at)


def cut_connections(network: Network, why: str) -> list[CutTab]:
    """Cut every open connection of a network at once, and return the tabs they were of."""
    cut = []
    now = network.clock()
    for tab in network.tabs:
        page = tab.page
        if page is not None and page.socket is not None and page.socket.is_open:
            page.socket.cut(why)
            cut.append(CutTab(tab, now))
    return cut
