"""Capacity as an assertion: how many people does the app hold?"""

from pytest_liveview_load import LiveUser, LoadContext


async def browse(live: LiveUser) -> None:
    """Count for a while, as a person would."""
    await live.visit("/counter")
    for _ in range(3):
        await live.click("#inc")
        await live.think("50ms..150ms")


async def test_capacity(load: LoadContext) -> None:
    limit = await load.find_limit(
        browse,
        budgets=["p95_mount < 500ms", "p95_event[inc] < 200ms"],
        start=10,
        max=40,
        ramp="0.5s",
        duration="2s",
    )

    assert limit.users >= 20
