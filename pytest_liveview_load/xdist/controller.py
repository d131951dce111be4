"""xdist's workers as the controller knows them: how to reach each, and what it collected.

A worker has one handle from before its process starts a test until it is gone. The
`RunController` is told when a run begins and ends, and gets each worker's link; nothing
here waits for it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import msgspec
import pytest
from msgspec import Struct

from pytest_liveview_load.xdist.schedule import LoadTestSchedule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_liveview_load.distribution.link import ExecnetChannel


# In workerinput: the channel of these messages, and that of who carries a load.
CONTROL_CHANNEL: Final = "liveview_load_tests"
RUN_CHANNEL: Final = "liveview_link"


# Messages between the controller and a worker, beside xdist's own


class LoadTestsCollected(Struct, frozen=True, tag=True):
    """Worker → controller: where in its collection the load tests are."""

    places: tuple[int, ...]


class FollowerFailed(Struct, frozen=True, tag=True):
    """Worker → controller: it could not carry its users in run `number`."""

    number: int
    why: str


class FollowerStuck(Struct, frozen=True, tag=True):
    """Worker → controller: its last words, for it did not heed its release."""

    where: str  # its main thread is


class AssignedRole(Struct, frozen=True, tag=True):
    """Controller → worker: its role in run `number`, of the test at `place`."""

    number: int
    place: int  # in its collection
    leads: bool


class Released(Struct, frozen=True, tag=True):
    """Controller → worker: run `number` is over."""

    number: int


Message: TypeAlias = (
    LoadTestsCollected | FollowerFailed | FollowerStuck | AssignedRole | Released
)
pack: Final = msgspec.msgpack.encode
unpack: Final = msgspec.msgpack.Decoder(Message).decode


NEVER_RUN: Final = (
    "did not run: a load test needs xdist's workers, and before its turn xdist had ended "
    "them, as it does when more have crashed than --max-worker-restart allows"
)


class RunController(Protocol):
    """Has loads carried by several processes; called in the main thread, but for `failed`."""

    def begin(
        self,
        number: int,
        test: str,
        lead: WorkerHandle,
        followers: Sequence[WorkerHandle],
    ) -> None:
        """The lead is about to run `test`, the followers are about to serve."""

    def failed(self, number: int, follower: WorkerHandle, why: str) -> None:
        """`follower` has ended early in run `number`; called in a receiver thread."""

    def end(self, number: int) -> None:
        """Run `number` is over, its lead may be gone; followers are being released."""


class WorkerHandle:
    """One worker, seen from the controller.

    `link` is the raw channel between whoever carries loads here and in the worker: this
    file never reads it. `loads` are the places of load tests in its collection.
    """

    def __init__(self, node: Any, xdist_workers: XdistWorkers) -> None:
        self.name: str = node.gateway.id
        self.loads: tuple[int, ...] = ()
        self._node = node
        self._workers = xdist_workers
        # Kept here, for a channel that is dropped stops calling back.
        self._control: ExecnetChannel = node.gateway.newchannel()
        self.link: ExecnetChannel = node.gateway.newchannel()
        node.workerinput[CONTROL_CHANNEL] = self._control
        node.workerinput[RUN_CHANNEL] = self.link
        self._control.setcallback(self._on_message, None)

    def send(self, message: Message) -> None:
        """Send `message`; a worker that is gone misses nothing."""
        with suppress(OSError):
            self._control.send(pack(message))

    def kill(self) -> None:
        """End the worker's process, or its local end; xdist then replaces the worker."""
        # There is no public way: `exit` asks, and who has stalled does not answer.
        self._node.gateway._io.kill()  # noqa: SLF001

    def _on_message(self, data: bytes | None) -> None:
        match unpack(data) if data is not None else None:
            case LoadTestsCollected(places):
                self.loads = places
            case FollowerFailed(number, why):
                self._workers.failed(number, self, why)
            case FollowerStuck(where):
                self._workers.note_stuck(self, where)


class XdistWorkers:
    """Owns the handles, and the schedule that they make up."""

    def __init__(self, controller: RunController, complaints: list[str]) -> None:
        self.schedule = LoadTestSchedule()
        self.handles: dict[str, WorkerHandle] = {}
        self.tests: list[str] = []  # node ids of the load tests, as in the collection
        self.controller = controller
        self._run = 0
        self._complaints = complaints

    def prepare_worker(self, node: Any) -> None:
        """Make a handle for a worker that is about to be started."""
        handle = WorkerHandle(node, self)
        self.handles[handle.name] = handle
        self.schedule.expect(handle.name)

    def forget(self, node: Any) -> None:
        """Take away the handle of a worker that is gone, before xdist's scheduler knows."""
        self.handles.pop(node.gateway.id, None)
        self.schedule.forget(node.gateway.id)

    def begin(self, number: int, test: int, names: Sequence[str]) -> None:
        """A run begins; the first of `names` leads."""
        self._run = number
        lead, *followers = (self.handles[name] for name in names)
        self.controller.begin(number, self.tests[test], lead, followers)

    def failed(self, number: int, follower: WorkerHandle, why: str) -> None:
        """Take note that a follower could not do its part; too late is too late."""
        if number != self._run:
            return
        self.controller.failed(number, follower, why)
        self._complaints.append(f"{follower.name} could not carry its users: {why}")

    def note_stuck(self, follower: WorkerHandle, where: str) -> None:
        """Take note that a follower ends its process, for its part would not end."""
        self._complaints.append(
            f"{follower.name} was still serving long after its load test was over, and "
            f"was ended: {where}"
        )

    def never_run(self) -> Iterator[pytest.TestReport]:
        """Yield a failure for each load test that had no turn, lest it vanish silently."""
        for test in self.schedule.todo:
            path, _, name = self.tests[test].partition("::")
            yield pytest.TestReport(
                self.tests[test], (path, None, name), {}, "failed", NEVER_RUN, "call"
            )

    def end(self, number: int) -> None:
        """A run is over."""
        self._run = 0
        self.controller.end(number)
