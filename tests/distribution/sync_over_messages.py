"""A sync server that two runners' users reach by messages, in one loop: odd and even users.

What they send arrives at once, as bytes; an answer takes a turn of the loop.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

from pytest_liveview_load.distribution import messages
from pytest_liveview_load.distribution.messages import decode, encode
from pytest_liveview_load.distribution.sync_client import SyncClient
from pytest_liveview_load.distribution.sync_server import SyncServer
from pytest_liveview_load.liveview.observer import Observer
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.broadcast import Seen
from pytest_liveview_load.sync.rendezvous import Meeting, RendezvousArguments
from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import LocalSync

RUNNERS = ("a", "b")


class SyncOverMessages:
    """Owns the server and both runners' clients; what is only read is the server's."""

    def __init__(self, real: LocalSync) -> None:
        self.real = real
        self.server = SyncServer("r", real, RUNNERS, self.answer)
        self.clients = {
            name: SyncClient(
                "r", self.sender(name), clock=real.clock, first=first, stride=2
            )
            for first, name in enumerate(RUNNERS)
        }
        self.sent = 0  # messages
        self.broadcasts = BroadcastsOverMessages(self)
        self.turns: dict[str, list[SyncClient]] = {}
        self.next = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def sender(self, name: str) -> Any:
        def send(message: messages.Message) -> None:
            self.sent += 1
            [there] = decode(encode(message))
            assert isinstance(
                there, messages.SyncCall | messages.SyncCancel | messages.SyncPost
            )
            self.server.receive(name, there)

        return send

    def answer(self, runner: str, message: messages.SyncAnswer) -> None:
        [there] = decode(encode(message))
        assert isinstance(there, messages.SyncAnswer | messages.SyncAnswer)
        asyncio.get_running_loop().call_soon(self.clients[runner].receive, there)

    def of(self, user: int) -> SyncClient:
        return self.clients[RUNNERS[user % 2]]

    # As the run's sync (`crowd.run_state`)

    def enter(self, user: int) -> None:
        self.of(user).enter(user)

    def leave(self, user: int) -> None:
        self.of(user).leave(user)

    def over(self) -> None:
        for end in self.clients.values():
            end.over()

    async def take_turn(self, name: str, pace: ThrottleArguments) -> None:
        self.next += 1
        end = self.of(self.next)
        await end.take_turn(name, pace)
        self.turns.setdefault(name, []).append(end)

    def end_turn(self, name: str) -> None:
        self.turns[name].pop(0).end_turn(name)

    async def meet(
        self, user: int, name: str, call: RendezvousArguments, value: object
    ) -> Meeting:
        return await self.of(user).meet(user, name, call, value)

    def add_spawned(self, users: Iterable[int]) -> None:
        self.of(0).add_spawned(users)


class BroadcastsOverMessages:
    """The broadcasts of both runners."""

    def __init__(self, sync: SyncOverMessages) -> None:
        self.sync = sync
        self.senders: dict[str, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.sync.real.broadcasts, name)

    def begin(self, sender: int, name: str, patience: float) -> str:
        token = self.sync.of(sender).broadcasts.begin(sender, name, patience)
        self.senders[token] = sender
        return token

    def of(self, token: str) -> Any:
        return self.sync.of(self.senders[token]).broadcasts

    def sent(self, token: str, at: float) -> None:
        self.of(token).sent(token, at)

    def end(self, token: str) -> None:
        self.of(token).end(token)

    def forget(self, token: str) -> None:
        self.of(token).forget(token)

    def watch(self, user: int, name: str, observer: Observer) -> None:
        self.sync.of(user).broadcasts.watch(user, name, observer)

    def received(self, user: int, token: str, arrived: float) -> None:
        self.sync.of(user).broadcasts.received(user, token, arrived)

    async def seen(self, user: int, name: str, timeout: float) -> Seen:  # noqa: ASYNC109
        return await self.sync.of(user).broadcasts.seen(user, name, timeout)

    def unwatch(self, user: int) -> None:
        self.sync.of(user).broadcasts.unwatch(user)

    @property
    def recorder(self) -> Recorder:
        return self.sync.server.recorder("")
