"""The virtual user that a test holds: `live`.

    await live.visit("/counter")
    await live.click("#inc")
    assert live.text("#count") == "1"

Law: a thin face over groups of verbs, one file each (see the bases of `LiveUser`).
Here is what is the user's own: who they are, the run they are part of, and their end.
"""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar as NoCookies
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final, Protocol

import httpx

from pytest_liveview_load.errors import StepTimeout, UnitError
from pytest_liveview_load.liveview.client.http import USER_AGENT, CookieJar, HttpClient
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.tls import another_host, printable_url
from pytest_liveview_load.liveview.client.view_events import ViewEvents
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.user.faults import Faulting, Hooking
from pytest_liveview_load.liveview.user.reading import Waiting
from pytest_liveview_load.liveview.user.steps import Attending, Doing, Going, Uploading
from pytest_liveview_load.liveview.user.together import (
    Broadcasting,
    Together,
    UserSync,
)
from pytest_liveview_load.units import Clock, parse_pause

if TYPE_CHECKING:
    from collections.abc import Callable


# The users that one user brings along: `alice, bob = await live.spawn(2)`.


# Member n of user 7 is user n000007: no crowd on one machine has so many users.
STRIDE: Final = 1_000_000


class Party:
    """The members so far. Owns them, and the numbers they get."""

    __slots__ = ("host", "members")

    def __init__(self, host: "LiveUser") -> None:
        self.host = host
        self.members: list[LiveUser] = []

    def join(self, count: int, make: "Callable[[int], LiveUser]") -> "list[LiveUser]":
        """Make `count` further members with `make(id)`; UnitError for less than one."""
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise UnitError(count, "a number of users, 1 or more")
        already = len(self.members)
        numbers = range(already + 1, already + count + 1)
        made = [make(self.host.id + number * STRIDE) for number in numbers]
        self.members += made
        return made

    async def disperse(self) -> None:
        """End every member; the next to come is the first again."""
        members, self.members = self.members, []
        for member in members:
            await member.close()


# Calls over HTTP beside the page: an `httpx.AsyncClient` that is the user's own.


def http_client(network: Network, cookies: CookieJar) -> httpx.AsyncClient:
    """Return a client for the app that sends and keeps the cookies of one user."""
    settings = network.settings
    return httpx.AsyncClient(
        base_url=settings.url,
        headers=[("User-Agent", USER_AGENT), *settings.headers],
        cookies=NoCookies(policy=DefaultCookiePolicy(allowed_domains=[])),
        timeout=settings.timeout,
        transport=Shared(network.http, cookies, httpx.URL(settings.url).host),
        trust_env=False,
    )


class Shared(httpx.AsyncBaseTransport):
    """Carries a client's requests over the connections of the process."""

    def __init__(self, http: HttpClient, cookies: CookieJar, host: str) -> None:
        self.http = http
        self.cookies = cookies
        self.host = host

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request with the user's cookies, and keep those that it sets.

        Raises ConnectionFailed, also for another host than the app's, ConnectionLost,
        and StepTimeout after the client's timeout for reading.
        """
        url = str(request.url)
        if request.url.host != self.host:
            raise another_host(url, self.host)
        await request.aread()
        known = [self.cookies.header(url), request.headers.get("cookie", "")]
        if any(known):
            request.headers["cookie"] = "; ".join(each for each in known if each)
        patience = request.extensions.get("timeout", {}).get("read")
        try:
            async with asyncio.timeout(patience):
                answer = await self.http.exchange(request, self.cookies)
        except TimeoutError:
            step = f"{request.method} {printable_url(url)}"
            raise StepTimeout(step, patience, "the answer") from None
        return httpx.Response(
            answer.status_code, headers=answer.headers.raw, stream=answer.stream
        )


class Crowd(Protocol):
    """The run that a user is part of."""

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come."""
        ...

    @property
    def gathering(self) -> UserSync:
        """Where its users find each other."""
        ...

    @property
    def row(self) -> Any:
        """The user's row of the load's data."""
        ...

    async def pause(self, seconds: float) -> None:
        """Sleep, unless the run ends first."""
        ...


