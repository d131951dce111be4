"""`liveview_connections` and `liveview_max_body`."""

import pytest

from tests.plugin.conftest import Suite
from tests.plugin.scripted_app import served

THREE_VISITS = """
    from pytest_liveview_load import load

    @load(users=1, iterations=3)
    async def test_visits(live):
        await live.visit("/counter")
        await live.http.get("/counter")
"""


@pytest.mark.parametrize(("arguments", "dials"), [((), 3), (("shared",), 1)])
def test_each_iteration_dials_unless_connections_are_shared(
    suite: Suite, arguments: tuple[str, ...], dials: int
) -> None:
    suite.tests(THREE_VISITS)
    with served() as server:
        given = [f"--liveview-connections={each}" for each in arguments]
        result = suite.run(f"--liveview-url={server.url}", *given)

    result.assert_outcomes(passed=1)
    result.stdout.re_match_lines([rf"dial +{dials} "])
    assert len(server.asked) == 6
    assert len({asked.connection for asked in server.asked}) == dials


def test_a_body_may_be_as_large_as_is_set(suite: Suite) -> None:
    suite.tests("""
        async def test_visit(live):
            await live.visit("/counter")
    """)
    with served() as server:
        url = f"--liveview-url={server.url}"
        refused = suite.run(url, "--liveview-max-body=100")
        taken = suite.run(url, "--liveview-max-body=1MiB")

    told = "*PageError: *its body has more than 100B, as sent or unpacked*"
    refused.stdout.fnmatch_lines([told])
    taken.assert_outcomes(passed=1)
