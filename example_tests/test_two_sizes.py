"""A test that conducts: the same scenario at two sizes, compared with plain asserts."""

from pytest_liveview_load import LiveUser, LoadContext, ms


async def browse(live: LiveUser) -> None:
    """Look at the rows and touch three of them, as one person."""
    await live.visit("/function_components?n=10")
    for row in live.rng.sample(range(1, 11), k=3):
        await live.click(f"#row-{row} a", text="touch")
        await live.think("50ms..150ms")


async def test_two_sizes(load: LoadContext) -> None:
    small = await load.run(browse, users=5, duration="3s", think="0.3s..0.6s")
    large = await load.run(
        browse, users=25, ramp="1s", duration="3s", think="0.3s..0.6s"
    )

    assert large.p95_mount < 200 * ms
    assert large.p95_event["one"] < 50 * ms
    assert large.p95_diff_bytes["one"] < 250  # one row of ten is sent
    assert large.error_rate < 0.001

    # Five times the people get nearly five times the work done: nobody stands in line.
    assert large.event_rate > 3 * small.event_rate
