"""xdist's own schedulers behind the schedule's, with workers that only take note."""

from types import SimpleNamespace
from typing import Any

import pytest
from xdist.scheduler import EachScheduling, LoadScheduling, WorkStealingScheduling

from pytest_liveview_load.xdist.controller import (
    AssignedRole,
    FollowerFailed,
    FollowerStuck,
    LoadTestsCollected,
    Message,
    Released,
    WorkerHandle,
    XdistWorkers,
    pack,
    unpack,
)
from pytest_liveview_load.xdist.scheduler import LoadTestScheduler, difference

TESTS = ["load a", "b", "c", "load d", "e", "f"]
LOADS = (0, 3)
DIST = {
    LoadScheduling: "load",
    WorkStealingScheduling: "worksteal",
    EachScheduling: "each",
}


class FakeChannel:
    def __init__(self) -> None:
        self.told: list[Message] = []

    def setcallback(self, callback: Any, endmarker: object) -> None:
        self.receive = callback

    def send(self, data: Any) -> None:
        self.told.append(unpack(data))


class FakeNode:
    """xdist's controller of a worker, with a list of the indices that it sent."""

    def __init__(self, name: str) -> None:
        self.channels: list[FakeChannel] = []
        self.gateway = SimpleNamespace(id=name, newchannel=self.new_channel)
        self.workerinput: dict[str, object] = {}
        self.sent: list[int | str] = []
        self.stolen: list[int] = []
        self.shutting_down = False
        self.is_gone = False

    def new_channel(self) -> FakeChannel:
        self.channels.append(FakeChannel())
        return self.channels[-1]

    @property
    def told(self) -> list[Message]:
        return self.channels[0].told

    def collect(self, *places: int) -> None:
        self.say(LoadTestsCollected(places))

    def say(self, message: Message) -> None:
        self.channels[0].receive(pack(message))

    def send_runtest_some(self, indices: list[int]) -> None:
        if self.is_gone:
            raise OSError("cannot send to it")
        self.sent += indices

    def send_steal(self, indices: list[int]) -> None:
        self.stolen += indices

    def shutdown(self) -> None:
        self.shutting_down = True
        self.sent.append("no more")


class FakeRunController:
    """A controller that takes note."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def begin(self, number: int, test: str, lead: WorkerHandle, followers: Any) -> None:
        self.told.append((number, test, lead.name, [each.name for each in followers]))

    def failed(self, number: int, follower: WorkerHandle, why: str) -> None:
        self.told.append((number, follower.name, why))

    def end(self, number: int) -> None:
        self.told.append((number,))


class Session:
    """xdist's part of a session in which `workers` have collected the same tests."""

    def __init__(
        self, scheduling: Any, *workers: str, tests: list[str] = TESTS
    ) -> None:
        options = {"tx": ["popen"] * len(workers), "dist": DIST[scheduling]}
        config: Any = SimpleNamespace(
            getvalue=options.get, getoption=lambda _name: None
        )
        self.complaints: list[str] = []
        self.controller = FakeRunController()
        self.xdist_workers = XdistWorkers(self.controller, self.complaints)
        self.scheduler = LoadTestScheduler(
            scheduling(config), self.xdist_workers, config
        )
        self.nodes = [self.start(worker) for worker in workers]
        for node in self.nodes:
            self.collected(node, tests)

    def begin(self) -> None:
        """Let both workers do all ordinary tests, so that the first load test begins."""
        one, two = self.nodes
        self.done(one, 1, 2)
        self.done(two, 4, 5)

    def start(self, worker: str) -> Any:
        node: Any = FakeNode(worker)
        self.xdist_workers.prepare_worker(node)
        self.scheduler.add_node(node)
        return node

    def collected(self, node: Any, tests: list[str]) -> None:
        node.collect(*(at for at, name in enumerate(tests) if name.startswith("load")))
        self.scheduler.add_node_collection(node, tests)
        if self.scheduler.collection_is_completed:
            self.scheduler.schedule()

    def done(self, node: Any, *indices: int) -> None:
        for index in indices:
            self.scheduler.mark_test_complete(node, index, 0.01)

    def crash(self, node: Any) -> str | None:
        self.xdist_workers.forget(node)
        return self.scheduler.remove_node(node)


