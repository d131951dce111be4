"""One push under way: what was sent, and who waits for its reply.

Law: an outcome is kept on the push and never raised by a future, so a reply that nobody
waits for any more disturbs nobody.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import ProtocolError, StepError
from pytest_liveview_load.liveview.page.loading import SentPush
from pytest_liveview_load.liveview.protocol.wire import DIFF, EVENT, STATUS_OK, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msgspec import Raw

    from pytest_liveview_load.liveview.client.tab import Waiter
    from pytest_liveview_load.liveview.client.view import View
    from pytest_liveview_load.liveview.page.actions import LoadingSource
    from pytest_liveview_load.liveview.page.document import Document
    from pytest_liveview_load.liveview.protocol.channel import Pushed

UNMARKED: Final = -1


class Push:
    """A push whose reply is awaited: `answered` wakes the step that awaits it.

    Afterwards `error` says what went wrong, and `response` is the reply's; both are None
    when navigation made the reply superfluous.
    """

    __slots__ = (
        "answered",
        "cids",
        "component",
        "error",
        "kind",
        "metric",
        "name",
        "number",
        "response",
        "sent",
    )

    def __init__(
        self,
        metric: str,
        name: str,
        kind: str,
        component: str,
        cids: Sequence[int] = (),
    ) -> None:
        self.metric = metric
        self.name = name
        self.kind = kind
        self.component = component
        self.cids = cids  # the components that it is about; no step awaits it then
        self.number = UNMARKED  # of the view's pushes that mark what they are due to
        self.sent = 0.0
        self.response: Raw | None = None
        self.error: StepError | None = None
        self.answered: Waiter = asyncio.get_running_loop().create_future()

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

    def tell(self, error: Callable[[str], StepError]) -> bool:
        """Fail every push, and await none any more; return whether a step was told."""
        told = False
        for push in self.taken():
            step = f"{push.metric} {push.name!r}" if push.name else push.metric
            heard = push.answer(None, error(step))
            told = told or (heard and not push.cids)
        return told

    def abandon(self) -> None:
        """Answer every push with nothing: navigation made the replies superfluous."""
        for push in self.taken():
            push.answer(None)

    def oldest(self, otherwise: float) -> float:
        """Return when the first was sent: what the server sends unasked is due to it."""
        return min((each.sent for each in self.values()), default=otherwise)

    def taken(self) -> list[Push]:
        """Return the pushes, and await none any more."""
        pushes = list(self.values())
        self.clear()
        return pushes


# What is measured of a join, of a push whose reply has arrived, and of what came unasked.


PATCH = "patch"  # the metric of a live_patch
UNSOLICITED = "*push"  # the label of diffs that no event asked for
UNNAMED = ""  # a diff that is not measured


def record_join(view: View, rendered: bytes, size: int, arrived: float) -> None:
    """Record a join, whose reply is `size` bytes."""
    socket, name, sent = view.socket, view.name, view.join_sent
    socket.observer.timing("join", sent, arrived, name=name, view=name)
    socket.observer.size("join_bytes", size, sent, name=name, view=name)
    network = socket.network
    shared = network.intern(rendered)
    view.content.sampled_page = network.resent_sampler.joined(
        name, shared, view.dialect
    )


def record(
    view: View, push: Push, diff: bytes | None, size: int, arrived: float
) -> None:
    """Record one round trip; its reply is `size` bytes."""
    socket, of_view = view.socket, view.name
    observer, metric, name, sent = socket.observer, push.metric, push.name, push.sent
    if metric == EVENT:
        kind, component = push.kind, push.component
        observer.timing(
            metric,
            sent,
            arrived,
            name=name,
            view=of_view,
            kind=kind,
            component=component,
        )
        observer.size("diff_bytes", size, sent, name=name, view=of_view)
        socket.network.part_sampler.record(observer, of_view, name, diff, size, sent)
    elif metric == PATCH:
        observer.timing(metric, sent, arrived, name=name, view=of_view)
    sampled = view.content.sampled_page
    if sampled is not None and diff is not None:
        known_as = name if metric == EVENT else UNNAMED
        view.content.sampled_page = sampled.record(observer, known_as, diff)


def record_unasked(view: View, pushed: Pushed, size: int, arrived: float) -> None:
    """Record what the view was pushed."""
    observer, name = view.socket.observer, view.name
    observer.count("pushes", arrived)
    if pushed.event != DIFF:
        return
    diff = bytes(pushed.payload)
    observer.size("diff_bytes", size, arrived, name=UNSOLICITED, view=name)
    part_sampler = view.socket.network.part_sampler
    part_sampler.record(observer, name, UNSOLICITED, diff, size, arrived)
    sampled = view.content.sampled_page
    if sampled is not None:
        view.content.sampled_page = sampled.record(observer, UNSOLICITED, diff)
