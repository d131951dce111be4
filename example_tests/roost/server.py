"""What all pages of one running Roost share: its signatures and its news.

Law of this file: nothing here knows a page or a socket.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from roost.dialect import Dialect
from roost.process import Process
from roost.session import Signer


class PubSub:
    """Owns who listens to which topic, as `Phoenix.PubSub`."""

    def __init__(self) -> None:
        self._listeners: defaultdict[str, set[Process]] = defaultdict(set)

    def subscribe(self, topic: str, process: Process) -> None:
        """Tell `process` what is broadcast on `topic`, until it ends."""
        self._listeners[topic].add(process)
        process.at_end(lambda: self._unsubscribe(topic, process))

    def broadcast(
        self, topic: str, message: Any, *, but: Process | None = None
    ) -> None:
        """Tell everybody on `topic`, save one."""
        for process in self._listeners.get(topic, ()):
            if process is not but:
                process.tell(message)

    def _unsubscribe(self, topic: str, process: Process) -> None:
        self._listeners[topic].discard(process)
        if not self._listeners[topic]:
            del self._listeners[topic]


@dataclass(frozen=True, slots=True)
class Server:
    """Given to every view."""

    signer: Signer
    dialect: Dialect
    pubsub: PubSub = field(default_factory=PubSub)
