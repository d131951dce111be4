"""What is wrong with a test is said when it is collected, in one sentence."""

from pathlib import Path

import pytest

from pytest_liveview_load.plugin.collection import definition_of
from tests.plugin.conftest import Suite

IMPORTS = "import pytest\nfrom pytest_liveview_load import budget, load\n\n"

COLLECTION_ERRORS = {
    "a plain def with live": (
        "def test_x(live): ...",
        "test_it.py:4: test_x asks for `live` and is a plain `def`; write `async def test_x`",
    ),
    "a plain def with load": (
        "def test_x(load): ...",
        "test_it.py:4: test_x asks for `load` and is a plain `def`; write `async def test_x`",
    ),
    "a plain def whose fixture asks for live": (
        "@pytest.fixture\ndef page(live): ...\n\ndef test_x(page): ...",
        "*test_x asks for `live` and is a plain `def`; *",
    ),
    "a test that yields": (
        "async def test_x(live):\n    yield",
        "*test_x asks for `live` and has a `yield` in it; a test cannot",
    ),
    "a scenario without live": (
        "@load(users=2)\nasync def test_x(): ...",
        (
            "*test_x is marked and asks for neither `live` nor `load`: "
            "write `async def test_x(live)`"
        ),
    ),
    "a budget without live": (
        "@budget('errors == 0')\nasync def test_x(): ...",
        "*test_x is marked and asks for neither `live` nor `load`: *",
    ),
    "a bad load mark": (
        "@pytest.mark.load(users=0)\nasync def test_x(live): ...",
        "*load(users=0): 0 is not a whole number of at least 1",
    ),
    "a misspelt argument of a load mark": (
        "@pytest.mark.load(usres=1)\nasync def test_x(live): ...",
        "*load(usres=1): load has no argument 'usres'. Did you mean 'users'?",
    ),
    "a bad budget mark": (
        "@pytest.mark.budget('p95_mout < 1s')\nasync def test_x(live): ...",
        "*'p95_mout < 1s' is not a budget: *Did you mean 'p95_mount'?*",
    ),
    "a budget mark with a name": (
        "@pytest.mark.budget(p95_mount='1s')\nasync def test_x(live): ...",
        "*budget(p95_mount=…): budgets are texts without names",
    ),
    "an empty budget mark": (
        "@pytest.mark.budget()\nasync def test_x(live): ...",
        "*budget() promises nothing: *",
    ),
    "a bad load decorator": (
        "@load(duration=-1)\nasync def test_x(live): ...",
        "E   *MarkerError: load(duration=-1): *",
    ),
    "a bad budget decorator": (
        "@budget('p95_mount < 1 parsec')\nasync def test_x(live): ...",
        "E   *BudgetSyntaxError: 'p95_mount < 1 parsec' is not a budget: *",
    ),
    "a fixture called live of someone else's": (
        "@pytest.fixture\ndef live(): ...\n\n@load(users=2)\nasync def test_x(live): ...",
        (
            "*test_x is marked for this plugin and asks for `live`, but that name is taken by "
            "another fixture, defined at *test_it.py:4: rename that one"
        ),
    ),
    "a parameter called load": (
        (
            "@pytest.mark.parametrize('load', [1])\n"
            "@budget('errors == 0')\n"
            "async def test_x(live, load): ..."
        ),
        "*asks for `load`, but that name is taken by *",
    ),
}


@pytest.mark.parametrize(
    ("text", "expected"), COLLECTION_ERRORS.values(), ids=COLLECTION_ERRORS
)
def test_a_collection_error(suite: Suite, text: str, expected: str) -> None:
    suite.tests(IMPORTS + text)

    result = suite.run_here("--strict-markers")

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([expected.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_a_collection_error_is_the_same_with_workers(suite: Suite) -> None:
    suite.use("xdist.plugin")
    suite.tests(IMPORTS + "@pytest.mark.load(users=0)\nasync def test_x(live): ...")

    result = suite.run("-n2")

    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*test_it.py:4: load(users=0): *"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_foreign_fixture_on_an_unmarked_test_is_left_alone(suite: Suite) -> None:
    suite.pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def load():
            return "json"
    """)
    suite.tests("def test_x(load):\n    assert load == 'json'")

    result = suite.run_here("-m", "not load")

    result.assert_outcomes(passed=1)


def test_both_markers_are_registered(suite: Suite) -> None:
    result = suite.run_here("--markers")

    result.stdout.fnmatch_lines(
        ["@pytest.mark.load(users=…*", "@pytest.mark.budget(*: fail the test unless*"]
    )


def test_every_load_test_has_the_mark_however_it_was_made(suite: Suite) -> None:
    suite.tests(
        IMPORTS
        + """
@load(users=2)
async def test_decorated(live): ...

@pytest.mark.load(users=2)
async def test_marked(live): ...

async def test_conducting(load): ...

@budget("errors == 0")
async def test_functional(live): ...

def test_other(): ...
"""
    )

    loads = suite.run_here("--strict-markers", "-m", "load", "--co", "-q")
    others = suite.run_here("--strict-markers", "-m", "not load", "--co", "-q")
    budgets = suite.run_here("--strict-markers", "-m", "budget", "--co", "-q")

    assert loads.outlines[:3] == [
        "test_it.py::test_decorated",
        "test_it.py::test_marked",
        "test_it.py::test_conducting",
    ]
    assert others.outlines[:2] == [
        "test_it.py::test_functional",
        "test_it.py::test_other",
    ]
    assert budgets.outlines[:1] == ["test_it.py::test_functional"]


def test_pytests_private_bookkeeping_of_fixtures_is_where_we_look(
    suite: Suite,
) -> None:
    tests = suite.tests("""
        import pytest

        @pytest.fixture
        def mine(): ...

        def test_x(mine): ...
    """)

    items, _ = suite.pytester.inline_genitems(*suite.arguments((str(tests),)))

    (item,) = items
    assert isinstance(item, pytest.Function)
    definition = definition_of(item, "mine")
    assert definition is not None
    assert "mine" == definition.__name__
    assert Path(definition.__code__.co_filename).name == "test_it.py"
