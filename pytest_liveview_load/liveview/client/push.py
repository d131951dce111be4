"""One push under way: what was sent, and who waits for its reply.

An outcome is kept on the push and never raised by a future, so a reply that nobody
waits for any more disturbs nobody.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from msgspec import Raw

from pytest_liveview_load.errors import ProtocolError, StepError
from pytest_liveview_load.liveview.client.history import PatchLink
from pytest_liveview_load.liveview.page.actions import LoadingSource
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.loading import SentPush
from pytest_liveview_load.liveview.protocol.wire import STATUS_OK, quoted

UNMARKED: Final = -1


# Resolves True when it has happened, False when the time was up first.
Waiter: TypeAlias = "asyncio.Future[bool]"


def new_waiter() -> Waiter:
    """Return a waiter that nobody has resolved yet."""
    return asyncio.get_running_loop().create_future()


def resolve(waiter: Waiter, happened: bool = True) -> None:  # noqa: FBT001, FBT002
    """Wake who awaits `waiter`, if nothing has yet; False: the time was up first."""
    if not waiter.done():
        waiter.set_result(happened)


@dataclass(slots=True, eq=False)
class Push:
    """A push whose reply is awaited: `answered` wakes the step that awaits it.

    Afterwards `error` says what went wrong, and `response` is the reply's; both are None
    when navigation made the reply superfluous.
    """

    metric: str
    name: str
    kind: str = ""
    component: str = ""
    cids: Sequence[int] = ()  # the components that it is about; no step awaits it then
    number: int = UNMARKED  # of the view's pushes that mark what they are due to
    link: PatchLink | None = None  # what a `live_patch` asks for
    sent: float = 0.0
    response: Raw | None = None
    error: StepError | None = None
    answered: Waiter = field(default_factory=new_waiter)

    def answer(self, response: Raw | None, error: StepError | None = None) -> bool:
        """Wake the step with the outcome; return whether there still is one."""
        if self.answered.done():
            return False
        self.response = response
        self.error = error
        self.answered.set_result(True)
        return True

    def refuse(self, response: bytes) -> None:
        """Tell the step that the server answered with an error."""
        problem = f"the server refused {self.name or self.metric!r}"
        self.answer(None, ProtocolError(problem, quoted(response)))


class InFlight(dict[str, Push]):
    """The pushes of one view whose replies are awaited, by ref.

    `log` tells which of them the page shows (`liveview.page.loading`); a view that has joined again
    forgets it.
    """

    __slots__ = ("log", "marked")

    def __init__(self) -> None:
        super().__init__()
        self.log: list[SentPush | int] = []
        self.marked = 0  # view.ts ref

    def mark(self, awaited: LoadingSource | None, document: Document) -> int:
        """Let the page show that a push is under way; return its number."""
        if awaited is None:
            return UNMARKED
        number = self.marked
        self.marked = number + 1
        self.log.append(SentPush(number, awaited, document))
        return number

    def answered(self, ref: str, status: str) -> Push | None:
        """Return the push that a reply is to; a refused one goes on marking the page."""
        push = self.pop(ref, None)
        if push is not None and status == STATUS_OK:
            self.unmark(push.number)
        return push

    def unmark(self, number: int) -> None:
        """Let the page show that a push was answered."""
        if number == self.marked - 1:
            self.log.clear()  # nothing is left that could hold on to anything
        elif number != UNMARKED:
            self.log.append(number)

    def fail_all(self, error: Callable[[str], StepError]) -> bool:
        """Fail every push, and await none any more; return whether a step was told."""
        told = False
        for push in self.take_all():
            step = f"{push.metric} {push.name!r}" if push.name else push.metric
            awaited = push.answer(None, error(step))
            told = told or (awaited and not push.cids)
        return told

    def abandon(self) -> None:
        """Answer every push with nothing: navigation made the replies superfluous."""
        for push in self.take_all():
            push.answer(None)

    def oldest(self, otherwise: float) -> float:
        """Return when the first was sent: what the server sends unasked is due to it."""
        return min((each.sent for each in self.values()), default=otherwise)

    def take_all(self) -> list[Push]:
        """Return the pushes, and await none any more."""
        pushes = list(self.values())
        self.clear()
        return pushes
