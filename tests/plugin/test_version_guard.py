"""A LiveView that nobody compared us with: one warning, wherever it was met."""

from collections.abc import Iterator

import pytest

from pytest_liveview_load.liveview.protocol.versions import HELD
from tests.liveview.client.scripted_server import RENDERED, ScriptedServer
from tests.plugin.conftest import Suite
from tests.plugin.scripted_app import served

TESTS = """
    from pytest_liveview_load import load

    async def test_one(live):
        await live.visit("/counter")

    async def test_another(live):
        await live.visit("/counter")

    @load(users=2)
    async def test_load(live):
        await live.visit("/counter")
"""
UNKNOWN = {"unknown": {"0": "what no client knows"}}
WARNING = (
    "*LiveViewVersionWarning: the app's LiveView is 1.3.0; this client is held to "
    f"recordings of LiveView 0.20 to 1.2 ({', '.join(HELD)}), so *"
)


@pytest.fixture
def app() -> Iterator[ScriptedServer]:
    with served() as server:
        answer(server, "1.3.0")
        yield server


def answer(server: ScriptedServer, version: str) -> None:
    """Answer joins as LiveView `version`, with keys that nobody has seen yet."""
    server.on["phx_join"] = lambda talk, said: talk.reply(
        said, rendered=RENDERED | UNKNOWN, liveview_version=version, **UNKNOWN
    )


@pytest.fixture
def newer(suite: Suite, app: ScriptedServer) -> Suite:
    suite.ini(f"[pytest]\nliveview_url = {app.url}\nliveview_max_lag = 10s")
    suite.tests(TESTS)
    return suite


def test_a_session_warns_once_and_names_both(newer: Suite) -> None:
    result = newer.run()

    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(["*= warnings summary =*", WARNING])


def test_workers_warn_once_together(newer: Suite) -> None:
    newer.use("xdist.plugin")

    result = newer.run("-n2")

    result.assert_outcomes(passed=3, warnings=1)
    result.stdout.fnmatch_lines(["*= warnings summary =*", WARNING])


def test_what_only_a_follower_meets_is_warned_of_too(newer: Suite) -> None:
    newer.use("xdist.plugin")
    newer.tests("""
        from pytest_liveview_load import load

        @load(users=2)
        async def test_load(live):
            if live.id == 1:  # which is the second worker's
                await live.visit("/counter")
    """)

    result = newer.run("-n2")

    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines([WARNING])


@pytest.mark.parametrize("arguments", [[], ["-n1"]], ids=["alone", "in a worker"])
def test_filters_are_heeded(newer: Suite, arguments: list[str]) -> None:
    newer.use("xdist.plugin")
    of_ours = "::pytest_liveview_load.LiveViewVersionWarning"

    ignored = newer.run("-W", f"ignore{of_ours}", *arguments)
    as_error = newer.run("-W", f"error{of_ours}", "-k", "test_one", *arguments)

    ignored.assert_outcomes(passed=3)
    ignored.stdout.no_fnmatch_line("*1.3.0*")
    as_error.assert_outcomes(failed=1)
    as_error.stdout.fnmatch_lines(
        ["E *LiveViewVersionWarning: the app's LiveView is *"]
    )


def test_a_mark_that_takes_an_error_back_is_told_at_the_end(newer: Suite) -> None:
    newer.tests("""
        import pytest

        @pytest.mark.filterwarnings("default")
        async def test_one(live):
            await live.visit("/counter")
    """)

    result = newer.run("-W", "error")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["liveview: the app's LiveView is 1.3.0; *"])


def test_a_test_that_fails_has_the_warning_beside_its_failure(newer: Suite) -> None:
    newer.tests("""
        async def test_one(live):
            await live.visit("/counter")
            await live.click("#nothing")
    """)

    result = newer.run()

    result.assert_outcomes(failed=1, warnings=1)
    result.stdout.fnmatch_lines(
        ["E *ElementError: '#nothing' matches nothing *", WARNING]
    )


def test_a_held_version_is_nothing_to_speak_of(
    newer: Suite, app: ScriptedServer
) -> None:
    answer(app, "1.2.99")

    result = newer.run()

    result.assert_outcomes(passed=3)
    result.stdout.no_fnmatch_line("*warning*")


# A development server

FRAME = '<iframe hidden height="0" width="0" src="/phoenix/live_reload/frame"></iframe>'
IN_DEVELOPMENT = (
    "*DevelopmentServerWarning: the app is a development server (*its timings are not *"
)


@pytest.fixture
def reloading(suite: Suite, app: ScriptedServer) -> Suite:
    answer(app, HELD[-1])
    app.page("/counter", body=FRAME)
    suite.ini(f"[pytest]\nliveview_url = {app.url}\nliveview_max_lag = 10s")
    suite.tests(f"{TESTS}\n    @load(users=2)\n    async def test_more(live): ...")
    return suite


@pytest.mark.parametrize("arguments", [[], ["-n2"]], ids=["alone", "in workers"])
def test_a_load_on_a_development_server_is_warned_of_once(
    reloading: Suite, arguments: list[str]
) -> None:
    reloading.use("xdist.plugin")
    reloading.tests("""
        from pytest_liveview_load import budget, load

        @budget("errors == 0")
        async def test_one(live):
            await live.visit("/counter")

        @load(users=2)
        async def test_load(live):
            await live.visit("/counter")
    """)

    result = reloading.run(*arguments)

    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(["*= warnings summary =*", IN_DEVELOPMENT])


def test_where_nothing_is_measured_a_development_server_is_all_right(
    reloading: Suite,
) -> None:
    result = reloading.run("-m", "not load")

    result.assert_outcomes(passed=2, deselected=2)
    result.stdout.no_fnmatch_line("*DevelopmentServerWarning*")


def test_a_newer_version_in_development_is_warned_of_twice(
    reloading: Suite, app: ScriptedServer
) -> None:
    answer(app, "1.3.0")

    result = reloading.run()

    result.assert_outcomes(passed=4, warnings=2)
    result.stdout.fnmatch_lines_random([WARNING, IN_DEVELOPMENT])
    of_ours = "::pytest_liveview_load.DevelopmentServerWarning"
    reloading.run("-W", f"ignore{of_ours}").assert_outcomes(passed=4, warnings=1)
