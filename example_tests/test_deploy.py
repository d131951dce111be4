"""What a deploy does to those who are on a page: everybody is cut off at one instant."""

import asyncio

from pytest_liveview_load import LiveUser, LoadContext, budget, ms, s


async def watch(live: LiveUser) -> None:
    """Keep a page open, as people do."""
    await live.visit("/counter")
    while live.running:
        await live.think("100ms")


@budget("p95_rejoin < 2s", "errors == 0")
async def test_everybody_is_back_after_a_deploy(load: LoadContext) -> None:
    async with load.start(watch, users=20) as crowd:
        await asyncio.sleep(1)
        await crowd.add(10)
        await asyncio.sleep(0.5)
        storm = await crowd.drop_all(within="10s")
        assert crowd.result_so_far.p95_mount < 500 * ms

    assert storm.users == storm.back == 30
    assert storm.seconds < 5 * s