class LiveUser(
    Broadcasting,
    Together,
    Going,
    Doing,
    Attending,
    Hooking,
    Uploading,
    Faulting,
    Waiting,
):
    """One simulated person with one browser tab.

    `id` numbers the users of a run; `rng` is seeded for this user. Every verb takes
    `timeout`, "3s" or seconds (else --liveview-timeout), and raises a `StepError`: an
    ElementError, UploadError, StepTimeout, ViewCrashed, JoinFailed, PageError,
    NotLiveView, ConnectionFailed, ConnectionLost or ProtocolError.
    """

    __slots__ = ("_crowd", "_http", "_party", "clock", "id", "rng")

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
        super().__init__(network, observer, Tab(network, observer, rng))
        self._tab.listener = ViewEvents(self._tab)
        self._crowd: Crowd = crowd
        self._http: httpx.AsyncClient | None = None
        self._party: Party | None = None
        self.id = id
        self.rng = rng
        self.clock = clock

    def __repr__(self) -> str:
        """Say who and where: pytest prints it in tracebacks."""
        tab = self._tab
        where = tab.left if tab.page is None else f"on {tab.page.described()}"
        return f"<LiveUser {self.id} {where}>"

    # In the run

    async def think(self, time: str | float | tuple[str | float, str | float]) -> None:
        """Pause like a person: "2s", or "1s..3s" for a time between the two.

        "exponential 2s" (its mean) and "lognormal 2s" (its median; as people read) have
        a long tail; "lognormal 2s sigma 0.8" a longer one. Raises UnitError.

        Example:
            await live.think("1ms..3ms")
        """
        await self._crowd.pause(parse_pause(time).sample(self.rng))

    @contextmanager
    def measure(self, label: str) -> Iterator[None]:
        """Record how long the block takes, as `timer[label]`; not when it raises.

        Example:
            with live.measure("counting"):
                await live.visit("/counter")
                await live.click("#inc")
        """
        started = self.clock()
        yield
        self._observer.timing("timer", started, self.clock(), name=label)

    @property
    def running(self) -> bool:
        """Whether the run goes on: `while live.running: …`.

        Example:
            while live.running:
                await live.visit("/counter")
        """
        return self._crowd.running

    @property
    def row(self) -> Any:
        """This user's row of the load's data: `live.row["email"]`.

        `@load(users=50, data="users.csv")` gives each user one of its own, which is the
        same in all its iterations; spawned users have that of the one who brought them.
        A CSV's row is a dict of text by the names in its first line. Raises DataError if
        the load has no data, or no row for this user.
        """
        return self._crowd.row

    # With others

    async def spawn(self, count: int = 1) -> "list[LiveUser]":
        """Bring `count` further users: `alice, bob = await live.spawn(2)`.

        Each has a tab, cookies, an `rng` and an `id` of its own (1000000 and 2000000 for
        user 0), and shares this one's run and measurements. All are closed with this
        user's page: at the end of the test, or of the iteration under a load, where the
        next gets new ones under the same ids. They do not count as `users` of a load.
        Raises UnitError for less than one.

        Example:
            alice, bob = await live.spawn(2)
            await alice.visit("/chat?room=tea&user=alice")
            await bob.visit("/chat?room=tea&user=bob")
            await alice.fill("#msg_text", "hello")
            await alice.click("#send")
            await bob.until(lambda: "hello" in bob.text("#messages"))
        """
        party = self._party = self._party or Party(self)
        made = party.join(count, lambda id_: self._partner(id_, party))
        self._crowd.gathering.bring([each.id for each in made])
        return made

    def _partner(self, id_: int, party: Party) -> "LiveUser":
        rng = random.Random(self.rng.getrandbits(64))
        partner = LiveUser(
            self._network,
            self._observer,
            id=id_,
            rng=rng,
            crowd=self._crowd,
            clock=self.clock,
        )
        partner._party = party
        return partner

    async def _disperse(self) -> None:
        if self._party is not None and self._party.host is self:
            await self._party.disperse()

    # Beside the page

    @property
    def http(self) -> "httpx.AsyncClient":
        """A client of httpx for calls beside the page: `await live.http.get("/api")`.

        It shares the user's cookies and the process's connections; paths are relative to
        the app's url. It measures nothing: `live.measure` does.

        Example:
            response = await live.http.get("/plain")
            assert response.status_code == 200
        """
        if self._http is None:
            self._http = http_client(self._network, self._tab.cookies)
        return self._http

    # Ending

    async def leave(self) -> None:
        """Leave the page and close the socket; cookies stay. Spawned users end.

        Example:
            await live.visit("/counter")
            await live.leave()
        """
        self._tab.leave()
        self._stop_watching()
        await self._disperse()

    async def close(self) -> None:
        """End for good: leave, and forget the cookies.

        Example:
            await live.visit("/counter")
            await live.close()
        """
        await self.leave()
        self._tab.cookies.cookies.clear()
