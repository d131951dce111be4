# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The virtual user that a test holds: `live`.

    await live.visit("/counter")
    await live.click("#inc")
    assert live.text("#count") == "1"

Law: a thin face. Every verb is one step: it waits for a usable page, does what a person
would, and ends when every reply it caused has arrived and every navigation it began has
mounted. Reading never waits.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

from pytest_liveview_load.client import gestures
from pytest_liveview_load.client.actions import act
from pytest_liveview_load.client.arrivals import Arrivals
from pytest_liveview_load.client.loading import begin_load
from pytest_liveview_load.client.navigation import back, patched
from pytest_liveview_load.client.network import Network
from pytest_liveview_load.client.observer import Observer
from pytest_liveview_load.client.raw_push import raw_push
from pytest_liveview_load.client.step import Step
from pytest_liveview_load.client.tab import Tab
from pytest_liveview_load.client.until import until
from pytest_liveview_load.dom.document import Document
from pytest_liveview_load.errors import StepError
from pytest_liveview_load.units import Clock, parse_span


class Crowd(Protocol):
    """The run that a user is part of."""

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come."""
        ...

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the run ends first."""
        ...


class LiveUser:
    """One simulated person with one browser tab.

    `id` numbers the users of a run; `rng` is seeded for this user. Every verb takes
    `timeout` in seconds (else the network's default) and raises a `StepError`: an
    ElementError, StepTimeout, ViewCrashed, JoinFailed, PageError, NotLiveView,
    ConnectionFailed, ConnectionLost or ProtocolError.
    """

    __slots__ = ("_crowd", "_network", "_observer", "_tab", "clock", "id", "rng")

    def __init__(
        self,
        network: Network,
        observer: Observer,
        *,
        id: int = 0,  # noqa: A002 - the test's word
        rng: random.Random,
        crowd: Crowd,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.id = id
        self.rng = rng
        self.clock = clock
        self._network = network
        self._observer = observer
        self._crowd = crowd
        self._tab = Tab(network, observer, rng)
        self._tab.host = Arrivals(self._tab)

    # Going

    async def visit(self, path: str, *, timeout: float | None = None) -> None:
        """Open a page as by its address: GET, websocket, join.

        `path` is relative to the app's url. A page without a live view is fine.
        """
        tab, step = self._tab, self._step(f"visit({path!r})", timeout)
        tab.failure = tab.moving = None
        tab.step = step
        try:
            begin_load(
                tab,
                tab.start("visit"),
                urljoin(f"{self._network.settings.url.rstrip('/')}/", path),
                unload=False,
            )
            await tab.settle(step, [])
        except asyncio.CancelledError:
            tab.leave()  # else the page would go on loading
            raise
        finally:
            tab.step = None

    async def back(self, *, timeout: float | None = None) -> None:
        """Press the browser's back button."""
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

    # Doing

    async def click(
        self,
        selector: str | None = None,
        *,
        text: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Click the one element that matches the CSS selector, the text, or both."""
        step = self._step(f"click({selector or text!r})", timeout)
        await act(self._tab, step, gestures.click(selector, text))

    async def fill(
        self,
        selector: str | None = None,
        value: str = "",
        *,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Focus a field and put `value` into it: one input event."""
        step = self._step(f"fill({selector or label!r})", timeout)
        await act(self._tab, step, gestures.fill(selector, value, label))

    async def type(
        self,
        selector: str | None = None,
        value: str = "",
        *,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Type `value` into a field, behind what it holds: one input event a character."""
        step = self._step(f"type({selector or label!r})", timeout)
        await act(self._tab, step, *gestures.keystrokes(selector, value, label))

    async def press(
        self, key: str, selector: str | None = None, *, timeout: float | None = None
    ) -> None:
        """Press a key ("Enter", "ArrowUp", "a") in an element, or where the focus is."""
        step = self._step(f"press({key!r})", timeout)
        await act(self._tab, step, gestures.press(key, selector))

    async def select(
        self,
        selector: str | None = None,
        *options: str,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Select exactly these options of a `<select>`, by value or text."""
        step = self._step(f"select({selector or label!r})", timeout)
        await act(self._tab, step, gestures.select(selector, options, label))

    async def check(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Check a checkbox, unless it is checked."""
        step = self._step(f"check({selector or label!r})", timeout)
        await act(self._tab, step, gestures.check(selector, label, checked=True))

    async def uncheck(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Uncheck a checkbox, if it is checked."""
        step = self._step(f"uncheck({selector or label!r})", timeout)
        await act(self._tab, step, gestures.check(selector, label, checked=False))

    async def choose(
        self,
        selector: str | None = None,
        *,
        label: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Choose a radio button."""
        step = self._step(f"choose({selector or label!r})", timeout)
        await act(self._tab, step, gestures.choose(selector, label))

    async def submit(
        self,
        selector: str | None = None,
        *,
        text: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Submit a form: the selected one, the selected button's, or the only one."""
        step = self._step(f"submit({selector or text or ''!r})", timeout)
        await act(self._tab, step, gestures.submit(selector, text))

    async def push(
        self,
        event: str,
        value: Any = None,
        *,
        target: str | int | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Push an event as a hook's `pushEvent` does; return what the server replied.

        `target` is a component's cid or a selector inside it; the reply is None unless
        `handle_event` answered `{:reply, …}`.
        """
        step = self._step(f"push({event!r})", timeout)
        return await raw_push(self._tab, step, event, value, target)

    # Waiting

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
        """
        shown = condition if isinstance(condition, str) else condition_name(condition)
        step = self._step(f"until({shown!r})", timeout)
        await until(self._tab, step, self._condition(condition), label or "")

    async def think(self, time: str | float) -> None:
        """Pause like a person: "2s", or "1s..3s" for a time between the two."""
        low, high = parse_span(time)
        await self._crowd.pause(low if low == high else self.rng.uniform(low, high))

    @contextmanager
    def measure(self, label: str) -> Iterator[None]:
        """Record how long the block takes, as `timer[label]`; not when it raises."""
        started = self.clock()
        yield
        self._observer.timing("timer", started, self.clock(), name=label)

    @property
    def running(self) -> bool:
        """Whether the run goes on: `while live.running: …`."""
        return self._crowd.running

    # Reading

    def text(self, selector: str | None = None) -> str:
        """Return what a person reads in the one element, or on the whole page."""
        document = self._document()
        element = None if selector is None else document.one(selector)
        return document.text(element)

    def html(self, selector: str | None = None) -> str:
        """Return the one element with its tag, or the whole page."""
        document = self._document()
        element = None if selector is None else document.one(selector)
        return document.html(element)

    def has(self, selector: str, *, text: str | None = None) -> bool:
        """Tell whether anything matches, and contains `text`."""
        document = self._document()
        if text is None:
            return document.maybe(selector) is not None
        return any(text in document.text(each) for each in document.all(selector))

    def all(self, selector: str) -> list[str]:
        """Return what a person reads in each element that matches, in page order."""
        document = self._document()
        return [document.text(element) for element in document.all(selector)]

    def attr(self, selector: str, name: str) -> str | None:
        """Return an attribute of the one element, None where it is missing."""
        document = self._document()
        return document.attr(document.one(selector), name)

    @property
    def title(self) -> str:
        """The title of the tab."""
        return self._document().title

    @property
    def url(self) -> str:
        """Where the tab is, absolute."""
        return self._document().url

    @property
    def path(self) -> str:
        """Where the tab is, without the host; with the query, if there is one."""
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"

    # Ending

    async def leave(self) -> None:
        """Leave the page and close the socket; cookies stay."""
        self._tab.leave()

    async def close(self) -> None:
        """End for good: leave, and forget the cookies."""
        self._tab.leave()
        self._tab.cookies.cookies.clear()

    # Within

    def _step(self, name: str, timeout: float | None) -> Step:
        return Step(
            name, self._network.settings.timeout if timeout is None else timeout
        )

    def _document(self) -> Document:
        page = self._tab.page
        if page is None:
            told = "no page is open: call `await live.visit(path)` first"
            raise StepError(told)
        return page.document()

    def _condition(self, condition: str | Callable[[], object]) -> Callable[[], object]:
        if isinstance(condition, str):
            selector = condition
            return lambda: self.has(selector)
        return condition


def condition_name(condition: Callable[[], object]) -> str:
    """Return what an error calls a callable condition."""
    return getattr(condition, "__name__", repr(condition))
