"""What tests ask for: `live`, `load` and `liveview_url`.

Importing this file costs nothing; what a live user needs is imported when a test
first asks for one. All fixtures are synchronous, so that every async plugin takes them.
"""

# ruff: noqa: PLC0415 (imports wait until a test asks)

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_liveview_load.plugin.session import session_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_liveview_load.crowd.live_user import LiveUser
    from pytest_liveview_load.load_context import LoadContext
    from pytest_liveview_load.plugin.test_run import LivePlaceholder, LiveTestRun


@pytest.fixture(scope="session")
def liveview_url(pytestconfig: pytest.Config) -> str:
    """Where the app under test answers; a conftest may override it.

    Comes from --liveview-url and its twins; without one, liveview_server starts the app.
    """
    return session_of(pytestconfig).url()


@pytest.fixture(name="_liveview_test_run")
def liveview_test_run(
    request: pytest.FixtureRequest, liveview_url: str
) -> Iterator[LiveTestRun]:
    """Stand in for the test's function while it runs."""
    from pytest_liveview_load.plugin.collection import check_async
    from pytest_liveview_load.plugin.test_run import LiveTestRun, require_no_loop

    item, session = request.node, session_of(request.config)
    # What is asked for by name, with getfixturevalue, was not seen at collection.
    check_async(item, "live")
    require_no_loop(item.name)
    test_run = LiveTestRun(item, liveview_url, request.getfixturevalue)
    function = item.obj
    session.hear_endings()
    session.running = test_run.runs
    item.obj = test_run.wrapped(function)
    yield test_run
    item.obj = function
    session.running = None


@pytest.fixture
def live(_liveview_test_run: LiveTestRun) -> LiveUser | LivePlaceholder:
    """One user of the app under test, in the test's own task: `await live.visit("/")`.

    Under @load each virtual user gets one of its own.
    """
    return _liveview_test_run.live()


@pytest.fixture
def load(_liveview_test_run: LiveTestRun) -> LoadContext:
    """Conducts loads: `result = await load.run(scenario, users=50)`."""
    from pytest_liveview_load.plugin.collection import check_seen

    check_seen(_liveview_test_run.item)
    return _liveview_test_run.load()
