"""The verbs of users who need each other, as a test writes them."""

import asyncio

import pytest

from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.errors import SyncError, UnitError

pytestmark = pytest.mark.anyio


async def test_a_throttle_lets_one_user_through(live: LiveUser) -> None:
    async with live.throttle("clicks", rate="1000/s", parallel=1):
        pass
    async with live.throttle("clicks"):
        pass


async def test_a_block_that_raises_gives_its_place_back(live: LiveUser) -> None:
    with pytest.raises(ZeroDivisionError):
        async with live.throttle("clicks", parallel=1):
            raise ZeroDivisionError

    async with asyncio.timeout(5), live.throttle("clicks"):
        pass


async def test_a_throttle_that_cannot_be_is_told_before_the_block(
    live: LiveUser,
) -> None:
    with pytest.raises(SyncError, match=r"throttle\('clicks', rate='fast'\)"):
        async with live.throttle("clicks", rate="fast"):
            pytest.fail("the block was entered")


async def test_two_can_meet_and_know_their_parts(live: LiveUser) -> None:
    bob, eve = await live.spawn(2)

    bobs, eves = await asyncio.gather(
        bob.pair("chat", value="hello"), eve.pair("chat", value="hi")
    )

    assert bobs == eves
    assert [(bob.id, "hello"), (eve.id, "hi")] == [
        (each.id, each.value) for each in bobs
    ]


async def test_ten_cannot_meet_where_there_is_one(live: LiveUser) -> None:
    with pytest.raises(SyncError) as caught:
        await live.rendezvous("checkout", users=10)

    assert (
        "rendezvous('checkout', users=10): there is only this user, so 10 can never "
        "meet. Run it under @load(users=10) or more, or bring users along: live.spawn(…)"
    ) == str(caught.value)


@pytest.mark.parametrize("patience", ["soon", -1, True, "5/s"])
async def test_a_time_that_is_none_is_told(live: LiveUser, patience: str) -> None:
    with pytest.raises(UnitError, match="is not a duration"):
        await live.rendezvous("checkout", users=1, timeout=patience)