def test_ordinary_tests_go_out_first_and_load_tests_are_held() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes

    assert [1, 2, 0] == one.sent
    assert [4, 5, 0] == two.sent
    session.done(one, 1, 2)
    session.done(two, 4)
    assert [] == one.told
    session.done(two, 5)
    assert [[AssignedRole(1, 0, leads=True)], [AssignedRole(1, 0, leads=False)]] == [
        one.told,
        two.told,
    ]
    assert [1, 2, 0, 3] == one.sent
    assert not session.scheduler.tests_finished


def test_the_last_load_test_is_released_by_the_end() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.done(one, 1, 2)
    session.done(two, 4, 5)
    session.done(one, 0)
    assert Released(1) == two.told[-1]
    session.done(two, 0)

    assert AssignedRole(2, 3, leads=True) == one.told[-1]
    assert [1, 2, 0, 3, "no more"] == one.sent
    assert session.scheduler.tests_finished


def test_stealing_knows_of_ordinary_tests_only() -> None:
    session = Session(WorkStealingScheduling, "gw0")
    (one,) = session.nodes
    two = session.start("gw1")
    session.collected(two, TESTS)
    assert [1, 2, 4, 5] == one.sent
    assert [4, 5] == one.stolen

    session.scheduler.remove_pending_tests_from_node(one, [4, 5])
    session.done(one, 1)
    session.done(two, 4)

    assert [1, 2, 4, 5, 0] == one.sent
    assert [4, 5, 0] == two.sent
    session.done(one, 2)
    session.done(two, 5)
    assert AssignedRole(1, 0, leads=True) in one.told


def test_a_worker_that_cannot_be_reached_any_more_raises_nothing() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.done(one, 1, 2)
    two.is_gone = True

    session.done(two, 4, 5)

    assert [1, 2, 0, 3] == one.sent


def test_nothing_begins_while_xdist_is_ending_a_worker() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.done(one, 1, 2)
    two.shutting_down = True

    session.done(two, 4, 5)

    assert [] == one.told + two.told


def test_a_loss_begins_nothing_and_is_told_by_its_test() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.done(one, 1, 2)
    session.done(two, 4)

    assert "f" == session.crash(two)  # of what it had left
    assert [] == one.told
    session.start("gw2")
    session.scheduler.schedule()
    assert [] == one.told


def test_the_crash_of_the_lead_is_its_test_s() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.done(one, 1, 2)
    session.done(two, 4, 5)

    assert "load a" == session.crash(one)
    assert Released(1) == two.told[-1]
    session.scheduler.mark_test_pending("load a")
    assert (1, 0) == session.xdist_workers.schedule.todo


def test_each_sends_ordinary_tests_to_all_and_then_one_load_test_to_all() -> None:
    session = Session(EachScheduling, "gw0", "gw1")
    one, two = session.nodes

    assert [1, 2, 4, 5, 0] == one.sent == two.sent
    session.done(one, 1, 2, 4, 5)
    session.done(two, 1, 2, 4, 5)
    assert [[AssignedRole(1, 0, leads=True)], [AssignedRole(1, 0, leads=False)]] == [
        one.told,
        two.told,
    ]


def test_a_replacement_needs_no_ordinary_tests() -> None:
    tests = ["load a", "load b"]
    session = Session(LoadScheduling, "gw0", "gw1", tests=tests)
    one, two = session.nodes
    assert session.crash(two) is None
    three = session.start("gw2")
    session.collected(three, tests)
    session.done(one, 0)

    assert [1, "no more"] == three.sent
    assert AssignedRole(2, 1, leads=True) == one.told[-1]


