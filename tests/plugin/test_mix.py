"""Mixes, setup and abort, as a test says them."""

import json

import pytest

from tests.plugin.conftest import Suite

SCENARIOS = """
    import pytest
    from pytest_liveview_load import budget, load

    async def browse(live):
        await live.visit("/counter")

    async def buy(live):
        await live.visit("/counter")
        await live.click("#inc")
"""


def test_a_mix_on_a_class_is_one_test_with_the_fixtures_of_its_methods(
    suite: Suite,
) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import budget, load

        seen = set()

        @pytest.fixture
        def shop():
            return "roost"

        @load(mix={"browse": 80, "buy": 20}, users=10, setup="enter", teardown="leave")
        @budget("count_event{buy} == 2", "mounts{browse} == 8", "error_rate{buy} < 1%")
        class TestShop:
            async def browse(self, live, shop):
                await live.visit("/counter")
                seen.add((type(self).__name__, shop))

            async def buy(self, live):
                await live.visit("/counter")
                await live.click("#inc")

            async def enter(self, live):
                seen.add(("entered", live.id))

            async def leave(self, live, shop):
                seen.add(("left", shop))

        def test_all_were_there():
            expected = {("TestShop", "roost"), ("left", "roost")}
            assert seen == expected | {("entered", id_) for id_ in range(10)}
    """)

    result = suite.run("-v")

    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "test_it.py::TestShop::test_mix PASSED*",
            "*- test_it.py::TestShop::test_mix -*",
            "10 users, 1 iteration each",
            "measured *: 10 iterations *",
            "within      count_event{buy} == 2 *",
            "within      mounts{browse} == 8 *",
        ]
    )
    result.stdout.no_fnmatch_line("*<-*")


def test_a_load_on_a_class_counts_for_each_of_its_tests(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        @budget("mounts == 3")
        @load(users=3)
        class TestShop:
            async def test_browse(self, live):
                await live.visit("/counter")

            @load(users=1, iterations=3)
            async def test_own(self, live):
                await live.visit("/counter")

        class TestToo(TestShop):
            pass
    """)

    result = suite.run("-m", "load")

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "*- test_it.py::TestShop::test_browse -*",
            "3 users, 1 iteration each",
            "*- test_it.py::TestShop::test_own -*",
            "1 user, 3 iterations each",
            "*- test_it.py::TestToo::test_browse -*",
            "3 users, 1 iteration each",
        ]
    )


def test_a_mix_on_a_function_is_what_its_load_runs(suite: Suite) -> None:
    suite.tests(
        SCENARIOS
        + """
    @load(mix={browse: 3, buy: 1}, users=4)
    async def test_mix(load):
        result = await load.run()
        assert (result.mounts, result.events) == (4, 1)
        assert result["iterations{browse}"] == 3
        other = await load.run({browse: 1, buy: 1}, users=2, name="half")
        assert other.events == 1
    """
    )

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_mix (browse + buy) -*", "*test_mix (half) -*"])


def test_failures_of_a_setup_have_its_name(suite: Suite) -> None:
    suite.tests(
        SCENARIOS
        + """
    async def login(live):
        raise PermissionError("no entry")

    @load(users=2, setup=login)
    async def test_inside(live):
        await live.visit("/counter")
    """
    )

    result = suite.run("--liveview-json=out.json")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*no iteration finished while it was measured: setup failed 2 times, *",
            "*0 iterations, *0 errors, 2 stuck users, 2 setup errors",
            "2 × PermissionError in setup (login): no entry",
        ]
    )
    [run] = json.loads((suite.pytester.path / "out.json").read_text())["load_tests"]
    assert (0, 0, 2) == tuple(
        run["counts"][each] for each in ("iterations", "errors", "setup_errors")
    )
    [failure] = run["failures"]
    assert ("login", "setup", 2) == tuple(
        failure[each] for each in ("scenario", "during", "count")
    )


def test_a_teardown_sees_the_page_of_a_user_who_has_failed(suite: Suite) -> None:
    suite.tests("""
    from pytest_liveview_load import budget, load
    from pytest_liveview_load import StepError

    async def log_out(live):
        try:
            shown = live.text("#count")
        except StepError:
            await live.visit("/counter")  # its page is left
            shown = "left"
        assert shown == ("1" if live.id == 0 else "left"), shown

    @load(users=2, teardown=log_out)
    @budget("errors == 1", "teardown_errors == 0")
    async def test_counter(live):
        await live.visit("/counter")
        await live.click("#inc")
        assert live.id != 0
    """)

    suite.run().assert_outcomes(passed=1)


def test_a_condition_that_holds_ends_the_run_early_and_fails_the_test(
    suite: Suite,
) -> None:
    suite.tests(
        SCENARIOS
        + """
    async def fail(live):
        await live.think("20ms")
        raise ValueError("out of stock")

    @load(users=2, duration="50s", abort="error_rate > 10%")
    @budget("error_rate < 50%")
    async def test_scenario(live):
        await fail(live)

    async def test_conducted(load):
        try:
            await load.run(fail, users=2, duration="50s", abort=["errors > 3"], after="1s")
        finally:
            (result,) = load.results
            assert result.errors > 3
            assert "partial: stopped early: errors > 3 held" in result.summary()
        raise AssertionError("the run has failed")
    """
    )

    result = suite.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            (
                "the run was stopped early: error_rate > 10% held: 100% (* iterations),"
                " after *s"
            ),
            ">           await load.run(fail, *",
            ("E * the run (fail) was stopped early: errors > 3 held: *, after *s"),
            "PARTIAL: stopped early: error_rate > 10% held: 100% *",
            "not judged  error_rate < 50%  the run was cut short",
            "FAILED *::test_scenario - RunAborted: the run was stopped early: *",
        ]
    )
    result.stdout.no_fnmatch_line("*the run has failed*")


