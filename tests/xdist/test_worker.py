"""What a worker makes of the messages that it gets, in whatever order."""

from collections.abc import Callable
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_liveview_load.xdist.controller import (
    CONTROL_CHANNEL,
    RUN_CHANNEL,
    AssignedRole,
    FollowerFailed,
    FollowerStuck,
    LoadTestsCollected,
    Message,
    Released,
    pack,
    unpack,
)
from pytest_liveview_load.xdist.worker import LoadTestWorker


class FakeChannel:
    """Delivers at once what a test says that the controller sent."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.deliver: Callable[[Any], Any]

    def setcallback(self, callback: Callable[[Any], Any], endmarker: object) -> None:
        assert endmarker is None
        self.deliver = callback

    def send(self, item: Any) -> None:
        self.sent.append(unpack(item))


class Item:
    """A test of a worker's, as far as a worker looks at it."""

    def __init__(self, session: Any, marker: str) -> None:
        self.session = session
        self.marker = marker

    def get_closest_marker(self, name: str) -> str | None:
        return self.marker if name == self.marker else None


class Worker:
    """A worker with three tests, and what it did."""

    def __init__(self) -> None:
        self.torn_down: list[object] = []
        state = SimpleNamespace(teardown_exact=self.torn_down.append)
        self.session: Any = SimpleNamespace(_setupstate=state)
        self.items: Any = [
            Item(self.session, marker) for marker in ("load", "ordinary", "load")
        ]
        self.session.items = self.items
        self.control = FakeChannel()
        self.load_test_worker = LoadTestWorker(
            {CONTROL_CHANNEL: self.control, RUN_CHANNEL: FakeChannel()}, "load"
        )
        self.load_test_worker.serve = self.serve
        self.served: list[Future[None]] = []
        self.meanwhile: list[Message | None] = []

    def serve(self, link: object, release: Future[None]) -> None:
        self.served.append(release)
        for message in self.meanwhile:
            assert not release.done()
            self.receive(message)

    def receive(self, message: Message | None) -> None:
        self.control.deliver(pack(message) if message is not None else None)

    def run(self, place: int) -> bool | None:
        return self.load_test_worker.pytest_runtest_protocol(self.items[place], None)


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.mark.parametrize(
    "message",
    [
        LoadTestsCollected((0, 2)),
        FollowerFailed(1, "why"),
        FollowerStuck("here"),
        AssignedRole(1, 0, leads=True),
        Released(3),
    ],
)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    data = pack(message)

    assert message == unpack(data)
    assert bytes is type(data)  # which execnet sends as they are


def test_load_tests_are_told_before_xdist_tells_what_was_collected(
    worker: Worker,
) -> None:
    worker.load_test_worker.pytest_collection_finish(worker.session)

    assert [LoadTestsCollected((0, 2))] == worker.control.sent


def test_an_ordinary_test_is_pytest_s(worker: Worker) -> None:
    worker.receive(AssignedRole(1, 1, leads=False))

    assert worker.run(1) is None
    assert [] == worker.torn_down


def test_the_lead_s_test_is_pytest_s_too(worker: Worker) -> None:
    worker.receive(AssignedRole(1, 0, leads=True))

    assert worker.run(0) is None
    assert worker.load_test_worker.leads


def test_a_follower_serves_until_its_own_run_is_released(worker: Worker) -> None:
    worker.receive(AssignedRole(2, 0, leads=False))
    worker.meanwhile = [Released(1), Released(3), Released(2)]

    assert worker.run(0) is True
    assert [True] == [each.done() for each in worker.served]
    assert [] == worker.control.sent


def test_a_release_that_comes_first_is_not_lost(worker: Worker) -> None:
    worker.receive(AssignedRole(1, 0, leads=False))
    worker.receive(Released(1))

    worker.run(0)

    assert [True] == [each.done() for each in worker.served]


def test_without_a_role_a_load_test_is_passed_over(worker: Worker) -> None:
    assert worker.run(0) is True
    assert [] == worker.served
    assert [None] == worker.torn_down  # for no test comes after it


def test_a_role_counts_once_and_for_its_own_test(worker: Worker) -> None:
    worker.receive(AssignedRole(1, 0, leads=False))

    assert worker.run(2) is True
    assert [] == worker.served
    assert worker.run(0) is True
    assert worker.run(0) is True
    assert 1 == len(worker.served)


def test_who_is_cut_off_serves_no_longer_and_never_again(worker: Worker) -> None:
    worker.receive(AssignedRole(1, 0, leads=False))
    worker.meanwhile = [None]
    worker.run(0)
    worker.receive(AssignedRole(2, 2, leads=False))
    worker.run(2)

    assert [True] == [each.done() for each in worker.served]


def test_a_failure_is_told_with_its_run_and_stays_here(worker: Worker) -> None:
    def fail(link: object, release: Future[None]) -> None:
        raise OSError("no more files")

    worker.load_test_worker.serve = fail
    worker.receive(AssignedRole(7, 0, leads=False))

    assert worker.run(0) is True
    assert [FollowerFailed(7, "OSError: no more files")] == worker.control.sent


def test_an_interruption_of_a_follower_is_pytest_s_business(worker: Worker) -> None:
    def interrupted(link: object, release: Future[None]) -> None:
        raise KeyboardInterrupt

    worker.load_test_worker.serve = interrupted
    worker.receive(AssignedRole(1, 0, leads=False))

    with pytest.raises(KeyboardInterrupt):
        worker.run(0)
