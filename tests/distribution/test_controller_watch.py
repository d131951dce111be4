"""A controller that stands still while users wait for it makes their run INVALID."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from pytest_liveview_load.distribution.messages import Finished
from pytest_liveview_load.sync.rendezvous import RendezvousArguments
from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import ActiveUsers, LocalSync
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.distribution.sync_over_messages import SyncOverMessages
from tests.distribution.test_run_service import running


async def take_a_turn(sync: SyncOverMessages) -> None:
    await sync.take_turn("buy", ThrottleArguments(rate="100/s"))
    sync.end_turn("buy")


async def meet(sync: SyncOverMessages) -> None:
    call = RendezvousArguments(2, "fail", 5.0)
    await asyncio.gather(*(sync.meet(user, "m", call, None) for user in (0, 1)))


async def wait_for_a_broadcast(sync: SyncOverMessages) -> None:
    sync.of(0).broadcasts.watch(0, "m", sync.server.recorder("it"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await sync.of(0).broadcasts.seen(0, "m", 5.0)


async def nothing(_: SyncOverMessages) -> None:
    pass


Use = Callable[[SyncOverMessages], Awaitable[None]]


def causes(use: Use, *stops: float, warmup: float = 0.0) -> str:
    """Return why a run is invalid whose controller stands still, after some use of it."""

    async def scene(loop: FakeTimeLoop) -> str:
        sync = SyncOverMessages(LocalSync(ActiveUsers(2, to_come=2), clock=loop.time))
        for user in (0, 1):
            sync.enter(user)
        sync.server.run_starts(loop.time(), loop.time() + warmup)
        await use(sync)
        await asyncio.sleep(60.0)
        for seconds in stops:
            loop.block(seconds)
            await asyncio.sleep(0.25)
        found = sync.server.causes()
        sync.server.close()
        return "; ".join(found)

    return play(scene)


@pytest.mark.parametrize("use", [take_a_turn, meet, wait_for_a_broadcast])
def test_one_stop_while_users_wait_for_the_controller_is_too_long(use: Use) -> None:
    found = causes(use, 4.0)

    assert found.startswith(
        "the controller, which users wait for at throttles and rendezvous: "
        "the process was stopped or blocked for "
    )
    assert " into the run, with 2 users; less than 500ms" in found
    assert "SIGSTOP" in found


def test_a_stop_of_half_a_second_is_too_long_and_a_shorter_one_is_not() -> None:
    assert "stopped or blocked for " in causes(take_a_turn, 0.65)
    assert "" == causes(take_a_turn, 0.4)


def test_nobody_minds_a_stop_who_waits_for_nothing() -> None:
    assert "" == causes(nothing, 4.0)


def test_a_stop_in_the_warm_up_is_forgotten() -> None:
    assert "" == causes(take_a_turn, 4.0, warmup=99.0)


def test_many_short_stops_are_too_many() -> None:
    found = causes(take_a_turn, *[0.3] * 4)

    assert "event-loop lag p99 was " in found
    assert "above 50ms, which a throttle makes up for" in found


def test_a_stop_that_has_just_ended_is_not_missed() -> None:
    async def scene(loop: FakeTimeLoop) -> str:
        sync = SyncOverMessages(LocalSync(ActiveUsers(2), clock=loop.time))
        sync.enter(0)
        await take_a_turn(sync)
        await asyncio.sleep(0.25)
        loop.block(2.0)
        return "".join(sync.server.causes())

    assert "stopped or blocked for 1.9s, " in play(scene)


@pytest.mark.anyio
async def test_the_run_s_report_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    service, _ = running()
    monkeypatch.setattr(
        service.sync_server.watch, "causes", lambda: ("it stood still",)
    )

    service.call_off("interrupted")

    assert isinstance(service.ending, Finished)
    assert ("it stood still",) == service.ending.outcome.invalid