@pytest.mark.parametrize("scheduling", [LoadScheduling, EachScheduling])
def test_a_replacement_after_all_ordinary_tests_meets_no_other_scheduler(
    scheduling: type[Any],
) -> None:
    session = Session(scheduling, "gw0", "gw1")
    one, two = session.nodes
    if scheduling is EachScheduling:
        session.done(one, 4, 5)
        session.done(two, 1, 2)
    session.done(one, 1, 2)
    session.done(two, 4, 5)
    assert session.crash(two) is None
    three = session.start("gw2")
    session.done(one, 0)
    assert [AssignedRole(1, 0, leads=True)] == one.told

    session.collected(three, TESTS)

    assert [3, "no more"] == three.sent
    assert [AssignedRole(2, 3, leads=False)] == three.told


def test_a_replacement_that_dies_at_its_start_is_not_waited_for() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.crash(two)
    three: Any = FakeNode("gw2")
    session.xdist_workers.prepare_worker(three)
    session.done(one, 1, 2)
    four = session.start("gw3")
    session.collected(four, TESTS)
    session.done(four, 5)
    assert [] == one.told  # gw2 may still come

    session.xdist_workers.forget(three)
    session.scheduler.schedule()

    assert [AssignedRole(1, 0, leads=True)] == one.told


def test_a_replacement_that_collects_something_else_stands_idle() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes
    session.done(one, 1, 2)
    session.done(two, 4, 5)
    session.crash(two)
    three = session.start("gw2")
    session.done(one, 0)

    session.collected(three, ["load a", "x"])

    assert [] == three.sent
    assert AssignedRole(2, 3, leads=True) == one.told[-1]


def test_the_controller_is_told_who_leads_who_failed_and_that_it_is_over() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    one, two = session.nodes

    session.begin()
    two.say(FollowerFailed(1, "no more files"))
    session.done(one, 0)
    two.say(FollowerFailed(1, "too late"))

    begun = (1, "load a", "gw0", ["gw1"])
    assert [begun, (1, "gw1", "no more files"), (1,)] == session.controller.told
    # There may be no run just then that the controller could end.
    assert ["gw1 could not carry its users: no more files"] == session.complaints


def test_a_failure_is_told_at_the_end_of_the_session() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    session.begin()

    for node in session.nodes:
        node.say(FollowerFailed(1, "no more files"))
        node.say(FollowerFailed(7, "of no run that there is"))
        node.say(FollowerStuck("there"))

    told = session.complaints
    assert ["gw0", "gw0", "gw1", "gw1"] == [each.split()[0] for each in told]
    assert "gw1 could not carry its users: no more files" == told[2]
    assert told[3].endswith("was ended: there")


def test_a_load_test_that_had_no_turn_is_a_failure() -> None:
    session = Session(LoadScheduling, "gw0", "gw1")
    session.begin()

    (report,) = session.xdist_workers.never_run()

    assert "load d" == report.nodeid
    assert report.failed
    assert "did not run" in str(report.longrepr)


@pytest.mark.parametrize(
    ("loads", "words"),
    [
        ((0,), "only gw0 has load d"),
        ((0, 3, 5), "only gw1 has f"),
        ((0, 5), "only gw0 has load d; only gw1 has f"),
        ((3, 0), "their order differs"),
    ],
)
def test_load_tests_that_differ_are_told(loads: tuple[int, ...], words: str) -> None:
    tests = [TESTS[place] for place in LOADS]
    theirs = [TESTS[place] for place in loads]

    told = difference("gw0", tests, "gw1", theirs)

    assert told.startswith(f"gw0 and gw1 collected different load tests: {words}. ")


def test_load_tests_that_are_the_same_differ_in_nothing() -> None:
    assert "" == difference("gw0", ["a"], "gw1", ["a"])
