"""A test that conducts: the same scenario at two sizes, compared with plain asserts."""

from pytest_liveview_load import LiveUser, LoadContext, ms


async def browse(live: LiveUser) -> None:
    """Look at the rows and touch a few of them, as one person."""
    await live.visit("/function_components")
    for row in live.rng.sample(range(1, 101), k=3):
        await live.click(f"#row-{row} a", text="touch")
        await live.think("0.1s..0.3s")


async def test_two_sizes(load: LoadContext) -> None:
    small = await load.run(browse, users=3, duration="4s", think="0.2s..0.4s")
    large = await load.run(
        browse, users=15, ramp="1s", duration="4s", think="0.2s..0.4s"
    )

    assert small.p95_mount < 200 * ms
    assert large.p95_mount < 200 * ms
    assert large.p95_event["one"] < 50 * ms
    assert large.error_rate == 0

    # Five times the people get nearly five times the work done: nobody stands in line.
    assert large.event_rate > 3 * small.event_rate
