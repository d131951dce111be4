"""The hosts that a person has asked for, those of the pool too, and the controller's part in them.

They are opened all at once when a run needs them, and wait open for the next; one that
was lost meanwhile is opened anew. A run is carried by all of them or by none, and by as
many of the pool as its users need.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.hosts import Hosts
from pytest_liveview_load.hosts.pack import Shipment
from pytest_liveview_load.hosts.ship import ship
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.pool.pool import HostPool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_liveview_load.distribution.controller import Controller
    from pytest_liveview_load.distribution.link import Link
    from pytest_liveview_load.distribution.messages import Prepare
    from pytest_liveview_load.hosts.specs import HostInfo, HostSpec
    from pytest_liveview_load.plugin.data import PoolAsked


@dataclass(kw_only=True, eq=False)
class SessionHosts:
    """Owns the hosts of a session, and what is sent to each of them.

    `tests` are the node ids of the tests that travel, `ships` says that the plugin does
    too; `import_mode` and `ignored` are pytest's importmode and norecursedirs. `show` gets
    what a person who waits wants to know, "" when that is over.
    """

    specs: tuple[HostSpec, ...] = ()
    pool_asked: PoolAsked | None = None
    tests: Sequence[str]
    ships: bool = False
    rootdir: Path
    import_mode: str
    ignored: Sequence[str]
    show: Callable[[str], object]
    complain: Callable[[str], object]
    _shipment: Shipment | None = None
    _packing: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, Link] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hosts = Hosts(prepare=self.prepare)
        self.pool: HostPool | None = None
        if self.pool_asked is not None:
            settings, provider = self.pool_asked
            self.pool = HostPool(
                settings,
                self.hosts,
                provider=provider,
                show=self.show,
                complain=self.complain,
            )

    async def open(self, controller: Controller, prepare: Prepare) -> tuple[str, ...]:
        """Return the names of a run's hosts, which are open and known to the controller.

        Raises HostError, which names all that cannot carry users, and PoolError.
        """
        try:
            booting = asyncio.ensure_future(self._of_pool(controller, prepare))
            try:
                fixed = await self._asked_for(controller)
            except BaseException:
                booting.cancel()
                raise
            names = (*fixed, *await booting)
            await asyncio.sleep(0)  # now the controller has taken note of them
        except BaseException:
            self.release(prepare.run)
            raise
        finally:
            self.show("")
        return names

    async def _asked_for(self, controller: Controller) -> tuple[str, ...]:
        names = [each.name for each in self.specs]
        waited_for = [each for each in names if not self.hosts.is_open(each)]
        opening = [self.hosts.open(*each) for each in self.specs]
        if waited_for:
            self.show(f"opening {', '.join(waited_for)}")
        opened = await asyncio.gather(*opening, return_exceptions=True)
        for link in opened:
            if not isinstance(link, BaseException):
                self._make_known(link, controller)
        raise_all([each for each in opened if isinstance(each, BaseException)])
        return tuple(names)

    async def _of_pool(
        self, controller: Controller, prepare: Prepare
    ) -> tuple[str, ...]:
        if self.pool is None:
            return ()
        users = Profile.from_data(prepare.plan.profile).most_users
        hosts = await self.pool.acquire(prepare.run, users)
        for each in hosts:
            self._make_known(each.link, controller)
            if each.booted_in is not None:
                controller.booted[each.name] = each.booted_in
        return tuple(each.name for each in hosts)

    def release(self, run: str) -> None:
        """A run is over: the pool's hosts may serve others, or are stopped."""
        if self.pool is not None:
            self.pool.release(run)

    def close(self) -> None:
        """End them all."""
        self.hosts.close_all()
        if self.pool is not None:
            self.pool.close()

    def _make_known(self, link: Link, controller: Controller) -> None:
        if self._known.get(link.name) is not link:
            self._known[link.name] = link
            controller.attach(link)

    # In the thread that opens a host

    def prepare(self, gateway: Any, facts: HostInfo) -> Sequence[str]:
        """Send what travels; return where a host is to look first. Raises HostError."""

        def say(said: str) -> None:
            self.show(f"{facts.host} {said}")

        shipped = ship(gateway, self.shipment(), say=say)
        # What runs in this very environment finds what is found here, too; but first its
        # own copy of the tests, for another `tests` may be installed here.
        return [*shipped, *(found_here() if facts.is_here else ())]

    def shipment(self) -> Shipment:
        """Return what travels, packed when it is first needed. Raises HostError."""
        with self._packing:
            if self._shipment is None:
                self._shipment = Shipment.of(
                    self.rootdir,
                    {self.rootdir / each.partition("::")[0] for each in self.tests},
                    with_plugin=self.ships,
                    import_mode=self.import_mode,
                    ignored=self.ignored,
                )
            return self._shipment


def found_here() -> list[str]:
    """Return from where this process imports."""
    return [str(Path(entry).absolute()) for entry in sys.path]


def raise_all(errors: Sequence[BaseException]) -> None:
    """Raise an error, or one in place of several HostErrors."""
    for error in errors:
        if not isinstance(error, HostError):
            raise error
    texts = tuple(dict.fromkeys(str(each) for each in errors))
    if len(texts) == 1:
        raise errors[0]
    if texts:
        listed = "".join(f"\n  {each}" for each in texts)
        raise HostError("liveview_hosts", f"several cannot carry users:{listed}")
