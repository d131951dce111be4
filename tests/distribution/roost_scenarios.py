"""What users do in runs over several processes, against the demo app."""

import asyncio
import time
from typing import Any


async def count(live: Any) -> None:
    await live.visit("/counter")
    await live.click("#inc")
    await live.think("100ms")


async def count_in_turn(live: Any) -> None:
    await live.visit("/counter")
    while live.running:
        async with live.throttle("clicks", rate="20/s"):
            await live.click("#inc")


async def all_meet(live: Any) -> None:
    await live.visit("/counter")
    meeting = await live.rendezvous("all", users="all", value=live.id, timeout="20s")
    ids = sorted(member.value for member in meeting.members)
    assert ids == list(range(len(ids)))
    with live.measure(f"met {len(ids)}"):
        await live.click("#inc")


async def say_and_see(live: Any) -> None:
    await live.visit(f"/chat?room=tea&user=u{live.id}")
    live.watch("hello")
    await live.rendezvous("there", users="all", timeout="20s")
    if live.id == 0:
        async with live.broadcast("hello") as sent:
            await live.fill("#msg_text", sent.token)
            await live.submit("#chat-form")
    else:
        await live.seen("hello", timeout="10s")
    await live.rendezvous("done", users="all", timeout="20s")


async def have_a_row(live: Any) -> None:
    await live.visit("/counter")
    with live.measure(f"row {live.row['name']}"):
        await live.click("#inc")


async def block_one(live: Any) -> None:
    await live.visit("/counter")
    await live.think("1s")
    if live.id == 1:
        time.sleep(60)  # noqa: ASYNC251 (that is the point)


async def fail_one(live: Any) -> None:
    await live.visit("/counter")
    await asyncio.sleep(0.05)
    if live.id == 1:
        raise ValueError("not me")
