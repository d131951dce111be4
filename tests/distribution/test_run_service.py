"""One run in the controller: its synchronization is given back what a lost runner's users held."""

import asyncio

import pytest

from pytest_liveview_load.distribution.messages import (
    Broken,
    ChangeDone,
    ChangeRate,
    Finished,
    Message,
    SyncPost,
)
from pytest_liveview_load.distribution.run_service import RunService
from tests.distribution.fake_runners import RUN, FakeRunner, prepare

NAMES = ("gw0", "gw1")


class FakeRunners:
    """Answers as runners do, and remembers who was killed."""

    def __init__(self) -> None:
        self.runners = {name: FakeRunner(name) for name in NAMES}
        self.answers: list[tuple[str, Message]] = []
        self.killed: list[str] = []
        self.sent: list[Message] = []

    def send(self, to: str, message: Message) -> None:
        self.sent.append(message)
        if to in self.runners:
            self.answers += [
                (to, each) for each in self.runners[to].answer(message, 0.0)
            ]

    def kill(self, who: str, why: str) -> None:
        self.killed.append(who)


def running(**of_plan: object) -> tuple[RunService, FakeRunners]:
    """Return a run that has begun, with a user of each runner at work."""
    runners = FakeRunners()
    service = RunService(
        prepare(users=2, **of_plan),
        "lead",
        NAMES,
        send=runners.send,
        kill=runners.kill,
        clock=lambda: 0.0,
        booted_in={"gw1": 2.5},
    )
    service.open()
    while runners.answers:
        who, message = runners.answers.pop(0)
        service.receive(who, message, 0.0)
    for user, who in enumerate(NAMES):
        service.receive(who, SyncPost(RUN, "enter", (user,)), 0.0)
    return service, runners


@pytest.mark.anyio
async def test_all_are_still_all_when_lost_users_come_again() -> None:
    service, _ = running(lost="continue")
    active_users = service.sync_server.sync.active_users
    assert 2 == active_users.everybody

    service.lose("gw1", "killed")
    await asyncio.gather(*service.sync_server.clearing)
    assert (1, 2) == (len(active_users.active), active_users.everybody)
    service.receive("gw0", SyncPost(RUN, "enter", (1,)), 0.0)

    assert (2, 2) == (len(active_users.active), active_users.everybody)


@pytest.mark.anyio
async def test_the_synchronization_is_over_with_the_run() -> None:
    service, _ = running()

    service.lose("gw1", "killed")

    assert service.ending is not None
    assert service.sync_server.sync.ended


@pytest.mark.anyio
async def test_numbers_of_the_synchronization_count_from_the_end_of_the_warm_up() -> (
    None
):
    service, _ = running()
    service.receive("gw0", SyncPost(RUN, "watch", (0, "message", "browse")), 0.0)

    [recorder] = service.sync_server.recorders.values()

    assert service.coordinator.at == recorder.measure_from


@pytest.mark.anyio
async def test_a_service_that_fails_has_let_all_go() -> None:
    service, runners = running()

    service.fail(KeyError("x"))

    assert service.ending is not None
    assert service.sync_server.sync.ended
    assert runners.sent[-1] == Broken(
        RUN, "an error in the coordinator of the run: KeyError: 'x'"
    )


@pytest.mark.anyio
async def test_a_rate_that_nobody_has_asked_for_is_refused_once() -> None:
    service, runners = running()
    change = ChangeRate(RUN, number=1, throttle="buy", rate="5/s")
    service.receive("lead", change, 0.0)
    service.receive("lead", change, 0.0)
    service.receive("gw0", ChangeRate(RUN, 2, "buy", "5/s"), 0.0)

    [done] = [each for each in runners.sent if isinstance(each, ChangeDone)]

    assert done.error is not None


@pytest.mark.anyio
async def test_how_long_a_host_took_to_boot_is_in_the_report() -> None:
    service, _ = running()

    service.call_off("interrupted")

    assert isinstance(service.ending, Finished)
    assert [None, 2.5] == [each.booted_in for each in service.ending.outcome.runners]
