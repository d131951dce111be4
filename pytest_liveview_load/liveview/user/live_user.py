"""The virtual user that a test holds: `live`.

    await live.visit("/counter")
    await live.click("#inc")
    assert live.text("#count") == "1"

Law: a thin face over groups of verbs, one file each (see the bases of `LiveUser`).
Here is what is the user's own: who they are, the run they are part of, and their end.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.view_events import Arrivals
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.user.attending import Attending
from pytest_liveview_load.liveview.user.broadcasting import Broadcasting
from pytest_liveview_load.liveview.user.calling import http_client
from pytest_liveview_load.liveview.user.faults import Faulting
from pytest_liveview_load.liveview.user.gathering import Gathering
from pytest_liveview_load.liveview.user.going import Going
from pytest_liveview_load.liveview.user.hooking import Hooking
from pytest_liveview_load.liveview.user.party import Party
from pytest_liveview_load.liveview.user.steps import Doing
from pytest_liveview_load.liveview.user.together import Together
from pytest_liveview_load.liveview.user.uploading import Uploading
from pytest_liveview_load.liveview.user.waiting import Waiting
from pytest_liveview_load.pauses import parse_pause
from pytest_liveview_load.units import Clock

if TYPE_CHECKING:
    import httpx


class Crowd(Protocol):
    """The run that a user is part of."""

    @property
    def running(self) -> bool:
        """Whether the run's end is still to come."""
        ...

    @property
    def gathering(self) -> Gathering:
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
        self._tab.host = Arrivals(self._tab)
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
