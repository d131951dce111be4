"""`@load(data=…)` and `live.row`: each user its own row, from a file, a list or a fixture."""

import pytest

from tests.plugin.conftest import Suite

IMPORTS = "import pytest\nfrom pytest_liveview_load import load\n\n"


def test_each_user_has_its_own_row_of_a_file_beside_the_test(suite: Suite) -> None:
    suite.pytester.makefile(".csv", users="name,n\nann,1\nben,2\ncleo,3\n")
    suite.tests("""
        from pytest_liveview_load import load

        seen = []

        @load(users=3, iterations=2, data="users.csv")
        async def test_rows(live):
            seen.append((live.id, live.row["name"]))

        def test_each_had_one():
            assert sorted(seen) == [(0, "ann")] * 2 + [(1, "ben")] * 2 + [(2, "cleo")] * 2
    """)

    suite.run().assert_outcomes(passed=2)


def test_rows_may_be_any_iterable_and_shared_if_asked(suite: Suite) -> None:
    suite.tests("""
        from itertools import count
        from pytest_liveview_load import load

        seen = {}

        @load(users=3, data=(n * n for n in count()))
        async def test_generated(live):
            seen.setdefault("generated", {})[live.id] = live.row

        @load(users=3, data=["a", "b"], rows="cycle")
        async def test_cycled(live):
            seen.setdefault("cycled", {})[live.id] = live.row

        async def test_random(load):
            async def look(live):
                seen.setdefault("random", set()).add(live.row)

            await load.run(look, users=30, data=[1, 2], rows="random", seed=1)

        def test_rows_were_these():
            assert seen == {
                "generated": {0: 0, 1: 1, 2: 4},
                "cycled": {0: "a", 1: "b", 2: "a"},
                "random": {1, 2},
            }
    """)

    suite.run().assert_outcomes(passed=4)


def test_rows_may_come_from_a_fixture(suite: Suite) -> None:
    suite.tests("""
        import pytest
        from pytest_liveview_load import load

        seen = []
        alive = []

        @pytest.fixture
        def accounts():
            alive.append(True)
            yield ({"name": name} for name in ("ann", "ben"))
            alive.clear()

        @load(users=2, data="accounts")
        async def test_rows(live):
            assert alive
            seen.append(live.row["name"])

        async def test_called_for(load):
            async def look(live):
                seen.append(live.row["name"])

            await load.run(look, users=2, data="accounts")
            await load.run(look, users=2, data="accounts")

        def test_each_had_one():
            assert sorted(seen) == ["ann"] * 3 + ["ben"] * 3
            assert not alive
    """)

    suite.run().assert_outcomes(passed=3)


def test_a_user_that_failed_is_replaced_by_one_with_its_row(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import budget, load

        seen = []

        @load(users=2, iterations=2, data=["a", "b"])
        @budget("errors == 2")
        async def test_rows(live):
            seen.append((live.id, live.row))
            assert live.id

        def test_rows_stayed():
            assert sorted(seen) == [(0, "a")] * 2 + [(1, "b")] * 2
    """)

    suite.run().assert_outcomes(passed=2)


def test_alone_a_user_has_the_first_row(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        seen = []

        @load(users=2, data=["a", "b"])
        async def test_both(live, load):
            async def look(live):
                seen.append(live.row)

            seen.append(live.row)
            await load.run(look)

        def test_rows_were_these():
            assert seen == ["a", "a", "b"]
    """)

    suite.run().assert_outcomes(passed=2)


def test_whom_a_user_brings_has_its_row(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        seen = []

        async def log_in(live):
            seen.append(live.row)

        @load(users=2, data=["a", "b"], setup=log_in)
        async def test_rows(live):
            (friend,) = await live.spawn(1)
            seen.append(friend.row + live.row)

        def test_rows_were_these():
            assert sorted(seen) == ["a", "aa", "b", "bb"]
    """)

    suite.run().assert_outcomes(passed=2)


def test_a_load_without_data_has_no_rows(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        async def test_alone(live):
            live.row

        @load(users=1)
        async def test_crowd(live):
            live.row
    """)

    result = suite.run()

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*DataError: live.row: the load has no data: say where rows come from, as *",
        ]
    )


COLLECTION_ERRORS = {
    "no such file or fixture": (
        "@load(data='user.csv')",
        (
            "*test_it.py:4: load(data='user.csv'): there is no file '*/user.csv', and no "
            "fixture of this name. Did you mean 'users.csv'?"
        ),
    ),
    "nearly a fixture": (
        "@load(data='acounts')",
        "*no fixture of this name. Did you mean 'accounts'?",
    ),
    "an empty file": ("@load(data='empty.csv')", "*empty.csv: it is empty: *"),
    "a file of another kind": (
        "@load(data='test_it.py')",
        "*test_it.py: '.py' is none of .csv, .tsv, .json, .jsonl, .ndjson",
    ),
    "no header": (
        "@load(data='bare.csv')",
        "*bare.csv: '1' in the first line is a value, no name: *",
    ),
    "a mark": ("@pytest.mark.load(data='user.csv')", "*there is no file *"),
    "not iterable": ("@load(data=5)", "*load(data=5): 5 is not data of users: *"),
    "rows of nothing": (
        "@load(rows='cycle')",
        "*load(rows='cycle'): there is no data: write load(data=…, rows=…)",
    ),
    "no such way": (
        "@load(data=[1], rows='often')",
        (
            "*load(rows='often'): 'often' is not a way to hand out rows: one of 'once', "
            "'cycle', 'random'"
        ),
    ),
}


@pytest.mark.parametrize(
    ("decorator", "expected"), COLLECTION_ERRORS.values(), ids=COLLECTION_ERRORS
)
def test_what_cannot_be_is_said_at_collection(
    suite: Suite, decorator: str, expected: str
) -> None:
    suite.pytester.makefile(
        ".csv", users="name\nann\n", empty="", bare="ann,1\nben,2\n"
    )
    suite.tests(f"""
{IMPORTS}{decorator}
async def test_x(live): ...

@pytest.fixture
def accounts(): return [1]
""")

    result = suite.run_here()

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([expected])


RUN_ERRORS = {
    "too few": (
        "@load(users=3, data=[1, 2])",
        (
            "*DataError: data (a list): 2 rows for 3 users, and rows='once' gives each "
            "one of its own: *"
        ),
    ),
    "too few in a file": (
        "@load(users=3, data='users.csv')",
        "*DataError: users.csv: 1 row for 3 users, *",
    ),
    "a ragged line": (
        "@load(users=1, data='ragged.csv')",
        "*DataError: ragged.csv: line 3 has 1 values, and the header 2 names (a, b)",
    ),
    "none": ("@load(data=[])", "*DataError: data (a list): there is no row in it"),
    "a fixture without rows": (
        "@load(data='nothing')",
        "*DataError: the fixture 'nothing': None is not data of users: *",
    ),
    "one by one, at random": (
        "@load(data=iter('ab'), rows='random')",
        "*DataError: data (a str_ascii_iterator): rows='random' chooses among all rows, *",
    ),
}


@pytest.mark.parametrize(("decorator", "expected"), RUN_ERRORS.values(), ids=RUN_ERRORS)
def test_what_cannot_be_is_said_before_any_user_starts(
    suite: Suite, decorator: str, expected: str
) -> None:
    suite.pytester.makefile(".csv", users="name\nann\n", ragged="a,b\n1,2\n3\n")
    suite.tests(f"""
{IMPORTS}{decorator}
async def test_x(live):
    pytest.exit("a user has started")

@pytest.fixture
def nothing(): return None
""")

    result = suite.run()

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([expected])
