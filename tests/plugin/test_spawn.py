"""Several users in one test, and several for each virtual user of a load."""

from tests.plugin.conftest import Suite


def test_a_functional_test_may_have_several_users(suite: Suite) -> None:
    suite.tests("""
        from asyncio import gather

        async def test_two(live):
            alice, bob = await live.spawn(2)
            await gather(alice.visit("/counter"), bob.visit("/counter"))
            await alice.click("#inc")
            assert (alice.text("#count"), bob.text("#count")) == ("1", "0")
    """)

    suite.run("-W", "error").assert_outcomes(passed=1)


def test_partners_are_measured_and_not_counted_as_users(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @load(users=2, iterations=2)
        @budget("mounts == 8", "iterations == 4", "users == 2")
        async def test_pairs(live):
            (partner,) = await live.spawn()
            assert partner.id == live.id + 1_000_000
            await partner.visit("/counter")
            await live.visit("/counter")
    """)

    suite.run().assert_outcomes(passed=1)
