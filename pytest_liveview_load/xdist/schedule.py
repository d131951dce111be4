"""When a load test runs on all of xdist's workers at once, and who leads it.

Events go in and commands come out; there is no pytest, no xdist, no I/O and no clock here.
It rests on one habit of xdist's workers, which a test pins: a worker starts what it was
sent only once it knows what comes next, or that nothing does. So a worker that has nothing
else to do is sent the next load test and *holds* it. When all hold it the test begins: each
is told its role, and what comes next. One worker leads (pytest runs the test there), the
others follow until the lead is through. While a load test runs, nothing else does.

Load tests are known by their place among the load tests of a collection, workers by name.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

Worker: TypeAlias = str


@dataclass(frozen=True, slots=True)
class HoldTest:
    """Send `worker` the load test `test`; what it held before is released by that."""

    worker: Worker
    test: int


@dataclass(frozen=True, slots=True)
class BeginTest:
    """Tell all their roles in run `number`, the how manieth of the session."""

    number: int
    test: int
    lead: Worker
    followers: tuple[Worker, ...]


@dataclass(frozen=True, slots=True)
class EndTest:
    """Run `number` is over: its lead is through, or gone. Release those who still follow."""

    number: int
    followers: tuple[Worker, ...] = ()


@dataclass(frozen=True, slots=True)
class ShutDownWorker:
    """Tell `worker` that nothing more comes; that releases what it holds."""

    worker: Worker


Command: TypeAlias = HoldTest | BeginTest | EndTest | ShutDownWorker


@dataclass(slots=True)
class WorkerState:
    """What one worker has to do, as far as it was told."""

    has_joined: bool = False  # its tests are collected
    ordinary: int = 0  # tests that it was sent and has not finished
    drained: bool = False  # no more ordinary tests will be sent
    carries: int | None = None  # the load test that it leads or follows
    holds: int | None = None
    left: bool = False  # was told that nothing more comes

    @property
    def is_idle(self) -> bool:
        """Whether it does nothing but hold what it holds."""
        return self.ordinary == 0 and self.carries is None


class LoadTestSchedule:
    """Owns who does what. Every event but a loss answers with what to do next.

    A loss answers with releases only, for xdist makes the replacement just after it, and
    only then is it known whom to wait for.
    """

    def __init__(self) -> None:
        self._workers: dict[Worker, WorkerState] = {}  # the first that is left leads
        self._todo: deque[int] = deque()  # its first is what idle workers hold
        self._run: BeginTest | None = None
        self._number = 0
        self._ordinary_over = False

    @property
    def todo(self) -> tuple[int, ...]:
        """The load tests that have not begun."""
        return tuple(self._todo)

    # Who takes part

    def expect(self, worker: Worker) -> None:
        """`worker` is being started: nothing begins before it has joined, or is gone."""
        self._workers[worker] = WorkerState()

    def join(self, worker: Worker) -> None:
        """`worker` has collected its tests and takes part from now on."""
        self._workers[worker].has_joined = True

    def forget(self, worker: Worker) -> None:
        """`worker` will not join; if it had, `lose` says what that means."""
        if worker in self._workers and not self._workers[worker].has_joined:
            del self._workers[worker]

    def lose(self, worker: Worker) -> tuple[int | None, list[Command]]:
        """`worker` is gone. Return the load test that it led just then, and releases."""
        self._workers.pop(worker, None)
        run = self._run
        if run is None or run.lead != worker:
            return None, []
        return run.test, self._end(run)

    # The order of things

    def open(self, tests: int) -> None:
        """Plan `tests` load tests, in the order of their collection."""
        self._todo.extend(range(tests))

    def retry(self, test: int) -> None:
        """Run `test` once more, as soon as that can be."""
        held = any(state.holds is not None for state in self._workers.values())
        self._todo.insert(1 if held else 0, test)

    # What workers do

    def send(self, worker: Worker, ordinary: int) -> None:
        """`worker` is sent so many ordinary tests."""
        self._workers[worker].ordinary += ordinary

    def drain(self, worker: Worker) -> None:
        """`worker` will be sent no more ordinary tests."""
        self._workers[worker].drained = True

    def finish_ordinary(self, worker: Worker, ordinary: int = 1) -> None:
        """`worker` has finished, or given back, so many ordinary tests."""
        self._workers[worker].ordinary -= ordinary

    def complete(self, worker: Worker, test: int) -> list[Command]:
        """`worker` has done its part in a load test, or passed over it."""
        state = self._workers[worker]
        if state.carries != test:
            state.holds = None  # it was let go without a role: the session ends
            return []
        state.carries = None
        run = self._run
        return self._end(run) if run is not None and run.lead == worker else []

    def proceed(self, *, ordinary_over: bool) -> list[Command]:
        """Return what to do now; nothing begins unless no ordinary test waits."""
        commands: list[Command] = []
        for worker, state in self._workers.items():
            if state.drained and state.holds is None and not state.left:
                commands.append(self._give_next(worker, state))
        if ordinary_over and self._todo and self._all_hold():
            commands += self._begin()
        return commands

    def _all_hold(self) -> bool:
        staying = [each for each in self._workers.values() if not each.left]
        return (
            bool(staying)
            and all(state.is_idle for state in self._workers.values())
            and all(state.holds == self._todo[0] for state in staying)
        )

    def _begin(self) -> list[Command]:
        test = self._todo.popleft()
        staying = {
            name: state for name, state in self._workers.items() if not state.left
        }
        lead, *followers = staying
        self._number += 1
        self._run = BeginTest(self._number, test, lead, tuple(followers))
        commands: list[Command] = [self._run]
        for worker, state in staying.items():
            state.carries, state.holds = test, None
            commands.append(self._give_next(worker, state))
        return commands

    def _give_next(self, worker: Worker, state: WorkerState) -> Command:
        if not self._todo:
            state.left = True
            return ShutDownWorker(worker)
        state.holds = self._todo[0]
        return HoldTest(worker, state.holds)

    def _end(self, run: BeginTest) -> list[Command]:
        self._run = None
        following = (
            worker
            for worker in run.followers
            if worker in self._workers and self._workers[worker].carries == run.test
        )
        return [EndTest(run.number, tuple(following))]
