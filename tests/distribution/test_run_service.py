"""One run in the hub: its gathering is given back what a lost runner's users held."""

import asyncio

import pytest

from pytest_liveview_load.distribution.messages import AnyMessage, Broken, SyncPost
from pytest_liveview_load.distribution.run_service import RunService
from tests.distribution.fake_runners import RUN, MadeUpRunner, begin

NAMES = ("gw0", "gw1")


class Outlet:
    """Answers as runners do, and remembers who was killed."""

    def __init__(self) -> None:
        self.runners = {name: MadeUpRunner(name) for name in NAMES}
        self.answers: list[tuple[str, AnyMessage]] = []
        self.killed: list[str] = []
        self.booted: dict[str, float] = {}
        self.sent: list[AnyMessage] = []

    def send(self, to: str, message: AnyMessage) -> None:
        self.sent.append(message)
        if to in self.runners:
            self.answers += [
                (to, each) for each in self.runners[to].answer(message, 0.0)
            ]

    def kill(self, who: str, why: str) -> None:
        self.killed.append(who)


def running(**terms: object) -> tuple[RunService, Outlet]:
    """Return a run that has begun, with a user of each runner at work."""
    outlet = Outlet()
    service = RunService(
        begin(users=2, **terms), "lead", NAMES, outlet, clock=lambda: 0.0, packages={}
    )
    service.open()
    while outlet.answers:
        who, message = outlet.answers.pop(0)
        service.hear(who, message, 0.0)
    for user, who in enumerate(NAMES):
        service.hear(who, SyncPost(RUN, "enter", (user,)), 0.0)
    return service, outlet


@pytest.mark.anyio
async def test_all_are_still_all_when_lost_users_come_again() -> None:
    service, _ = running(lost="continue")
    company = service.desk.gathering.company
    assert 2 == company.everybody

    service.lose("gw1", "killed")
    await asyncio.gather(*service.desk.clearing)
    assert (1, 2) == (len(company.active), company.everybody)
    service.hear("gw0", SyncPost(RUN, "enter", (1,)), 0.0)

    assert (2, 2) == (len(company.active), company.everybody)


@pytest.mark.anyio
async def test_the_gathering_is_over_with_the_run() -> None:
    service, _ = running()

    service.lose("gw1", "killed")

    assert service.ending is not None
    assert service.desk.gathering.ended


@pytest.mark.anyio
async def test_numbers_of_the_gathering_count_from_the_end_of_the_warm_up() -> None:
    service, _ = running()
    service.hear("gw0", SyncPost(RUN, "watch", (0, "message", "browse")), 0.0)

    [recorder] = service.desk.recorders.values()

    assert service.conductor.at == recorder.measure_from


@pytest.mark.anyio
async def test_a_service_that_fails_has_let_all_go() -> None:
    service, outlet = running()

    service.fail(KeyError("x"))

    assert service.ending is not None
    assert service.desk.gathering.ended
    assert outlet.sent[-1] == Broken(
        RUN, "an error in the conductor of the run: KeyError: 'x'"
    )
