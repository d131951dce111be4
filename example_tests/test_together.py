"""Users who wait for each other, and share a rate: a sale, a dialogue."""

import asyncio

from pytest_liveview_load import LiveUser, LoadContext, RunningCrowd, budget, load


# Everybody has the page open before the sale begins; then each buys in its turn.
@load(users=20, ramp="500ms", iterations=1)
@budget("count_event[inc] == 20", "errors == 0", "p95_event[inc] < 2s")
async def test_a_sale_begins_when_all_are_there(live: LiveUser) -> None:
    await live.visit("/counter")
    await live.rendezvous("the doors open", users="all")

    async with live.throttle("purchases", rate="100/s", parallel=5):
        await live.click("#inc")


# Two find each other, agree on a room by what they tell each other, and talk there.
@load(users=6, iterations=1)
@budget("errors == 0")
async def test_two_talk_in_a_room_of_their_own(live: LiveUser) -> None:
    caller, called = await live.pair("dialogue", value=f"user-{live.id}")
    await live.visit(f"/chat?room=dialogue-{caller.id}&user=user-{live.id}")
    await live.rendezvous(f"in room {caller.id}", users=2)

    if live.id == caller.id:
        await live.fill("#msg_text", f"hello {called.value}")
        await live.submit("#chat-form")
    await live.until(lambda: live.has("#messages .text", text=f"hello {called.value}"))


async def click_in_turn(live: LiveUser) -> None:
    await live.visit("/counter")
    while live.running:
        async with live.throttle("clicks", rate="1/min"):
            await live.click("#inc")


async def clicks(crowd: RunningCrowd, number: int) -> None:
    while crowd.result_so_far.snapshot.counts.get("events", 0) < number:  # noqa: ASYNC110
        await asyncio.sleep(0.05)  # several processes carry it: nobody can set an event


# The rate is raised while the crowd goes on: at one a minute it would take an hour.
async def test_a_rate_is_raised_while_the_crowd_goes_on(load: LoadContext) -> None:
    async with load.start(click_in_turn, users=5) as crowd:
        await clicks(crowd, 1)
        await crowd.change_rate("clicks", "200/s", over="500ms")
        await clicks(crowd, 60)

    assert crowd.result_so_far.errors == 0
