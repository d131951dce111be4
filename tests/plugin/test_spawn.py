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


MANY = """
    import pytest
    from pytest_liveview_load import LoadRefused

    async def test_ten(live):
        await live.spawn(4)
        (last, *_) = await live.spawn(6)
        with pytest.raises(LoadRefused):
            await last.spawn()

    async def test_eleven(live):
        await live.spawn(11)
"""


def test_more_than_ten_users_elsewhere_are_a_load_that_must_be_allowed(
    suite: Suite,
) -> None:
    suite.tests(MANY)

    result = suite.run("--liveview-url=http://shop.test:4000")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*no load on 'shop.test' without your word: add liveview_allow = 'shop.test' *"
        ]
    )


def test_as_many_as_one_likes_are_spawned_where_load_is_allowed(suite: Suite) -> None:
    suite.tests("""
        async def test_eleven(live):
            assert len(await live.spawn(11)) == 11
    """)

    suite.run().assert_outcomes(passed=1)
    suite.run(
        "--liveview-url=http://shop.test:4000", "--liveview-allow=*.test"
    ).assert_outcomes(passed=1)
