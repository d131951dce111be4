"""A throttle that all users of a run share: its queue, its terms, its changes."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.errors import RunOver, SyncError
from pytest_liveview_load.sync.throttle import ThrottleArguments
from pytest_liveview_load.sync.users import LocalSync
from tests.sync.sync_on_fake_time import (  # noqa: F401 (a fixture)
    in_run,
    now,
    only_here,
    where,
)


async def enter(
    sync: LocalSync, pace: ThrottleArguments, stay: float = 0.0, name: str = "t"
) -> float:
    """Return when a user was let in, who stays for so many seconds."""
    await sync.take_turn(name, pace)
    begun = now()
    await asyncio.sleep(stay)
    sync.end_turn(name)
    return round(begun, 6)


def entries(
    pace: ThrottleArguments, users: int, stay: float = 0.0, scale: float = 1.0
) -> list[float]:
    """Return when each of many users who come at once is let in, in their order."""

    async def scene(sync: LocalSync) -> list[float]:
        return await asyncio.gather(*(enter(sync, pace, stay) for _ in range(users)))

    return in_run(scene, scale=scale)


PACES: dict[str, tuple[ThrottleArguments, float, list[float]]] = {
    "a rate": (ThrottleArguments(rate="10/s"), 0.0, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]),
    "a number is per second": (
        ThrottleArguments(rate=10),
        0.0,
        [0.0, 0.1, 0.2, 0.3, 0.4, 0.5],
    ),
    "an interarrival": (
        ThrottleArguments(interarrival="20ms"),
        0.0,
        [0.0, 0.02, 0.04, 0.06, 0.08, 0.1],
    ),
    "so many at once": (
        ThrottleArguments(parallel=2),
        1.0,
        [0.0, 0.0, 1.0, 1.0, 2.0, 2.0],
    ),
    "a rate, and so many at once": (
        ThrottleArguments(rate="10/s", parallel=2),
        1.0,
        [0.0, 0.1, 1.0, 1.1, 2.0, 2.1],
    ),
    "one at a time": (
        ThrottleArguments(parallel=1),
        1.0,
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
    ),
}


@pytest.mark.parametrize(("pace", "stay", "expected"), PACES.values(), ids=PACES)
def test_users_are_let_in_as_they_came(
    pace: ThrottleArguments, stay: float, expected: list[float]
) -> None:
    assert expected == entries(pace, 6, stay)


def test_a_load_that_is_scaled_down_has_its_rates_scaled_too() -> None:
    assert [0.0, 1.0, 2.0] == entries(ThrottleArguments(rate="10/s"), 3, scale=0.1)


def test_a_rate_may_follow_a_plan_from_the_first_user_on() -> None:
    async def scene(sync: LocalSync) -> list[float]:
        pace = ThrottleArguments(rate=["2/s for 1s", "10/s"])
        await asyncio.sleep(3)
        return await asyncio.gather(*(enter(sync, pace) for _ in range(6)))

    assert [3.0, 3.5, 4.0, 4.1, 4.2, 4.3] == in_run(scene)


def test_what_nobody_asked_for_is_not_saved_up() -> None:
    async def scene(sync: LocalSync) -> list[float]:
        pace = ThrottleArguments(rate="10/s", parallel=1)
        await sync.take_turn("t", pace)
        await asyncio.sleep(5)
        sync.end_turn("t")
        await asyncio.sleep(5)
        return await asyncio.gather(*(enter(sync, pace) for _ in range(3)))

    assert [10.0, 10.1, 10.2] == in_run(scene)


# The queue


def cancelled_while(
    pace: ThrottleArguments, instant: float, stay: float = 0.0
) -> tuple[list[float], list[float]]:
    """Return when three were let in, and two of another throttle, when one left.

    The second of the three, who is cancelled at `instant`.
    """

    async def scene(sync: LocalSync) -> tuple[list[float], list[float]]:
        let_in: list[float] = []

        async def come(name: str) -> None:
            let_in.append(await enter(sync, pace, stay, name))

        tasks = [asyncio.ensure_future(come("t")) for _ in range(3)]
        await asyncio.sleep(instant)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return let_in, [sync.throttles["t"].inside]

    return in_run(scene)


def test_a_turn_that_somebody_waited_for_and_left_is_the_next_ones() -> None:
    assert ([0.0, 0.1], [0]) == cancelled_while(ThrottleArguments(rate="10/s"), 0.05)


def test_who_leaves_a_full_block_s_queue_holds_nobody_up() -> None:
    assert ([0.0, 1.0], [0]) == cancelled_while(
        ThrottleArguments(parallel=1), 0.5, stay=1.0
    )


def test_a_turn_given_to_somebody_who_is_gone_by_then_is_handed_on() -> None:
    only_here("a turn that was on its way is given back: it has counted for the rate")

    async def scene(sync: LocalSync) -> list[float]:
        pace = ThrottleArguments(rate="10/s", parallel=1)
        await sync.take_turn("t", pace)
        gone = asyncio.ensure_future(enter(sync, pace))
        waiting = asyncio.ensure_future(enter(sync, pace))
        await asyncio.sleep(1)
        sync.end_turn("t")  # `gone` has the turn and has not run yet
        gone.cancel()
        return [await waiting, sync.throttles["t"].inside]

    assert [1.0, 0] == in_run(scene)


def test_what_cannot_be_declares_no_throttle() -> None:
    async def scene(sync: LocalSync) -> float:
        with pytest.raises(SyncError):
            await sync.take_turn("t", ThrottleArguments(parallel=0))
        return await enter(sync, ThrottleArguments(parallel=1))

    assert 0.0 == in_run(scene)


def test_at_the_end_of_the_run_nobody_is_let_in_any_more() -> None:
    async def scene(sync: LocalSync) -> list[type]:
        pace = ThrottleArguments(rate="1/min")
        waiting = [asyncio.ensure_future(enter(sync, pace)) for _ in range(3)]
        await asyncio.sleep(1)
        sync.over()
        told = await asyncio.gather(*waiting, enter(sync, pace), return_exceptions=True)
        assert 1.0 == now()
        return [type(each) for each in told]

    assert [float, RunOver, RunOver, RunOver] == in_run(scene)


# Changes


def changed(
    *changes: tuple[float, Any, Any], users: int, pace: ThrottleArguments
) -> list[float]:
    """Return when users who all come at once are let in, while the rate changes."""

    async def scene(sync: LocalSync) -> list[float]:
        async def change(instant: float, rate: Any, over: Any) -> None:
            await asyncio.sleep(instant)
            sync.change_rate("t", rate, over)

        changing = [asyncio.ensure_future(change(*each)) for each in changes]
        told = await asyncio.gather(*(enter(sync, pace) for _ in range(users)))
        await asyncio.gather(*changing)
        return told

    return in_run(scene)


def test_a_rate_can_be_changed_while_users_wait() -> None:
    found = changed((0.25, "100/s", 0), users=6, pace=ThrottleArguments(rate="10/s"))

    # Half of the third turn's time had passed when the rate was raised.
    assert [0.0, 0.1, 0.2, 0.255, 0.265, 0.275] == found


def test_a_rate_of_nothing_is_a_pause() -> None:
    found = changed(
        (0.15, 0, 0), (60.0, "10/s", 0), users=5, pace=ThrottleArguments(rate="10/s")
    )

    assert [0.0, 0.1, 60.05, 60.15, 60.25] == found


def test_a_rate_can_change_gradually() -> None:
    only_here("the first user has not come yet at the instant 0")

    found = changed((0.0, "30/s", "2s"), users=42, pace=ThrottleArguments(rate="10/s"))

    # The mean of both rates for two seconds is forty turns; then one each thirtieth.
    assert pytest.approx([2.0, 2.0 + 1 / 30], abs=0.002) == found[-2:]


def test_an_interarrival_can_be_changed_by_its_rate() -> None:
    found = changed(
        (0.5, "10/s", 0), users=4, pace=ThrottleArguments(interarrival="1s")
    )

    assert [0.0, 0.55, 0.65, 0.75] == found


def test_a_throttle_without_a_rate_can_be_given_one() -> None:
    async def scene(sync: LocalSync) -> list[float]:
        pace = ThrottleArguments(parallel=10)
        await enter(sync, pace)
        sync.change_rate("t", "10/s")
        return await asyncio.gather(*(enter(sync, pace) for _ in range(3)))

    assert [0.0, 0.1, 0.2] == in_run(scene)


# What cannot be


BAD: dict[str, tuple[Any, ThrottleArguments, str]] = {
    "nothing said": (
        "t",
        ThrottleArguments(),
        "throttle('t'): no user has said how many it lets in",
    ),
    "no name": ("", ThrottleArguments(rate=1), "throttle('', rate=1): a name is text"),
    "a name that is none": (
        7,
        ThrottleArguments(rate=1),
        "throttle(7, rate=1): a name is text",
    ),
    "no unit": (
        "t",
        ThrottleArguments(rate="fast"),
        "throttle('t', rate='fast'): 'fast' is not a rate like '50/s'",
    ),
    "an unknown period": (
        "t",
        ThrottleArguments(rate="5/h/s"),
        "throttle('t', rate='5/h/s')",
    ),
    "a bool": (
        "t",
        ThrottleArguments(rate=True),
        "throttle('t', rate=True): True is not a rate",
    ),
    "nothing a second": (
        "t",
        ThrottleArguments(rate=0),
        "throttle('t', rate=0): 0 is not a rate",
    ),
    "less than nothing": (
        "t",
        ThrottleArguments(rate=-5),
        "throttle('t', rate=-5): -5 is not a rate",
    ),
    "too much": (
        "t",
        ThrottleArguments(rate="1/s", interarrival="1s"),
        "throttle('t', rate='1/s', interarrival='1s'): a rate and an interarrival are",
    ),
    "no time": (
        "t",
        ThrottleArguments(interarrival=0),
        "throttle('t', interarrival=0): 0 is not a duration above 0",
    ),
    "an interarrival that is a rate": (
        "t",
        ThrottleArguments(interarrival="5/s"),
        "throttle('t', interarrival='5/s'): '5/s' is not a duration",
    ),
    "nobody at once": (
        "t",
        ThrottleArguments(parallel=0),
        "throttle('t', parallel=0): 0 is not a number of users, 1 or more",
    ),
    "a half at once": (
        "t",
        ThrottleArguments(parallel=1.5),
        "throttle('t', parallel=1.5): 1.5 is",
    ),
    "text at once": (
        "t",
        ThrottleArguments(parallel="5"),
        "throttle('t', parallel='5'): '5' is",
    ),
}


@pytest.mark.parametrize(("name", "pace", "told"), BAD.values(), ids=BAD)
def test_what_a_throttle_cannot_be_is_told(
    name: Any, pace: ThrottleArguments, told: str
) -> None:
    with pytest.raises(SyncError) as caught:
        in_run(lambda sync: sync.take_turn(name, pace))

    assert str(caught.value).startswith(told), str(caught.value)


AGREED: dict[str, ThrottleArguments] = {
    "the same": ThrottleArguments(rate="100/s", parallel=5),
    "only the name": ThrottleArguments(),
    "the same in other words": ThrottleArguments(rate=100, parallel=5),
}


@pytest.mark.parametrize("pace", AGREED.values(), ids=AGREED)
def test_those_who_come_later_may_say(pace: ThrottleArguments) -> None:
    async def scene(sync: LocalSync) -> list[float]:
        first = ThrottleArguments(rate="100/s", parallel=5)
        return [await enter(sync, first), await enter(sync, pace)]

    assert [0.0, 0.01] == in_run(scene)


@pytest.mark.parametrize(
    "pace",
    [
        ThrottleArguments(rate="50/s", parallel=5),
        ThrottleArguments(rate="100/s"),
        ThrottleArguments(interarrival="10ms"),
    ],
)
def test_other_terms_than_the_first_user_s_are_an_error(
    pace: ThrottleArguments,
) -> None:
    async def scene(sync: LocalSync) -> None:
        await enter(sync, ThrottleArguments(rate="100/s", parallel=5))
        await enter(sync, pace)

    with pytest.raises(
        SyncError, match=r"another user has said rate 100/s, parallel 5"
    ):
        in_run(scene)


CHANGES: dict[str, tuple[Any, Any, Any, str]] = {
    "an unknown name": (
        "mesages",
        "5/s",
        0,
        (
            "change_rate('mesages', '5/s'): no user has come to a throttle of that name; "
            "there are: 'messages'. Did you mean 'messages'?"
        ),
    ),
    "no rate": ("messages", "fast", 0, "change_rate('messages', 'fast'): 'fast' is"),
    "a negative rate": ("messages", -1, 0, "change_rate('messages', -1): -1 is"),
    "no duration": (
        "messages",
        5,
        "slowly",
        "change_rate('messages', 5, over='slowly'): 'slowly' is not a duration",
    ),
}


@pytest.mark.parametrize(
    ("name", "rate", "over", "told"), CHANGES.values(), ids=CHANGES
)
def test_a_change_that_cannot_be_is_told(
    name: str, rate: Any, over: Any, told: str
) -> None:
    async def scene(sync: LocalSync) -> None:
        await enter(sync, ThrottleArguments(rate="100/s"), name="messages")
        sync.change_rate(name, rate, over)

    with pytest.raises(SyncError) as caught:
        in_run(scene)

    assert str(caught.value).startswith(told), str(caught.value)


# Whatever users do


stays = st.lists(
    st.tuples(
        st.floats(0, 3),  # when one comes
        st.floats(0, 1),  # how long it stays
        st.one_of(st.none(), st.floats(0, 3)),  # cut after so long
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=100)
@given(stays, st.sampled_from([None, "5/s", "50/s"]), st.sampled_from([None, 1, 3]))
def test_everybody_is_let_in_in_order_and_never_too_many(
    stays: list[tuple[float, float, float | None]], rate: Any, parallel: Any
) -> None:
    pace = ThrottleArguments(
        rate=rate or (None if parallel else "9/s"), parallel=parallel
    )

    async def scene(sync: LocalSync) -> list[tuple[float, float]]:
        inside, let_in = 0, []

        async def visit(comes: float, stays: float, cut: float | None) -> None:
            nonlocal inside
            await asyncio.sleep(comes)
            try:
                async with asyncio.timeout(cut):
                    asked = now()
                    await sync.take_turn("t", pace)
                    let_in.append((asked, now()))
                    inside += 1
                    assert inside <= (parallel or len(let_in))
                    try:
                        await asyncio.sleep(stays)
                    finally:
                        inside -= 1
                        sync.end_turn("t")
            except TimeoutError:
                pass

        await asyncio.gather(*(visit(*each) for each in stays))
        assert sync.throttles["t"].inside == 0
        assert not sync.throttles["t"].queue
        return let_in

    found = in_run(scene)

    assert sorted(found) == found  # who asked first was let in first
    patient = [each for each in stays if each[2] is None]
    assert len(patient) <= len(found)
