"""The hosts that a person has asked for, and the hub that is to know them.

Law: they are opened all at once when a run needs them, and wait open for the next; one that
was lost meanwhile is opened anew. A run is carried by all of them or by none.
"""

import asyncio
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_liveview_load.distribution.hosts.baggage import Baggage
from pytest_liveview_load.distribution.hosts.facts import Facts
from pytest_liveview_load.distribution.hosts.hosts import Hosts
from pytest_liveview_load.distribution.hosts.shipping import ship
from pytest_liveview_load.distribution.hub.hub import Hub
from pytest_liveview_load.distribution.link import Link
from pytest_liveview_load.errors import HostError
from pytest_liveview_load.plugin.spread.host_plan import HostPlan


class Hosting:
    """Owns the hosts of a session, and what is sent to each of them."""

    def __init__(self, plan: HostPlan, tests: Sequence[str]) -> None:
        self.plan = plan
        self.hosts = Hosts(prepare=self.prepare)
        self._tests = tuple(tests)
        self._baggage: Baggage | None = None
        self._packing = threading.Lock()
        self._known: dict[str, Link] = {}

    async def muster(self, hub: Hub) -> tuple[str, ...]:
        """Return the names of the hosts, which are open and known to the hub.

        Raises HostError, which names all that cannot carry users.
        """
        opening = [self.hosts.open(*each) for each in self.plan.specs]
        opened = await asyncio.gather(*opening, return_exceptions=True)
        for link in opened:
            if not isinstance(link, BaseException):
                self._make_known(link, hub)
        raise_all([each for each in opened if isinstance(each, BaseException)])
        await asyncio.sleep(0)  # now the hub has taken note of them
        return tuple(each.name for each in self.plan.specs)

    def close(self) -> None:
        """End them all."""
        self.hosts.close_all()

    def _make_known(self, link: Link, hub: Hub) -> None:
        if self._known.get(link.name) is not link:
            self._known[link.name] = link
            hub.attach(link)

    # In the thread that opens a host

    def prepare(self, gateway: Any, facts: Facts) -> Sequence[str]:
        """Send what travels; return where a host is to look first. Raises HostError."""
        shipped = ship(gateway, self.baggage())
        # What runs in this very environment finds what is found here, too.
        return [*(found_here() if facts.is_here else ()), *shipped]

    def baggage(self) -> Baggage:
        """Return what travels, packed when it is first needed. Raises HostError."""
        with self._packing:
            if self._baggage is None:
                self._baggage = Baggage.of(
                    self.plan.rootdir,
                    self.plan.files(self._tests),
                    with_plugin=self.plan.ships,
                    import_mode=self.plan.import_mode,
                    ignored=self.plan.ignored,
                )
            return self._baggage


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