MISTAKES = {
    "a name that no method has": (
        """
        @load(mix={"brwse": 80})
        class TestShop:
            async def browse(self, live): ...
        """,
        "*load(mix=…): the class TestShop has no method 'brwse'. Did you mean 'browse'[?]",
    ),
    "a method that is plain": (
        """
        @load(mix={"browse": 80})
        class TestShop:
            def browse(self, live): ...
        """,
        (
            "*load(mix=…): the class TestShop has 'browse', but it is a plain function; "
            "write `async def`"
        ),
    ),
    "a method without self": (
        """
        @load(mix={"browse": 80})
        class TestShop:
            async def browse(live): ...
        """,
        (
            "*load(mix=…): the class TestShop has 'browse' without self: write "
            "`async def browse(self, live)`"
        ),
    ),
    "a test_mix that is there": (
        """
        @load(mix={"browse": 80})
        class TestShop:
            async def browse(self, live): ...
            async def test_mix(self, live): ...
        """,
        (
            "*@load(mix=…) on the class TestShop makes its test test_mix, and it has one: "
            "give yours another name"
        ),
    ),
    "a mix for a body": (
        """
        async def browse(live): ...

        @load(mix={browse: 80})
        async def test_it(live): ...
        """,
        (
            "*test_it has load(mix=…) and its own body, for it asks for `live`: ask for "
            "`load` and `await load.run()`, or decorate a class with it"
        ),
    ),
    "a name without a class": (
        """
        @load(setup="login")
        async def test_it(live): ...
        """,
        (
            "*load(setup=…): 'login' is the name of a method, and the test is in no "
            "class: give the function itself"
        ),
    ),
    "a setup that is plain": (
        """
        def login(live): ...

        @load(setup=login)
        async def test_it(live): ...
        """,
        "*load(setup=<function login at *>): * is not an async function: it is a plain *",
    ),
    "an abort that is no budget": (
        """
        @load(abort="error_rte > 10%")
        async def test_it(live): ...
        """,
        (
            "*load(abort='error_rte > 10%'): 'error_rte > 10%' is not a budget: no metric "
            "is called 'error_rte'. Did you mean 'error_rate'[?]*"
        ),
    ),
    "an after without an abort": (
        """
        @load(after="5s")
        async def test_it(live): ...
        """,
        "*load(after='5s'): it says from when on `abort` is looked at, and there is none*",
    ),
    "a budget on a scenario that the mix does not have": (
        """
        @load(mix={"browse": 80, "buy": 20})
        @budget("p95_mount < 1s", "p95_mount[/cart]{byu} < 1s")
        class TestShop:
            async def browse(self, live): ...
            async def buy(self, live): ...
        """,
        (
            "*'p95_mount[[]/cart]{byu} < 1s': no scenario is called 'byu': there are "
            "'browse', 'buy'. Did you mean 'buy'[?]"
        ),
    ),
    "an abort on a scenario that there is none of": (
        """
        @load(abort="errors{buy} > 3")
        async def test_it(live): ...
        """,
        "*'errors{buy} > 3': no scenario is called 'buy': there is 'test_it'",
    ),
    "a scenario's budget on what is no load": (
        """
        @budget("errors{test_it} == 0")
        async def test_it(live): ...
        """,
        (
            "*'errors{test_it} == 0': only a load has scenarios: leave out '{test_it}', "
            "or add @load(users=…)"
        ),
    ),
    "load on a class twice": (
        """
        @load(users=1)
        @load(users=2)
        class TestShop: ...
        """,
        "*@load stands twice on TestShop: keep one of them",
    ),
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_errors_of_collection(
    suite: Suite, text: str, message: str
) -> None:
    suite.tests(f"\n        from pytest_liveview_load import budget, load\n{text}")

    result = suite.run_here("--collect-only")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_a_budget_on_no_scenario_is_told_at_the_call_before_anybody_starts(
    suite: Suite,
) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import budget
        from pytest_liveview_load.errors import MarkerError

        def unknown(budget, there):
            return pytest.raises(
                MarkerError, match=f"'{budget}': no scenario is called 'byu': {there}"
            )

        async def buy(live):
            started.append(live.id)

        async def browse(live): ...

        started = []

        @budget("errors{buy} == 0", "errors{browse} == 0")
        async def test_it(load):
            mix = {browse: 1, buy: 1}
            with unknown("errors{byu} > 1", "there are 'browse', 'buy'. Did you"):
                await load.run(mix, users=2, abort="errors{byu} > 1")
            with unknown("errors{byu} > 1", "there are"):
                await load.start(mix, users=2, abort="errors{byu} > 1")
            with unknown("errors{byu} == 0", "there are"):
                await load.find_limit(mix, start=1, max=2, budgets=["errors{byu} == 0"])
            with pytest.raises(MarkerError, match="'errors{buy} == 0': .* there is 'a'"):
                await load.compare({"a": browse, "b": buy})
            assert [] == started
            await load.run(mix, users=2)
    """)

    result = suite.run()

    result.assert_outcomes(passed=1)
