# ruff: noqa: ASYNC109 - a step's timeout is its own: it names what was waited for
"""The verbs of what one user sends to many: `broadcast`, `watch`, `seen`.

Law: sent and seen are instants at the socket. A broadcast is known again by its token in
the raw bytes of a frame; nobody's page is looked at, and users who neither send nor watch
pay nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pytest_liveview_load.liveview.user.face import Face
from pytest_liveview_load.liveview.user.gathering import Broadcasts, HasGathering
from pytest_liveview_load.liveview.user.meeting import Seen
from pytest_liveview_load.liveview.user.token import MARK, tokens_in


@dataclass(frozen=True, slots=True)
class Sent:
    """A broadcast under way: `token` is what the receivers' pages are to show."""

    name: str
    token: str


class Ear:
    """What one user says and hears of broadcasts (`socket.Tap`)."""

    __slots__ = ("broadcasts", "saying", "user", "watching")

    def __init__(self, broadcasts: Broadcasts, user: int) -> None:
        self.broadcasts = broadcasts
        self.user = user
        self.saying: dict[str, bytes] = {}
        self.watching = False

    def said(self, data: bytes, at: float) -> None:
        """Tell which broadcasts this message carries."""
        for token, raw in self.saying.items():
            if raw in data:
                self.broadcasts.sent(token, at)

    def heard(self, data: bytes, arrived: float) -> None:
        """Tell which broadcasts have arrived with this message."""
        if self.watching and MARK in data:
            for token in tokens_in(data):
                self.broadcasts.heard(self.user, token, arrived)


class Broadcasting(Face):
    """What one live user sends to many."""

    __slots__ = ()

    id: int
    _crowd: HasGathering

    @asynccontextmanager
    async def broadcast(
        self, name: str, *, timeout: str | float | None = None
    ) -> AsyncIterator[Sent]:
        """Measure how long what is sent in the block takes to reach those who watch.

        Let the others' pages show `sent.token`: type it into the message. From the push
        that carries it to the arrival of the first frame with it is a `fanout[name]` for
        each user who watches. If several pushes carry it, a form's phx-change and its
        phx-submit say, the latest before the arrival counts; if none does (a call over
        `live.http`), the time runs from the beginning of the block.

        Expected to see it are those who watch `name` when it is sent, but for the sender.
        Who has not within `timeout` after is counted in `missing_receivers`; who leaves
        the page before is not, nor who has not seen it yet when the run ends. A block
        that raises has sent nothing. Several may be under way at once, each with its
        own token.

        Example:
            [bob] = await live.spawn()
            await live.visit("/chat?room=tea&user=ann")
            await bob.visit("/chat?room=tea&user=bob")
            bob.watch("message")
            async with live.broadcast("message") as sent:
                await live.fill("#msg_text", f"hello {sent.token}")
                await live.submit("#chat-form")
            await bob.seen("message")
        """
        broadcasts = self._crowd.gathering.broadcasts
        token = broadcasts.begin(self.id, name, self._patience(timeout))
        ear = self._ear()
        ear.saying[token] = token.encode()
        try:
            yield Sent(name, token)
        except BaseException:
            broadcasts.forget(token)
            raise
        finally:
            ear.saying.pop(token, None)
            if not ear.saying and not ear.watching:
                self._tab.read_along(None)
        broadcasts.end(token)

    def watch(self, name: str) -> None:
        """Watch for what others broadcast as `name`, from now on, until the page is left.

        Every one that arrives is measured, also if nobody waits for it by `seen`.

        Example:
            await live.visit("/chat?room=tea&user=ann")
            live.watch("message")
        """
        self._crowd.gathering.broadcasts.watch(self.id, name, self._observer)
        self._ear().watching = True

    async def seen(self, name: str, *, timeout: str | float | None = None) -> Seen:
        """Wait for the next broadcast `name` to arrive; return whose, and how long it took.

        In the order in which they arrive, none left out, from the first `watch` or
        `seen` on: what was sent before that this user does not see.

        Example:
            import asyncio

            [bob] = await live.spawn()
            await live.visit("/chat?room=tea&user=ann")
            await bob.visit("/chat?room=tea&user=bob")

            async def say():
                async with bob.broadcast("message") as sent:
                    await bob.fill("#msg_text", sent.token)
                    await bob.submit("#chat-form")

            seen, _ = await asyncio.gather(live.seen("message"), say())
            assert seen.sender == bob.id
            assert seen.seconds < 5
        """
        patience = self._patience(timeout)
        self.watch(name)
        return await self._crowd.gathering.broadcasts.seen(self.id, name, patience)

    def _ear(self) -> Ear:
        ear = self._tab.tap
        if not isinstance(ear, Ear):
            ear = Ear(self._crowd.gathering.broadcasts, self.id)
            self._tab.read_along(ear)
        return ear

    def _stop_watching(self) -> None:
        if self._tab.tap is not None:
            self._tab.read_along(None)
            self._crowd.gathering.broadcasts.part(self.id)
