"""pytest's side of it: every hook of the plugin, and nothing but hooks.

A hook is a few lines, reads typed state and calls one function; what that needs is
imported when it is needed, so that a suite without load tests pays for this file alone.
"""

# ruff: noqa: D102, D103 (the contract of a hook is pytest's)
# ruff: noqa: PLC0415 (imports wait until they are needed)

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_liveview_load.errors import (
    ConfigurationError,
    LiveViewLoadError,
    SettingError,
)
from pytest_liveview_load.plugin import collection, reports
from pytest_liveview_load.plugin.interrupts import ended_by_ctrl_c, undisturbed
from pytest_liveview_load.plugin.options import add_options
from pytest_liveview_load.plugin.session import LoadSession, open_session, session_of

if TYPE_CHECKING:
    from collections.abc import Generator

pytest_plugins = ("pytest_liveview_load.plugin.fixtures",)

LOAD_MARKER: Final = (
    'load(users=…, ramp="10s", duration="1m", stages=…, iterations=…, arrival="50/s", '
    'max_users=…, poisson=…, think="1s..3s", pacing=…, warmup=…, grace=…, seed=…, mix=…, '
    'data="users.csv", rows="cycle", setup=…, teardown=…, abort="error_rate > 10%", '
    "after=…): run the test's body by many virtual users of a LiveView app."
)
BUDGET_MARKER: Final = (
    'budget("p95_mount < 200ms", …): fail the test unless every budget holds.'
)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from pytest_liveview_load.plugin import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    for marker in (LOAD_MARKER, BUDGET_MARKER):
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)  # before xdist starts its workers
def pytest_sessionstart(session: pytest.Session) -> None:
    try:
        load_session = open_session(session.config)
    except SettingError as error:
        raise pytest.UsageError(str(error)) from None
    session.config.pluginmanager.register(ReportCollector(load_session, session.config))
    if load_session.worker_id:
        from pytest_liveview_load.xdist.worker import register_worker

        load_session.worker = register_worker(session.config, collection.LOAD)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return session_of(config).header()


# Several processes: hooks of xdist's, in its controller


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    session_of(node.config).prepare_worker(node)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    xdist_workers = session_of(node.config).xdist_workers
    if xdist_workers is not None:
        xdist_workers.forget(node)


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_make_scheduler(config: pytest.Config) -> Generator[None, Any, Any]:
    scheduler = yield
    xdist_workers = session_of(config).xdist_workers
    if scheduler is None or xdist_workers is None:
        return scheduler
    from pytest_liveview_load.xdist.scheduler import LoadTestScheduler

    return LoadTestScheduler(scheduler, xdist_workers, config)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, Any, Any]:
    result = yield
    xdist_workers = session_of(session.config).xdist_workers
    if xdist_workers is not None:
        for report in xdist_workers.never_run():
            session.config.hook.pytest_runtest_logreport(report=report)
    return result


# Collection


@pytest.hookimpl(wrapper=True, tryfirst=True)  # around pytest-asyncio's own items
def pytest_pycollect_makeitem() -> Generator[None, Any, Any]:
    collected = yield
    items = collected if isinstance(collected, list) else [collected]
    for item in items:
        if isinstance(item, pytest.Function):
            try:
                collection.examine(item)
            except ConfigurationError as error:
                raise collection.collect_error(item, error) from None
    return collected


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    collection.show_for_author(collector, report)
    return report


# One test


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_timeout_set_timer(item: pytest.Item, settings: Any) -> bool | None:
    worker = session_of(item.config).worker
    if worker is not None and worker.follows(item):
        return True  # it has no timer, for the lead has
    if collection.plan_key in item.stash:
        from pytest_liveview_load.plugin.timeouts import remember

        remember(item, settings.timeout or 0.0)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    value = yield
    if fixturedef.argname == "liveview_url" and isinstance(value, str):
        session_of(request.config).credentials.learn(value)
    return value


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if session_of(pyfuncitem.config).running is None:
        return None
    from pytest_liveview_load.plugin.test_run import run_test

    return run_test(pyfuncitem)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    session = session_of(item.config)
    running = session.running if call.when == "call" else None
    if running is not None:
        reports.set_properties(item, running.reports)
    report = yield
    if running is not None:
        reports.attach(report, running.reports, running.warnings, running.findings)
    if call.excinfo is not None and isinstance(call.excinfo.value, LiveViewLoadError):
        reports.show_for_author(item, call.excinfo, report)
    session.credentials.hide_in(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[
    None, dict[str, Any] | None, dict[str, Any] | None
]:
    return reports.encode((yield))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    results = sys.modules.get("pytest_liveview_load.metrics.result")
    return results.explain_comparison(op, left, right) if results else None


# The session's outcome


class ReportCollector:
    """Sees every report of the session, for pytest tells this hook no config."""

    def __init__(self, session: LoadSession, config: pytest.Config) -> None:
        self.session = session
        self.config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        if self.session.controller is not None:
            reports.add_to_crash(report, self.session.controller.unreported(crashitem))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        reports.keep_runs(self.session, self.config, report)

    # Within the summary, around what is torn down: xdist's workers are done then.
    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(
        self, session: pytest.Session
    ) -> Generator[None, Any, Any]:
        def is_shown_all_the_same() -> bool:
            if self.session.reports:
                session.exitstatus = pytest.ExitCode.INTERRUPTED
            return bool(self.session.reports)

        with ended_by_ctrl_c(is_shown_all_the_same):
            yield
        with ended_by_ctrl_c(is_shown_all_the_same):
            self.session.close_controller()


@pytest.hookimpl(wrapper=True)
def pytest_keyboard_interrupt() -> Generator[None, object, object]:
    with undisturbed():  # a second Ctrl-C would end pytest before it says anything
        return (yield)


@pytest.hookimpl(tryfirst=True)  # before pytest tears an interrupted test down
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    load_session = session_of(session.config)
    with undisturbed():
        load_session.keep_interrupted()
        if exitstatus != pytest.ExitCode.USAGE_ERROR:  # then nothing ran
            interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
            reports.export(load_session, interrupted=interrupted)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    with undisturbed():
        reports.show(session_of(config), terminalreporter)
