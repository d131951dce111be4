"""The first test to read: one user, then fifty, with the same body."""

from pytest_liveview_load import LiveUser, budget, load


async def test_counter(live: LiveUser) -> None:
    await live.visit("/counter")

    await live.click("#inc")
    await live.click("#inc")
    await live.click("#dec")

    assert live.text("#count") == "1"
    assert live.title == "Counter - Roost"


@load(users=50, ramp="1s", duration="5s", think="0.2s..0.5s", warmup="1s")
@budget(
    "p95_mount < 200ms",
    "p99_event[inc] < 50ms",
    "p95_diff_bytes[inc] < 200B",
    "error_rate < 0.1%",
)
async def test_counter_under_load(live: LiveUser) -> None:
    await live.visit("/counter")
    await live.click("#inc")
    assert live.text("#count") == "1"
