"""`load(…)` and `budget(…)` as marks: of a module, a class, a parameter; methods and `self`."""

import pytest

from pytest_liveview_load import budget, load
from tests.plugin.conftest import Suite


def test_pytestmark_says_it_of_every_test_of_a_module_and_a_class(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        pytestmark = [load(users=2, iterations=3), budget("iterations == 6")]

        async def test_of_the_module(live): ...

        class TestOne:
            pytestmark = load(users=4, iterations=1)

            async def test_of_the_class(self, live): ...
    """)

    result = suite.run("-rA")

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["EXCEEDED    iterations == 6  4", "PASSED *::test_of_the_module"]
    )


def test_a_mark_of_a_parameter_is_closer_than_the_decorator(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import budget, load

        @load(users=2, iterations=1)
        @pytest.mark.parametrize(
            "users",
            [
                pytest.param(2, marks=budget("iterations == 2")),
                pytest.param(3, marks=[load(users=3, iterations=1), budget("iterations == 3")]),
                pytest.param(4, marks=load(users=5, iterations=1)),
            ],
        )
        async def test_size(live, users):
            assert live.id < users
    """)

    result = suite.run()

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "2 users, 1 iteration each",
            "3 users, 1 iteration each",
            "5 users, 1 iteration each",
        ]
    )


def test_a_load_shows_what_it_says() -> None:
    assert "load(users=2, think='1s')" == repr(load(users=2, think="1s"))
    assert "budget('errors == 0')" == repr(budget("errors == 0"))


NO_SELF = {
    "a load test": (
        "@load(users=2)\n            async def test_it(live): ...",
        "self, live",
    ),
    "a functional test": ("async def test_it(live): ...", "self, live"),
    "one that asks for load": ("async def test_it(load): ...", "self, load"),
}


@pytest.mark.parametrize(("method", "right"), NO_SELF.values(), ids=NO_SELF)
def test_a_method_without_self_is_told_so(
    suite: Suite, method: str, right: str
) -> None:
    suite.tests(f"""
        from pytest_liveview_load import load

        class TestShop:
            {method}

            @staticmethod
            async def test_static(live): ...
    """)

    result = suite.run_here("--collect-only")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            (
                "*test_it is a method of TestShop and takes no `self`: write "
                f"`async def test_it({right})`"
            )
        ]
    )
