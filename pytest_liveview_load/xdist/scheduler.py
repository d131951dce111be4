"""The scheduler that xdist gets: the user's for ordinary tests, ours for load tests.

This is xdist's `Scheduling` on one side and `LoadTestSchedule` on the other, and decides
nothing itself. The user's scheduler meets a worker when its collection is in, and never one that
comes after all ordinary tests are done. Nothing is begun inside a call of the user's
scheduler, nor when a worker is lost. Under `--dist each`, where every worker runs every
ordinary test, a load test is still one test on all of them together.

What it needs of xdist are the methods of `xdist.scheduler.protocol.Scheduling`, and of a
node what `OrdinaryNode` names.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, assert_never

import pytest

from pytest_liveview_load.xdist.controller import AssignedRole, Released
from pytest_liveview_load.xdist.schedule import (
    BeginTest,
    Command,
    EndTest,
    HoldTest,
    ShutDownWorker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_liveview_load.xdist.controller import XdistWorkers


class OrdinaryNode:
    """A worker as the user's scheduler sees it: one that has no load tests.

    It stands in for xdist's `WorkerController`, and is it in all but what follows.

    `ids` is the worker's collection, `loads` are the indices of load tests in it.
    `on_sent` is called with the number of tests before they are sent.
    """

    def __init__(
        self,
        node: Any,
        ids: Sequence[str],
        loads: Sequence[int],
        on_sent: Callable[[int], None],
    ) -> None:
        self.node = node
        self.loads = tuple(loads)
        self.load_ids = [ids[each] for each in loads]
        self.is_drained = False
        self._on_sent = on_sent
        load_tests = set(loads)
        self._real = [each for each in range(len(ids)) if each not in load_tests]
        self._ordinary = {real: index for index, real in enumerate(self._real)}
        self.collection = [ids[each] for each in self._real]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)

    def ordinary(self, real: Iterable[int]) -> list[int]:
        """Return the scheduler's indices of tests that xdist knows as `real`."""
        return [self._ordinary[each] for each in real]

    # What schedulers call

    @property
    def shutting_down(self) -> bool:
        """Whether the scheduler has no more for this worker, or the session ends."""
        return self.is_drained or bool(self.node.shutting_down)

    def shutdown(self) -> None:
        """Take note that the scheduler has no more for this worker."""
        self.is_drained = True

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Send the worker some ordinary tests."""
        self._on_sent(len(indices))
        self.node.send_runtest_some([self._real[each] for each in indices])

    def send_runtest_all(self) -> None:
        """Send the worker all ordinary tests."""
        self.send_runtest_some(range(len(self._real)))

    def send_steal(self, indices: Sequence[int]) -> None:
        """Ask the worker for some ordinary tests back."""
        self.node.send_steal([self._real[each] for each in indices])


class LoadTestScheduler:
    """One session's scheduler; `inner` is the one that `--dist` or a plugin asks for."""

    def __init__(
        self, inner: Any, xdist_workers: XdistWorkers, config: pytest.Config
    ) -> None:
        self.config = config
        self._inner = inner
        self._workers = xdist_workers
        self._schedule = xdist_workers.schedule
        self._nodes: dict[Any, OrdinaryNode | None] = {}  # None: is still collecting
        self._left: set[Any] = set()  # told that nothing more comes
        self._is_open = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # what plugins know of the user's scheduler

    # What xdist asks

    @property
    def nodes(self) -> list[Any]:
        """The workers that are ready."""
        return list(self._nodes)

    @property
    def collection_is_completed(self) -> bool:
        """Whether all workers of the beginning have collected their tests."""
        return bool(self._inner.collection_is_completed)

    @property
    def tests_finished(self) -> bool:
        """Whether every worker has all that it will ever get."""
        return bool(self._inner.tests_finished) and not self._schedule.todo

    @property
    def has_pending(self) -> bool:
        """Whether tests are under way."""
        return bool(self._inner.has_pending) or bool(self._schedule.todo)

    # What xdist tells

    def add_node(self, node: Any) -> None:
        """Take note of a worker that is ready and now collects its tests."""
        assert node not in self._nodes
        self._nodes[node] = None

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Let a worker take part that has collected its tests."""
        name = node.gateway.id
        loads = self._workers.handles[name].loads
        ordinary = OrdinaryNode(
            node, collection, loads, lambda count: self._schedule.send(name, count)
        )
        if self._is_open and ordinary.load_ids != self._workers.tests:
            self._schedule.forget(name)  # xdist lets it stand idle, and so do we
            return
        self._nodes[node] = ordinary
        self._schedule.join(name)
        if not (self._is_open and self._inner.tests_finished):
            self._inner.add_node(ordinary)
            self._inner.add_node_collection(ordinary, ordinary.collection)

    def schedule(self) -> None:
        """Send tests, now that all workers have collected theirs, or another one has."""
        if not self._is_open:
            self._is_open = True
            self._plan()
        self._inner.schedule()
        self._proceed()

    def mark_test_complete(
        self, node: Any, item_index: int, duration: float = 0
    ) -> None:
        """Go on, for a worker is through with a test."""
        ordinary, name = self._known(node), node.gateway.id
        if item_index in ordinary.loads:
            test = ordinary.loads.index(item_index)
            self._carry_out(self._schedule.complete(name, test))
        else:
            self._schedule.finish_ordinary(name)
            (index,) = ordinary.ordinary([item_index])
            self._inner.mark_test_complete(ordinary, index, duration)
        self._proceed()

    def mark_test_pending(self, item: str) -> None:
        """Run a test again whose worker crashed."""
        if item in self._workers.tests:
            self._schedule.retry(self._workers.tests.index(item))
        else:
            self._inner.mark_test_pending(item)

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Take back tests that a worker has given up for others."""
        ordinary = self._known(node)
        self._schedule.finish_ordinary(node.gateway.id, len(indices))
        self._inner.remove_pending_tests_from_node(ordinary, ordinary.ordinary(indices))
        self._proceed()

    def remove_node(self, node: Any) -> str | None:
        """Return the test that `node` was in when it was lost; KeyError as xdist's own."""
        ordinary = self._nodes.pop(node)
        led, commands = self._schedule.lose(node.gateway.id)
        self._carry_out(commands)
        # loadscope and its like forget workers for whom they have no use.
        if ordinary is not None and ordinary in self._inner.nodes:
            crashed: str | None = self._inner.remove_node(ordinary)
            if crashed is not None:
                return crashed
        return self._workers.tests[led] if led is not None else None

    # Between the two

    def _known(self, node: Any) -> OrdinaryNode:
        ordinary = self._nodes[node]
        assert ordinary is not None, f"{node} runs tests that it has not collected"
        return ordinary

    def _plan(self) -> None:
        """Plan the load tests, if the workers agree on what is to be run."""
        known = {
            node.gateway.id: ordinary
            for node, ordinary in self._nodes.items()
            if ordinary is not None
        }
        first, *others = known
        self._workers.tests = known[first].load_ids
        for other in others:
            problem = difference(
                first, known[first].load_ids, other, known[other].load_ids
            )
            if problem:
                report = pytest.CollectReport(other, "failed", problem, [])
                self.config.hook.pytest_collectreport(report=report)
                return
        if self.config.getvalue("dist") == "each" or all(
            each.collection == known[first].collection for each in known.values()
        ):  # else the user's scheduler will complain, and runs nothing
            self._schedule.open(len(self._workers.tests))

    def _proceed(self) -> None:
        """Hand on what the user's scheduler said, and do what the schedule says."""
        # Either xdist is ending the session, or it is about to tell us of a loss.
        if any(node.shutting_down for node in self._nodes if node not in self._left):
            return
        over = bool(self._inner.tests_finished)
        for node, ordinary in self._nodes.items():
            if over and ordinary is not None:
                ordinary.shutdown()  # as xdist would now
            if ordinary is not None and ordinary.is_drained:
                self._schedule.drain(node.gateway.id)
        self._carry_out(self._schedule.proceed(ordinary_over=over))

    def _carry_out(self, commands: Sequence[Command]) -> None:
        nodes = {node.gateway.id: node for node in self._nodes}
        for command in commands:
            match command:
                case BeginTest(number, test, lead, followers):
                    self._workers.begin(number, test, (lead, *followers))
                    for name in (lead, *followers):
                        handle = self._workers.handles[name]
                        handle.send(
                            AssignedRole(number, handle.loads[test], name == lead)
                        )
                case HoldTest(worker, test):
                    with suppress(OSError):  # it is gone, of which xdist will tell
                        index = self._workers.handles[worker].loads[test]
                        nodes[worker].send_runtest_some([index])
                case ShutDownWorker(worker):
                    self._left.add(nodes[worker])
                    nodes[worker].shutdown()
                case EndTest(number, followers):
                    self._workers.end(number)
                    for name in followers:
                        self._workers.handles[name].send(Released(number))
                case _:
                    assert_never(command)


def difference(
    one: str, tests: Sequence[str], other: str, theirs: Sequence[str]
) -> str:
    """Return in what two workers' load tests differ, "" if they do not."""
    if tests == theirs:
        return ""
    missing = [each for each in tests if each not in theirs]
    extra = [each for each in theirs if each not in tests]
    found = [
        f"only {who} has {', '.join(which)}"
        for who, which in ((one, missing), (other, extra))
        if which
    ]
    return (
        f"{one} and {other} collected different load tests: "
        f"{'; '.join(found) or 'their order differs'}. A load test runs on all workers "
        "at once, so none of them is run"
    )
