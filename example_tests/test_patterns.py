"""Which pattern costs what: a list by function components, LiveComponents or a stream."""

from pytest_liveview_load import LiveUser, LoadContext


async def function_components(live: LiveUser) -> None:
    """Change three rows of twenty, whose data the view holds."""
    await live.visit("/function_components?n=20")
    for row in live.rng.sample(range(1, 21), k=3):
        await live.click(f"#row-{row} a", text="touch")
        await live.think("5ms..15ms")


async def live_components(live: LiveUser) -> None:
    """Change three of twenty components, each of which holds its own data."""
    await live.visit("/live_components?n=20")
    for row in live.rng.sample(range(1, 21), k=3):
        await live.click(f"#lc-{row}-inc")
        await live.think("5ms..15ms")


async def streams(live: LiveUser) -> None:
    """Change three of twenty items, which only the browser holds."""
    await live.visit("/streams?n=20")
    for row in live.rng.sample(range(1, 21), k=3):
        await live.click(f"#items-{row} a", text="touch")
        await live.think("5ms..15ms")


async def test_which_pattern_costs_what(load: LoadContext) -> None:
    comparison = await load.compare(
        {
            "function components": function_components,
            "LiveComponents": live_components,
            "streams": streams,
        },
        users=5,
        iterations=3,
        rounds=3,
    )

    # Bytes are the same on every machine, and so are their ratios.
    assert comparison.ratio("LiveComponents", "mean_diff_bytes") < 0.75
    assert comparison.ratio("streams", "mean_join_bytes") < 1
