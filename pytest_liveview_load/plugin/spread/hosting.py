"""The hosts that a person has asked for, and the hub that is to know them.

Law: they are opened all at once when a run needs them, and wait open for the next; one that
was lost meanwhile is opened anew. A run is carried by all of them or by none.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_liveview_load.distribution.hosts.facts import Facts
from pytest_liveview_load.distribution.hosts.hosts import Hosts
from pytest_liveview_load.distribution.hosts.specs import HostSpec
from pytest_liveview_load.distribution.hub.hub import Hub
from pytest_liveview_load.distribution.link import Link
from pytest_liveview_load.errors import HostError


class Hosting:
    """Owns the hosts of a session."""

    def __init__(self, specs: Sequence[HostSpec]) -> None:
        self.specs = tuple(specs)
        self.hosts = Hosts(prepare=prepare)
        self._known: dict[str, Link] = {}

    async def muster(self, hub: Hub) -> tuple[str, ...]:
        """Return the names of the hosts, which are open and known to the hub.

        Raises HostError, which names all that cannot carry users.
        """
        opening = [self.hosts.open(*each) for each in self.specs]
        opened = await asyncio.gather(*opening, return_exceptions=True)
        for link in opened:
            if not isinstance(link, BaseException):
                self._make_known(link, hub)
        raise_all([each for each in opened if isinstance(each, BaseException)])
        await asyncio.sleep(0)  # now the hub has taken note of them
        return tuple(each.name for each in self.specs)

    def close(self) -> None:
        """End them all."""
        self.hosts.close_all()

    def _make_known(self, link: Link, hub: Hub) -> None:
        if self._known.get(link.name) is not link:
            self._known[link.name] = link
            hub.attach(link)


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


def prepare(_: Any, facts: Facts) -> Sequence[str]:
    """Let a host of this very environment find what is found here."""
    if not facts.is_here:
        return ()
    return [str(Path(entry).absolute()) for entry in sys.path]
