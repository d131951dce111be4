"""Budgets on the parts of diffs, and advice, as a test has them."""

from tests.plugin.conftest import Suite


def test_a_budget_on_a_part_has_every_diff_taken_apart(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget

        async def click(live, times=150):
            await live.visit("/counter")
            for _ in range(times):  # and no two replies are alike
                await live.click("#inc")

        @budget("count_diff_bytes[inc].dynamics == 150", "count_diff_bytes[inc] == 150")
        async def test_all(live):
            await click(live)

        async def test_some(load):
            result = await load.run(click)
            assert result.count_diff_bytes["inc"] == 150
            assert 100 < result.count_diff_bytes["inc"].dynamics < 110
    """)

    suite.run().assert_outcomes(passed=2)


def test_a_broken_budget_on_a_part_says_what_it_came_to(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget

        @budget("max_diff_bytes[top].streams < 10B", "max_diff_bytes[top].statics == 0")
        async def test_stream(live):
            await live.visit("/streams")
            await live.click("#top")
    """)

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*1 of 2 budgets does not hold:*",
            "*max_diff_bytes?top?.streams < 10B   exceeded *B (n=1)*",
        ]
    )


MISSPELT = {
    "p95_diff_bytes[inc].static < 1kB": "no part is called 'static'*'statics'",
    "p95_mount.statics < 1kB": "'mount' has no parts",
}


def test_a_misspelt_part_is_an_error_at_collection(suite: Suite) -> None:
    for text, problem in MISSPELT.items():
        suite.tests(f"""
            from pytest_liveview_load import budget

            @budget("{text}")
            async def test_part(live): ...
        """)

        result = suite.run()

        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([f"*{problem}*"])
