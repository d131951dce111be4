"""What is only so where users synchronize over messages.

That it does what `LocalSync` does is tested with that one, in
`tests/sync/test_throttle.py`, `test_rendezvous.py` and `test_broadcast.py`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pytest_liveview_load.distribution.messages import SyncAnswer, decode, encode
from pytest_liveview_load.distribution.serialize import pack_error, unpack_error
from pytest_liveview_load.errors import (
    MarkerError,
    RendezvousTimeout,
    RunOver,
    StepTimeout,
    SyncError,
)
from pytest_liveview_load.sync.rendezvous import RendezvousArguments
from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import ActiveUsers, LocalSync
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.distribution.sync_over_messages import SyncOverMessages


def played(
    scene: Callable[[SyncOverMessages], Coroutine[Any, Any, Any]], users: int = 4
) -> Any:
    """Return what a scene comes to with users of two runners, who are all there."""

    async def on_stage(loop: FakeTimeLoop) -> Any:
        active_users = ActiveUsers(users, to_come=users)
        sync = SyncOverMessages(LocalSync(active_users, clock=loop.time))
        for user in range(users):
            sync.enter(user)
        return await scene(sync)

    return play(on_stage)


ERRORS = (
    SyncError("rendezvous('m')", "a name is text"),
    RendezvousTimeout("m", 5.0, present=(1, 2), missing=3, absent=(4,)),
    StepTimeout("seen('m')", 5.0, "a broadcast"),
    RunOver("rendezvous 'm'"),
    MarkerError("load(users=0)"),
)


@pytest.mark.parametrize("error", ERRORS, ids=[type(each).__name__ for each in ERRORS])
def test_an_error_is_raised_elsewhere_as_it_was(error: Exception) -> None:
    [there] = decode(encode(SyncAnswer("r", 1, error=pack_error(error))))
    assert isinstance(there, SyncAnswer)
    assert there.error is not None
    found = unpack_error(there.error)

    assert (type(error), str(error)) == (type(found), str(found))
    assert vars(error) == vars(found)


def test_an_error_that_is_not_ours_goes_as_text() -> None:
    found = unpack_error(pack_error(ZeroDivisionError("division by zero")))

    assert "ZeroDivisionError in the controller: division by zero" == str(found)


def test_users_of_both_runners_are_one_queue() -> None:
    async def scene(sync: SyncOverMessages) -> list[tuple[float, int]]:
        let_in = []

        async def enter(user: int) -> None:
            await sync.of(user).take_turn("t", ThrottleArguments(rate="10/s"))
            let_in.append((round(asyncio.get_running_loop().time(), 6), user))

        await asyncio.gather(*map(enter, range(4)))
        return let_in

    assert [(0.0, 0), (0.1, 1), (0.2, 2), (0.3, 3)] == played(scene)


def test_the_whole_rate_is_where_the_demand_is() -> None:
    async def scene(sync: SyncOverMessages) -> dict[str, Counter[int]]:
        loop = asyncio.get_running_loop()
        turns: dict[str, Counter[int]] = {"a": Counter(), "b": Counter()}

        async def buy(end: str, begins: float, ends: float) -> None:
            await asyncio.sleep(begins)
            while loop.time() < ends:
                await sync.clients[end].take_turn("t", ThrottleArguments(rate="10/s"))
                turns[end][int(loop.time() + 1e-6)] += 1
                sync.clients[end].end_turn("t")

        await asyncio.gather(
            *(buy("a", 0.0, 3.95) for _ in range(6)),
            *(buy("b", 2.0, 5.95) for _ in range(2)),
        )
        return turns

    turns = played(scene)

    assert [10, 10] == [turns["a"][second] for second in (0, 1)]
    assert [10, 10] == [(turns["a"] + turns["b"])[second] for second in (2, 3)]
    assert turns["a"][3] in (7, 8)  # six users in a queue of eight
    assert 10 == turns["b"][5]


def test_the_turns_of_a_lost_runner_are_given_back() -> None:
    async def scene(sync: SyncOverMessages) -> float:
        lost, left = sync.clients["a"], sync.clients["b"]
        await lost.take_turn("t", ThrottleArguments(parallel=1))
        waits_too = asyncio.ensure_future(
            lost.take_turn("t", ThrottleArguments(parallel=1))
        )
        waiting = asyncio.ensure_future(
            left.take_turn("t", ThrottleArguments(parallel=1))
        )
        await asyncio.sleep(1)
        sync.server.lose("a", moved=False)
        await waiting
        waits_too.cancel()
        return asyncio.get_running_loop().time()

    assert 1.0 == played(scene)


def test_all_do_not_wait_for_the_users_of_a_lost_runner() -> None:
    async def scene(sync: SyncOverMessages) -> list[int]:
        calls = [
            sync.meet(user, "m", RendezvousArguments("all", "fail", 60.0), None)
            for user in (0, 1, 3)  # 2 is with 0 on the lost runner
        ]
        first, *others = map(asyncio.ensure_future, calls)
        await asyncio.sleep(1)
        sync.server.lose("a", moved=False)
        met = await asyncio.gather(*others)
        first.cancel()
        return [member.id for member in met[0].members]

    assert [1, 3] == played(scene)


def test_it_is_over_when_the_last_runner_says_so() -> None:
    async def scene(sync: SyncOverMessages) -> list[str]:
        told = []

        async def wait(user: int) -> None:
            try:
                await sync.meet(user, "m", RendezvousArguments(3, "fail", 60.0), None)
            except RunOver as error:
                told.append(str(error))

        waiting = asyncio.ensure_future(wait(1))
        await asyncio.sleep(1)
        sync.clients["a"].over()
        await asyncio.sleep(1)
        told.append("a is through")
        sync.clients["b"].over()
        await waiting
        await wait(1)
        return told

    over = "the run ended while this user waited for rendezvous 'm'"
    assert ["a is through", over, over] == played(scene)


def test_an_answer_that_comes_too_late_is_given_back() -> None:
    async def scene(sync: SyncOverMessages) -> int:
        pace = ThrottleArguments(parallel=1)
        end = sync.clients["a"]
        gone = asyncio.ensure_future(end.take_turn("t", pace))
        await asyncio.sleep(0)  # it has asked
        await asyncio.sleep(0)  # it is let in, and does not know
        assert sync.real.throttles["t"].inside == 1
        gone.cancel()
        await asyncio.sleep(1)
        await sync.clients["b"].take_turn("t", pace)
        assert ({}, {}) == (end.waiting, end.undoing)
        inside: int = sync.real.throttles["t"].inside
        return inside

    assert 1 == played(scene)


def test_an_arrival_before_the_word_of_its_sender_counts() -> None:
    async def scene(sync: SyncOverMessages) -> list[float]:
        loop = asyncio.get_running_loop()
        ann, bob = sync.clients["a"].broadcasts, sync.clients["b"].broadcasts
        bob.watch(1, "m", sync.server.recorder("chat"))
        held: list[Any] = []
        ann.post = lambda *args: held.append(args)
        token = ann.begin(0, "m", 2.0)
        ann.sent(token, loop.time())
        await asyncio.sleep(0.25)
        bob.received(1, token, loop.time())
        for args in held:
            sync.clients["a"].post(*args)
        recorder = sync.server.recorders["chat"]
        found = recorder.snapshot(loop.time()).select("fanout", "m", scenario="chat")
        assert found is not None
        return [found.count, found.maximum / 1e9]

    assert [1, 0.25] == played(scene)


def test_instants_are_told_by_the_controllers_clock() -> None:
    async def scene(sync: SyncOverMessages) -> float:
        loop = asyncio.get_running_loop()
        ann, bob = sync.clients["a"], sync.clients["b"]
        ann.offset, bob.offset = 100.0, -7.0
        bob.broadcasts.watch(1, "m", sync.server.recorder(""))
        token = ann.broadcasts.begin(0, "m", 2.0)
        ann.broadcasts.sent(token, loop.time() + 100.0)
        bob.broadcasts.received(1, token, loop.time() + 0.5 - 7.0)
        return (await bob.broadcasts.seen(1, "m", 1.0)).seconds

    assert 0.5 == played(scene)


def test_what_is_no_plain_data_is_refused_where_it_is_said() -> None:
    async def scene(sync: SyncOverMessages) -> list[str]:
        sent = sync.sent
        errors = []
        for call in (
            sync.take_turn("t", ThrottleArguments(rate=object)),
            sync.take_turn(object, ThrottleArguments(rate=1)),  # type: ignore[arg-type]
            sync.meet(0, "m", RendezvousArguments(object, "fail", 1.0), None),
            sync.meet(0, "m", RendezvousArguments(2, "fail", 1.0), {1, 2}),
        ):
            with pytest.raises(SyncError) as caught:
                await call
            errors.append(str(caught.value))
        assert sent == sync.sent
        return errors

    rate, name, users, value = played(scene)
    assert "throttle('t', rate=<class 'object'>)" in rate
    assert "a name is text" in name
    assert "rendezvous('m', users=<class 'object'>)" in users
    assert "value={1, 2} is not plain data" in value
