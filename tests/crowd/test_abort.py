"""Runs that end early, because a condition holds. On fake time."""

from tests.crowd.fake_crowd import FakeUser, perform, shop


async def fail_from_3s_on(live: FakeUser) -> None:
    await live.sleep(0.1)
    if live.fake.now > 3:
        raise ValueError


def test_a_condition_that_holds_ends_the_run_at_the_next_second() -> None:
    fake, outcome = perform(
        fail_from_3s_on, users=2, duration="1m", abort="errors >= 2", think="0.1s"
    )

    assert 4.0 <= fake.now < 4.2
    assert (
        f"stopped early: errors >= 2 held: {outcome.snapshot.counts['errors']}, after 4s"
    ) == outcome.aborted
    assert outcome.aborted == outcome.snapshot.partial


def test_a_rate_is_that_of_all_until_then() -> None:
    _, outcome = perform(
        fail_from_3s_on, users=2, duration="1m", abort="error_rate > 10%", think="0.1s"
    )

    assert outcome.aborted.startswith(
        "stopped early: error_rate > 10% held: 25% (of 40"
    )
    assert outcome.aborted.endswith(" iterations), after 4s")


def test_it_is_not_looked_at_before() -> None:
    fake, outcome = perform(
        fail_from_3s_on,
        users=2,
        duration="1m",
        abort=["p95_mount > 1s", "errors > 0"],
        after="5.5s",
    )

    assert outcome.aborted.endswith(", after 6s")
    assert 6.0 <= fake.now < 6.2


def test_the_warm_up_does_not_count() -> None:
    async def fail_at_first(live: FakeUser) -> None:
        await live.sleep(0.1)
        if live.fake.now < 3:
            raise ValueError

    _, outcome = perform(
        fail_at_first, duration="6s", warmup="3s", abort="errors > 0", think="0.1s"
    )

    assert "" == outcome.aborted == outcome.snapshot.partial


def test_a_condition_without_data_does_not_hold() -> None:
    _, outcome = perform(shop, duration="5s", abort="p95_mount > 1ms")

    assert "" == outcome.aborted


def test_it_is_watched_where_nobody_watches_the_progress() -> None:
    fake, outcome = perform(shop, arrival="2/s", duration="1m", abort="iterations > 5")

    assert outcome.aborted.startswith("stopped early: iterations > 5 held: ")
    assert fake.now < 5
