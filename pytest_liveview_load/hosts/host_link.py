"""A host's link: it knows when something came last, and says how its process ended.

Law: as any `Link`; what comes is only handed on.
"""

import time
from collections.abc import Callable
from functools import partial

from pytest_liveview_load.distribution.link import CLOSED, Gone, Hear, Link


class HostLink:
    """Owns when it `heard` last, which nobody knows before somebody listens.

    `last_words` says why the host is gone, once it is.
    """

    def __init__(self, link: Link, last_words: Callable[[], str]) -> None:
        self.name = link.name
        self.heard: float | None = None
        self.is_gone = False
        self._link = link
        self._last_words = last_words

    def listen(self, hear: Hear) -> None:
        """Hand on what comes."""
        self.heard = time.perf_counter()
        self._link.listen(partial(self._take, hear))

    def _take(self, hear: Hear, data: bytes | Gone, arrived: float) -> None:
        self.heard = arrived
        if isinstance(data, Gone):
            self.is_gone = True
            if data.why == CLOSED:
                data = Gone(self._last_words())
        hear(data, arrived)

    def send(self, data: bytes) -> None:
        """Send, later if need be."""
        self._link.send(data)

    def kill(self, why: str) -> None:
        """End the process through which the host is reached: the host then ends itself."""
        self.is_gone = True
        self._link.kill(why)

    def close(self) -> None:
        """Use it no more."""
        self.is_gone = True
        self._link.close()
