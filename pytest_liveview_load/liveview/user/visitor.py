# ruff: noqa: SLF001 - a spawned user is of the same class
"""One person with one browser tab: the class that this library is for.

    async with Network(settings) as network:
        visitor = Visitor(network, observer, rng=random.Random(1))
        await visitor.visit("/counter")
        await visitor.click("#inc")
        assert visitor.text("#count") == "1"

What a visitor does and sees is in `steps`, `reading` and `faults`. A test's `live` is a
`crowd.live_user.LiveUser`, which is a visitor that is part of a run.
"""

import random
from collections.abc import Mapping, MutableMapping
from typing import Final, Self
from urllib.parse import urlsplit

import httpx  # noqa: TC002 (docs read the annotation)

from pytest_liveview_load.errors import LoadRefused
from pytest_liveview_load.liveview.client.connect_params import OwnParams, check_params
from pytest_liveview_load.liveview.client.cookies import UserCookies
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import Tab
from pytest_liveview_load.liveview.client.view_events import ViewEvents
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.liveview.user.faults import Faults
from pytest_liveview_load.liveview.user.http_calls import http_client
from pytest_liveview_load.liveview.user.steps import Steps
from pytest_liveview_load.units import A_NUMBER_OF_USERS, parse_whole

# Spawned user n of user 7 is user n000007: no crowd on one machine has so many users.
STRIDE: Final = 1_000_000


class Visitor(Steps, Faults):
    """One simulated person with one browser tab.

    `id` numbers the users of a run; `rng` is seeded for this user. Every step takes
    `timeout`, "3s" or seconds (else --liveview-timeout), and raises a `StepError`: an
    ElementError, UploadError, StepTimeout, ViewCrashed, JoinFailed, PageError,
    NotLiveView, ConnectionFailed, ConnectionLost or ProtocolError.
    """

    __slots__ = ("_http", "_spawned", "_spawned_by", "clock", "id", "rng")

    def __init__(
        self,
        network: Network,
        observer: Observer,
        *,
        id: int = 0,  # noqa: A002 - the test's word
        rng: random.Random,
    ) -> None:
        super().__init__(network, observer, Tab(network, observer, rng))
        self._tab.listener = ViewEvents(self._tab)
        self._http: httpx.AsyncClient | None = None
        self._spawned: tuple[Visitor, ...] = ()
        self._spawned_by: Visitor | None = None
        self.id = id
        self.rng = rng
        self.clock = network.clock

    def __repr__(self) -> str:
        """Say who and where: pytest prints it in tracebacks."""
        tab = self._tab
        where = tab.left if tab.page is None else f"on {tab.page.described()}"
        return f"<{type(self).__name__} {self.id} {where}>"

    async def spawn(self, count: int = 1) -> list[Self]:
        """Add `count` further users: `alice, bob = await live.spawn(2)`.

        Each has a tab, cookies, an `rng` and an `id` of its own (1000000 and 2000000
        for user 0), and shares this one's run and measurements. All are closed with
        this user's page: at the end of the test, or of the iteration under a load,
        where the next gets new ones under the same ids. They do not count as `users` of
        a load. Raises UnitError for less than one, and LoadRefused for more than ten in all
        on a host that is not this machine and that `liveview_allow` does not name.

        Example:
            alice, bob = await live.spawn(2)
            await alice.visit("/chat?room=tea&user=alice")
            await bob.visit("/chat?room=tea&user=bob")
            await alice.fill("#msg_text", "hello")
            await alice.click("#send")
            await bob.until(lambda: "hello" in bob.text("#messages"))
        """
        parse_whole(count, A_NUMBER_OF_USERS)
        first = self._spawned_by or self  # who numbers and ends all of them
        already, most = len(first._spawned), self._network.settings.most_spawned
        if most is not None and already + count > most:
            host = urlsplit(self._network.settings.url).hostname or ""
            raise LoadRefused(host)
        spawned = []
        for number in range(already + 1, already + count + 1):
            rng = random.Random(self.rng.getrandbits(64))
            user = self._another(first.id + number * STRIDE, rng)
            user._spawned_by = first
            spawned.append(user)
        first._spawned += tuple(spawned)
        return spawned

    def _another(self, id_: int, rng: random.Random) -> Self:
        return type(self)(self._network, self._observer, id=id_, rng=rng)

    @property
    def connect_params(self) -> OwnParams:
        """What the app's LiveSocket gives as `params` beside the CSRF token.

        `get_connect_params` sees them at every join and rejoin from now on. A dict, or a
        function that returns one and is called for each. Unless it is set, that of
        liveview_connect_params. Raises SettingError for what JSON cannot hold.

        Example:
            live.connect_params = {"timezone": "Europe/Zurich"}
            await live.visit("/connect_params")
            assert live.text("#timezone") == "Europe/Zurich"
        """
        return self._tab.own_params

    @connect_params.setter
    def connect_params(self, params: OwnParams) -> None:
        if not callable(params):
            check_params(params, "live.connect_params")
            params = dict(params)
        self._tab.own_params = params

    @property
    def cookies(self) -> MutableMapping[str, str]:
        """The cookies that this user has of the app's host, by name.

        A mapping to read and to change: set one, `del` one, `clear()` all, those of other
        hosts as well. One that is set goes to the whole host; the pages, the socket and
        `live.http` share them. Raises SettingError for what cannot be a cookie.

        Example:
            live.cookies["theme"] = "dark"
            await live.visit("/counter")
            assert "_roost_key" in live.cookies
            live.cookies.clear()
            assert dict(live.cookies) == {}
        """
        http = self._tab.http
        return UserCookies(http.cookies, http.settings.url)

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers of this user, beside liveview_headers, of which they replace some.

        Sent with every request, websocket and call of `live.http` to the app's own
        scheme, host and port. A mapping to read and to change, also as a whole. Raises
        SettingError for what is no header.

        Example:
            live.headers["Authorization"] = "Bearer s3cret"
            await live.visit("/counter")
        """
        return self._tab.http.headers

    @headers.setter
    def headers(self, headers: Mapping[str, str]) -> None:
        self._tab.http.headers.replace(headers)

    @property
    def http(self) -> "httpx.AsyncClient":
        """A client of httpx for calls beside the page: `await live.http.get("/api")`.

        It shares the user's cookies, both ways, headers and connections; paths are
        relative to the app's url. It measures nothing: `live.measure` does.

        Example:
            response = await live.http.get("/plain")
            assert response.status_code == 200
        """
        if self._http is None:
            self._http = http_client(self._network.settings, self._tab.http)
        return self._http

    async def leave(self) -> None:
        """Leave the page, close socket and connections; cookies stay. Spawned users end.

        Example:
            await live.visit("/counter")
            await live.leave()
        """
        self._tab.leave()
        self._on_leave()
        spawned, self._spawned = self._spawned, ()
        for each in spawned:
            await each.close()

    async def close(self) -> None:
        """End for good: leave, and forget cookies and headers.

        Example:
            await live.visit("/counter")
            await live.close()
        """
        await self.leave()
        self._tab.http.cookies.clear()
        self._tab.http.headers.clear()

    def _on_leave(self) -> None:
        """Do what a subclass must do when the page is left."""
