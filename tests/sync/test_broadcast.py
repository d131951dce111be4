"""Broadcasts on fake time: who is expected, who has seen it, who is missing."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import RunOver, StepTimeout, SyncError
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.sync.broadcast import (
    KEPT,
    LENGTH,
    LocalBroadcasts,
    tokens,
    tokens_in,
)
from pytest_liveview_load.sync.users import LocalSync
from tests.crowd.fake_time import FakeTimeLoop, play
from tests.sync.sync_on_fake_time import (  # noqa: F401 (a fixture)
    local_or_remote,
    where,
)

Result = TypeVar("Result")


class Room:
    """A fan-out with watchers who share one recorder."""

    def __init__(self, loop: FakeTimeLoop) -> None:
        sync = local_or_remote(LocalSync(clock=loop.time))
        self.fanout: LocalBroadcasts = sync.broadcasts
        own = isinstance(sync, LocalSync)
        self.recorder = Recorder(loop.time) if own else sync.broadcasts.recorder

    def watch(self, *users: int, name: str = "m") -> None:
        for user in users:
            self.fanout.watch(user, name, self.recorder)

    def begin(self, sender: int = 0, name: str = "m") -> str:
        return self.fanout.begin(sender, name, patience=2.0)

    def send(self, sender: int = 0, name: str = "m") -> str:
        token = self.begin(sender, name)
        self.fanout.sent(token, self.now)
        self.fanout.end(token)
        return token

    def arrive(self, token: str, *users: int) -> None:
        for user in users:
            self.fanout.received(user, token, self.now)

    async def seen(self, user: int, patience: float = 5.0) -> tuple[str, float]:
        seen = await self.fanout.seen(user, "m", patience)
        return seen.token, seen.seconds

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def timings(self) -> list[float]:
        """How many were measured, the shortest and the longest, in seconds."""
        found = self.recorder.snapshot(self.now).select("fanout", "m")
        if found is None:
            return []
        return [found.count, found.minimum / 1e9, found.maximum / 1e9]

    @property
    def missing(self) -> int:
        return self.recorder.snapshot(self.now).counts.get("missing_receivers", 0)


def in_a_room(scene: Callable[[Room], Coroutine[Any, Any, Result]]) -> Result:
    return play(lambda loop: scene(Room(loop)))


def test_tokens_are_found_whatever_is_around_them() -> None:
    first, second, *_ = (next(each) for each in [tokens(), tokens()])
    data = f'["1",null,"lv:x","diff",{{"0":"<b>{first}</b>{second}{first}lvfan'.encode()

    assert LENGTH == len(first)
    assert first.isalnum() == first.islower() is True
    assert [first, second, first] == list(tokens_in(data))


def test_each_watcher_is_measured_once_from_the_push_to_its_arrival() -> None:
    async def scene(room: Room) -> tuple[list[float], int]:
        room.watch(1, 2, 3)
        token = room.begin()
        await asyncio.sleep(1)
        room.fanout.sent(token, room.now)
        await asyncio.sleep(0.1)
        room.arrive(token, 1)
        room.fanout.end(token)
        await asyncio.sleep(0.2)
        room.arrive(token, 1, 2, 3)
        await asyncio.sleep(10)
        return room.timings, room.missing

    assert ([3, 0.1, pytest.approx(0.3)], 0) == in_a_room(scene)


def test_the_latest_push_before_the_arrival_counts() -> None:
    async def scene(room: Room) -> list[float]:
        room.watch(1, 2)
        token = room.begin()
        room.fanout.sent(token, room.now)
        await asyncio.sleep(1)
        room.arrive(token, 1)
        room.fanout.sent(token, room.now)
        await asyncio.sleep(0.5)
        room.arrive(token, 1, 2)
        return room.timings

    assert [2, 0.5, 1.0] == in_a_room(scene)


def test_without_a_push_the_time_runs_from_the_beginning_of_the_block() -> None:
    async def scene(room: Room) -> list[float]:
        room.watch(1)
        token = room.begin()
        await asyncio.sleep(0.5)
        room.fanout.end(token)
        room.arrive(token, 1)
        return room.timings

    assert [1, 0.5, 0.5] == in_a_room(scene)


def test_who_does_not_see_it_in_time_is_missing() -> None:
    async def scene(room: Room) -> tuple[list[float], int, int]:
        room.watch(1, 2, 3)
        token = room.send()
        room.arrive(token, 1)
        await asyncio.sleep(1.9)
        before = room.missing
        await asyncio.sleep(0.2)
        room.arrive(token, 2)  # too late
        return room.timings, before, room.missing

    assert ([1, 0.0, 0.0], 0, 2) == in_a_room(scene)


def the_sender(room: Room) -> None:
    room.watch(0)


def other_name(room: Room) -> None:
    room.watch(1, name="another")


def left(room: Room) -> None:
    room.watch(1)
    room.fanout.unwatch(1)


BEFORE: dict[str, Callable[[Room], None]] = {
    "the sender": the_sender,
    "who watches for another": other_name,
    "who has left": left,
}


@pytest.mark.parametrize("watch", BEFORE.values(), ids=BEFORE)
def test_nothing_is_expected_of(watch: Callable[[Room], None]) -> None:
    async def scene(room: Room) -> tuple[list[float], int]:
        watch(room)
        token = room.send()
        room.arrive(token, 0, 1)
        await asyncio.sleep(3)
        return room.timings, room.missing

    assert ([], 0) == in_a_room(scene)


def test_nothing_is_expected_of_who_comes_after_it_was_sent_or_leaves_before_the_time() -> (
    None
):
    async def scene(room: Room) -> tuple[list[float], int]:
        room.watch(1)
        token = room.send()
        room.watch(2)
        room.arrive(token, 2)
        room.fanout.unwatch(1)
        await asyncio.sleep(3)
        return room.timings, room.missing

    assert ([], 0) == in_a_room(scene)


def test_a_broadcast_that_failed_is_not_missed() -> None:
    async def scene(room: Room) -> int:
        room.watch(1)
        room.fanout.forget(room.begin())
        await asyncio.sleep(3)
        return room.missing

    assert 0 == in_a_room(scene)


def test_several_at_once_are_told_apart() -> None:
    async def scene(room: Room) -> list[float]:
        room.watch(1)
        first, second = room.send(0), room.send(0)
        await asyncio.sleep(0.2)
        room.arrive(second, 1)
        await asyncio.sleep(0.2)
        room.arrive(first, 1)
        return room.timings

    assert [2, 0.2, pytest.approx(0.4)] == in_a_room(scene)


# Seen


def test_what_has_arrived_is_seen_in_that_order_and_once() -> None:
    async def scene(room: Room) -> list[Any]:
        room.watch(1, 2)
        first, second, third = room.send(), room.send(), room.send()
        room.arrive(second, 1)
        room.arrive(first, 1)
        waiting = [await room.seen(1), await room.seen(1)]
        last = asyncio.ensure_future(room.seen(1))
        await asyncio.sleep(1)
        room.arrive(third, 2, 1)
        expected = [(second, 0.0), (first, 0.0), (third, 1.0)]
        return [expected, [*waiting, await last]]

    expected, found = in_a_room(scene)
    assert expected == found


def test_who_waits_in_vain_is_told_what_is_under_way() -> None:
    async def scene(room: Room) -> list[str]:
        room.watch(1)
        told = []
        for patience in (1.0, 1.0):
            with pytest.raises(StepTimeout) as caught:
                await room.seen(1, patience)
            told.append(caught.value.waiting_for)
            room.send(7)
        return told

    assert [
        "a broadcast 'm' to arrive (none is under way)",
        "a broadcast 'm' to arrive (user 7 sent one 1.0s ago)",
    ] == in_a_room(scene)


def test_what_reached_somebody_who_was_cancelled_is_seen_next_time() -> None:
    async def scene(room: Room) -> bool:
        room.watch(1)
        token = room.send()
        waiting = asyncio.ensure_future(room.seen(1))
        await asyncio.sleep(0.1)
        room.arrive(token, 1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        return (await room.seen(1))[0] == token

    assert in_a_room(scene)


def test_what_nobody_asks_for_is_not_kept_for_ever() -> None:
    async def scene(room: Room) -> int:
        room.watch(1)
        for _ in range(KEPT + 5):
            room.arrive(room.send(), 1)
        return len(room.fanout.watches["m"][1].seen)

    assert KEPT == in_a_room(scene)


def test_at_the_end_of_the_run_nobody_is_missing_and_nobody_waits() -> None:
    async def scene(room: Room) -> tuple[list[type], int]:
        room.watch(1)
        room.send()
        waiting = asyncio.ensure_future(room.seen(1))
        await asyncio.sleep(1)
        room.fanout.over()
        told = await asyncio.gather(waiting, room.seen(1), return_exceptions=True)
        await asyncio.sleep(5)
        return [type(each) for each in told], room.missing

    assert ([RunOver, RunOver], 0) == in_a_room(scene)


def test_who_is_cut_when_the_run_ends_is_cut() -> None:
    async def scene(room: Room) -> type:
        room.watch(1)
        waiting = asyncio.ensure_future(room.seen(1))
        await asyncio.sleep(1)
        room.fanout.over()
        waiting.cancel()
        [told] = await asyncio.gather(waiting, return_exceptions=True)
        return type(told)

    assert asyncio.CancelledError is in_a_room(scene)


@pytest.mark.parametrize("name", ["", 5, None])
def test_a_broadcast_has_a_name(name: Any) -> None:
    async def scene(room: Room) -> None:
        with pytest.raises(SyncError, match=r"broadcast\(.*a name is text"):
            room.begin(name=name)
        with pytest.raises(SyncError, match=r"watch\(.*a name is text"):
            room.watch(1, name=name)

    in_a_room(scene)


# Whatever users do

steps = st.lists(
    st.tuples(
        st.floats(0.01, 0.9),  # after so long
        st.sampled_from(["watch", "unwatch", "send", "arrive"]),
        st.integers(0, 3),  # who
    ),
    max_size=30,
)


@settings(max_examples=100)
@given(steps)
def test_each_who_is_expected_sees_it_or_is_missing_or_leaves(
    steps: list[tuple[float, str, int]],
) -> None:
    async def scene(room: Room) -> None:
        watching: set[int] = set()
        waiting: dict[str, tuple[float, set[int]]] = {}  # by token: until when, who
        seen = missing = 0
        for after, step, user in steps:
            await asyncio.sleep(after)
            for token, (until, users) in list(waiting.items()):
                if until < room.now:
                    missing += len(users)
                    del waiting[token]
            if step == "watch":
                watching.add(user)
                room.watch(user)
            elif step == "unwatch":
                watching.discard(user)
                room.fanout.unwatch(user)
                for _, users in waiting.values():
                    users.discard(user)
            elif step == "send":
                waiting[room.send(user)] = room.now + 2.0, watching - {user}
            else:
                for token, (_, users) in waiting.items():
                    seen += user in users
                    users.discard(user)
                    room.arrive(token, user)
        await asyncio.sleep(3)
        missing += sum(len(users) for _, users in waiting.values())
        assert missing == room.missing
        assert [seen] == (room.timings[:1] or [0])
        assert {} == room.fanout.under_way

    in_a_room(scene)
