"""An address at which no user can reach the app: one is told, and the run is over."""

from tests.liveview.client.scripted_server import Answer
from tests.plugin.conftest import Suite
from tests.plugin.scripted_app import served


def test_the_first_user_is_told_what_all_would_be(suite: Suite) -> None:
    suite.tests(
        """
        from pytest_liveview_load import load

        @load(users=50, duration="60s")
        async def test_visit(live):
            await live.visit("/counter")
        """
    )
    with served() as server:
        server.refuse_upgrade = Answer("", 403)
        suite.ini(f"[pytest]\nliveview_url = {server.url}\n")
        result = suite.run()

    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    told = [line for line in text.splitlines() if line.startswith("E ")]
    assert len(told) == 1
    assert "WrongAddress: cannot connect to ws://127.0.0.1" in told[0]
    assert "127.0.0.1 is this machine, which the app may know as localhost" in told[0]
