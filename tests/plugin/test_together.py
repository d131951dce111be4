"""Users who share a rate and wait for each other, as a person writes the tests."""

import json

import pytest

from tests.plugin.conftest import Suite


def test_a_functional_test_may_throttle_meet_and_broadcast(suite: Suite) -> None:
    suite.tests(
        """
        async def test_alone(live):
            for _ in range(3):
                async with live.throttle("clicks", rate="100/s", parallel=1):
                    await live.visit("/counter")
            meeting = await live.rendezvous("start", users="all", value=1)
            assert [member.value for member in meeting.members] == [1]
            async with live.broadcast("message") as sent:
                assert sent.token
        """
    )

    suite.run().assert_outcomes(passed=1)


def test_one_user_is_told_that_ten_cannot_meet(suite: Suite) -> None:
    suite.tests(
        """
        async def test_alone(live):
            await live.rendezvous("checkout", users=10)
        """
    )

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*SyncError: rendezvous('checkout', users=10): there is only this user*"]
    )


def test_a_crowd_meets_and_a_larger_one_cannot(suite: Suite) -> None:
    suite.tests(
        """
        from pytest_liveview_load import budget, load

        @load(users=4, iterations=2)
        @budget("errors == 0")
        async def test_pairs(live):
            a, b = await live.pair("chat", value=live.id)
            assert {a.value, b.value} >= {live.id}

        @load(users=4)
        async def test_five_of_four(live):
            await live.rendezvous("checkout", users=5)
        """
    )

    result = suite.run()

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*SyncError: rendezvous('checkout', users=5): the run has 4 users*"]
    )


MISTAKES = """
    import asyncio
    from pytest_liveview_load import load

    @load(users=4, duration="50s", think="10ms")
    async def test_scenario(live):
        await live.visit("/counter")
        if live.id == 3:
            await live.rendezvous("checkout", users=5)

    @load(users=4, duration="50s", data=["a", "b", "c", "d"])
    async def test_body(load):
        await load.run(buy)

    async def buy(live):
        await live.visit("/counter")
        async with live.throttle("nobody"):
            pass

    @load(users=2, duration="50s")
    async def test_beside(load):
        async with load.start(buy) as crowd:
            await asyncio.wait([crowd.task])
            await crowd.drop_all()
"""


@pytest.mark.parametrize("processes", [0, 2])
def test_a_mistake_ends_the_run_with_one_error_at_its_place(
    suite: Suite, processes: int
) -> None:
    suite.use("xdist.plugin")
    suite.tests(MISTAKES)

    result = suite.run(f"-n{processes}", "--liveview-json=out.json")

    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "*test_it.py:8*",
            "*test_it.py:16*",
            "*= load tests =*",
            "FAILED test_it.py::test_scenario - *SyncError: rendezvous('checkout'*",
            "FAILED test_it.py::test_body - *SyncError: throttle('nobody'*",
            "FAILED test_it.py::test_beside - *SyncError: throttle('nobody'*",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")
    runs = json.loads((suite.pytester.path / "out.json").read_text())["load_tests"]
    assert ["ended by SyncError"] * 3 == [each["partial"] for each in runs]
    assert [0] * 3 == [each["counts"]["errors"] for each in runs]


def test_a_rate_can_be_changed_while_the_crowd_runs(suite: Suite) -> None:
    suite.tests(
        """
        async def send(live):
            async with live.throttle("messages", rate="1/min"):
                pass
            sent.append(live.id)

        sent = []

        async def test_faster(load):
            import asyncio
            async with load.start(send, users=5) as crowd:
                while not sent:
                    await asyncio.sleep(0.01)
                await crowd.change_rate("messages", "1000/s")
                while len(sent) < 50:
                    await asyncio.sleep(0.01)
        """
    )

    suite.run().assert_outcomes(passed=1)


def test_a_scale_shrinks_rates_too(suite: Suite) -> None:
    suite.tests(
        """
        from pytest_liveview_load import budget, load

        @load(users=20, duration="1s")
        @budget("iterations <= 11")  # a tenth of a hundred, and the first
        async def test_slowly(live):
            async with live.throttle("messages", rate="100/s"):
                pass
        """
    )

    suite.run("--liveview-scale=0.1").assert_outcomes(passed=1)
