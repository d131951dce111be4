"""The hosts that a person has asked for, those of the pool too, and the controller's part in them.

They are opened all at once when a run needs them, and wait open for the next; one that
was lost meanwhile is opened anew. A run is carried by all of them or by none, and by as
many of the pool as its users need.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.hosts import Hosts
from pytest_liveview_load.hosts.pack import Shipment
from pytest_liveview_load.hosts.ship import ship
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.pool.pool import HostPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pytest

    from pytest_liveview_load.distribution.controller import Controller
    from pytest_liveview_load.distribution.link import Link
    from pytest_liveview_load.distribution.messages import Prepare
    from pytest_liveview_load.hosts.specs import HostInfo, HostSpec
    from pytest_liveview_load.plugin.data import PoolAsked
    from pytest_liveview_load.plugin.settings import Settings


# What was asked for of hosts, before one is needed.


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """The hosts of a session, and where the tests are that travel to them.

    `ships` says that the plugin travels too; `import_mode` and `ignored` are pytest's
    importmode and norecursedirs.
    """

    specs: tuple[HostSpec, ...] = ()
    ships: bool = False
    rootdir: Path
    import_mode: str
    ignored: tuple[str, ...]
    pool: PoolAsked | None = None

    @classmethod
    def of(
        cls, config: pytest.Config, settings: Settings, pool: PoolAsked | None = None
    ) -> HostPlan:
        """Return what was set in a session."""
        return cls(
            specs=settings.hosts,
            ships=settings.ship,
            rootdir=config.rootpath,
            import_mode=config.getoption("importmode"),
            ignored=tuple(config.getini("norecursedirs")),
            pool=pool,
        )

    def files(self, tests: Iterable[str]) -> set[Path]:
        """Return the files that tests are in, by their node ids."""
        return {self.rootdir / each.partition("::")[0] for each in tests}


class SessionHosts:
    """Owns the hosts of a session, and what is sent to each of them.

    `show` gets what a person who waits wants to know, "" when that is over.
    """

    def __init__(
        self,
        plan: HostPlan,
        tests: Sequence[str],
        *,
        show: Callable[[str], object],
        complain: Callable[[str], object],
    ) -> None:
        self.plan = plan
        self.hosts = Hosts(prepare=self.prepare)
        self.pool: HostPool | None = None
        if plan.pool is not None:
            settings, provider = plan.pool
            self.pool = HostPool(
                settings, self.hosts, provider=provider, show=show, complain=complain
            )
        self._show = show
        self._tests = tuple(tests)
        self._shipment: Shipment | None = None
        self._packing = threading.Lock()
        self._known: dict[str, Link] = {}

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
            self._show("")
        return names

    async def _asked_for(self, controller: Controller) -> tuple[str, ...]:
        waited_for = [
            each.name for each in self.plan.specs if not self.hosts.is_open(each.name)
        ]
        opening = [self.hosts.open(*each) for each in self.plan.specs]
        if waited_for:
            self._show(f"opening {', '.join(waited_for)}")
        opened = await asyncio.gather(*opening, return_exceptions=True)
        for link in opened:
            if not isinstance(link, BaseException):
                self._make_known(link, controller)
        raise_all([each for each in opened if isinstance(each, BaseException)])
        return tuple(each.name for each in self.plan.specs)

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
            self._show(f"{facts.host} {said}")

        shipped = ship(gateway, self.shipment(), say=say)
        # What runs in this very environment finds what is found here, too; but first its
        # own copy of the tests, for another `tests` may be installed here.
        return [*shipped, *(found_here() if facts.is_here else ())]

    def shipment(self) -> Shipment:
        """Return what travels, packed when it is first needed. Raises HostError."""
        with self._packing:
            if self._shipment is None:
                self._shipment = Shipment.of(
                    self.plan.rootdir,
                    self.plan.files(self._tests),
                    with_plugin=self.plan.ships,
                    import_mode=self.plan.import_mode,
                    ignored=self.plan.ignored,
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
