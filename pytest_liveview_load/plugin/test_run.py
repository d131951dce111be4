"""One attempt at a test that asked for `live` or `load`: its body, and its verdict.

Everything happens in the test's own task, on whatever loop it was given, so that the
test's other fixtures work as ever; a connection opened here is closed before the test
ends. What a test's author sees of a failure is their own lines.
"""

# ruff: noqa: PLC0415 (imports wait until they are needed)

import asyncio
import contextlib
import dataclasses
import functools
import inspect
import time
import zlib
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, NoReturn

import pytest

from pytest_liveview_load.class_mix import resolve_methods
from pytest_liveview_load.crowd.data import UserRows
from pytest_liveview_load.crowd.live_user import LiveUser, SingleUserRun
from pytest_liveview_load.crowd.mix import ScenarioMix
from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.crowd.tracebacks import prune
from pytest_liveview_load.crowd.unawaited import unawaited
from pytest_liveview_load.errors import (
    CrowdError,
    InvalidRun,
    MarkerError,
    RunAborted,
    StepError,
)
from pytest_liveview_load.liveview.protocol.versions import DEVELOPMENT
from pytest_liveview_load.liveview.user.steps import check_hooks
from pytest_liveview_load.load_context import LoadContext
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.plugin.collection import LIVE, LOAD, asks_for, plan_of
from pytest_liveview_load.plugin.data import DataSources
from pytest_liveview_load.plugin.local_runs import LocalRuns
from pytest_liveview_load.plugin.outcome import verdict
from pytest_liveview_load.plugin.progress_display import ProgressDisplay
from pytest_liveview_load.plugin.session import session_of
from pytest_liveview_load.plugin.settings import authorization, named, parse_url
from pytest_liveview_load.plugin.timeouts import timed
from pytest_liveview_load.plugin.version_guard import KINDS, new_warnings
from pytest_liveview_load.reporting.progress import RunLines
from pytest_liveview_load.reporting.report import LoadReport


class LivePlaceholder:
    """What fixtures see as `live` of a load test: each virtual user gets its own later."""

    def __init__(self, test: str) -> None:
        self._test = test

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # pytest and pdb look around
            raise AttributeError(name)
        raise MarkerError(
            f"a fixture of {self._test} uses live.{name}, but under @load every virtual "
            "user has a `live` of its own, and fixtures are made once, before any: make "
            "it a function that takes a live user, and give it as load(setup=…)"
        )

    def __repr__(self) -> str:
        return f"<one live user per virtual user of {self._test}>"


# The event loop of a test that no async plugin claims.


def run_test(item: pytest.Function) -> bool | None:
    """Run a test whose function is still async, that is: nobody else claimed it.

    None if it is not ours to run.
    """
    function = item.obj
    if not inspect.iscoroutinefunction(function):
        return None
    arguments = {
        name: item.funcargs[name]
        for name, parameter in inspect.signature(function).parameters.items()
        if name in item.funcargs and parameter.default is parameter.empty
    }
    run(function(**arguments))
    return True


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine to its end, on a loop of its own."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(work)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the fastest loop there is; None leaves it to asyncio."""
    try:
        import uvloop  # costs 10 ms, and is not everywhere
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def require_no_loop(test: str) -> None:
    """Raise MarkerError if the test runs already: then it is too late for `live`."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    message = (
        f"{test} asks for `live` or `load` while it runs (getfixturevalue): make it a "
        f"parameter, `async def {test}(live)`"
    )
    raise MarkerError(message)


def require_asyncio(test: str) -> None:
    """Raise MarkerError unless asyncio runs the current test."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        message = (
            f"{test} runs on another backend than asyncio, which `live` and `load` need: "
            "give the test an anyio_backend fixture that returns 'asyncio', or leave its "
            "anyio or trio marker out (none is needed)"
        )
        raise MarkerError(message) from None


Body = Callable[..., Coroutine[Any, Any, object]]

clock = time.perf_counter
ONE_USER = Profile()


class LiveTestRun:
    """Owns what one attempt at a test opens, measures and reports.

    A test with a profile that does not ask for `load` is itself the scenario; any other
    is a body that runs once, with one user, and may conduct loads.
    """

    def __init__(
        self, item: pytest.Function, url: str, fixture: Callable[[str], Any]
    ) -> None:
        session = session_of(item.config)
        self.item = item
        self.session = session
        self.plan = plan_of(item)
        self.is_scenario = self.plan.run_plan is not None and not asks_for(item, LOAD)
        self.seed = zlib.crc32(item.nodeid.encode())  # the same each time
        with named("the fixture liveview_url"):
            address = parse_url(url)
        self.sources = DataSources(item, fixture)
        self.runs = runs_of(
            item,
            test=item.nodeid,
            url=address,
            settings=session.settings,
            authorization=authorization(url) or session.authorization_for(address),
            budgets=self.plan.budgets,
            seed=self.seed,
            lines=RunLines(ProgressDisplay.of(item.config)),
            sources=self.sources,
            hide=session.credentials.hide,
        )
        self.network = self.runs.network()
        self.recorder = Recorder(clock)
        self.user: LiveUser | None = None
        self.context: LoadContext | None = None

    # What the fixtures hand out

    def live(self) -> LiveUser | LivePlaceholder:
        """Return what the test gets as `live`."""
        if self.is_scenario:
            return LivePlaceholder(self.item.name)
        if self.user is None:
            self.user = LiveUser(
                self.network,
                self.recorder,
                id=0,
                rng=Random(f"{self.seed}/0"),  # as user 0 of a crowd
                run=SingleUserRun(self.user_rows),
            )
        return self.user

    def user_rows(self) -> UserRows | None:
        """Return who hands out rows to the user that is alone. Raises DataError."""
        plan = self.run_plan()
        rows = self.sources.rows_of(plan)
        alone = dataclasses.replace(plan, data=rows, profile=ONE_USER)
        return alone.user_rows(self.seed)

    def run_plan(self) -> RunPlan:
        """Return what the test's `@load` says, with the methods that it names."""
        return resolve_methods(self.plan.run_plan or RunPlan(), self.item.instance)

    def load(self) -> LoadContext:
        """Return what the test gets as `load`."""
        self.context = LoadContext(self.runs, self.run_plan())
        return self.context

    # The body

    def wrapped(self, function: Body) -> Body:
        """Return the test that pytest, or an async plugin, is to run for `function`."""

        @functools.wraps(function)
        async def test(**arguments: Any) -> None:
            require_asyncio(self.item.name)
            try:
                async with timed(self.item), self.runs.open():
                    with self.session.interrupts.cancelling():
                        await self.carry_out(function, arguments)
            except Exception as error:
                self.make_readable(error)
                with contextlib.suppress(*KINDS.values()):
                    self.check_versions()
                raise
            self.check_versions()

        return test

    def check_versions(self) -> None:
        """Learn who answered, and raise what is to be warned of if filters say so."""
        # Who measures nothing may well use a server that reloads code.
        unmeasured = set() if self.runs.reports else {DEVELOPMENT}
        met = self.runs.versions - unmeasured
        self.runs.warnings = new_warnings(met, self.session.known_versions)

    async def carry_out(self, function: Body, arguments: dict[str, Any]) -> None:
        """Run the test, and leave nothing running however it ends."""
        try:
            if self.is_scenario:
                await self.run_crowd(function, arguments)
            else:
                await self.run_once(function, arguments)
        except GeneratorExit:  # the loop has dropped us: nothing can be awaited
            raise
        except BaseException as error:
            await self.runs.cut_crowds(ended_with(error))
            if isinstance(
                error, CrowdError
            ):  # perhaps since a lost worker ended the run
                self.judge_validity(error)
            raise

    async def run_crowd(self, function: Body, arguments: dict[str, Any]) -> None:
        """Let each user of a crowd do what the test's body says, and judge the run."""
        params = {name: value for name, value in arguments.items() if name != LIVE}
        plan = self.run_plan()
        scenario_mix = ScenarioMix.of(
            plan.mix or function,
            params,
            "" if plan.mix else self.item.originalname,
            setup=plan.setup,
            teardown=plan.teardown,
        )
        plan = dataclasses.replace(plan, scenario_mix=scenario_mix)
        crowd = await self.runs.begin(plan, "")
        with contextlib.suppress(InvalidRun, RunAborted):  # the report says so
            await crowd.carried_out()
        self.judge()

    async def run_once(self, function: Body, arguments: dict[str, Any]) -> None:
        """Run the test's body with one user, and judge what was measured."""
        began = clock()
        async with self.network:
            try:
                with unawaited.watched([function]):
                    try:
                        await function(**arguments)
                    except Exception:
                        unawaited.check()  # which may well be why it failed
                        raise
                    unawaited.check()
                if self.user is not None:
                    check_hooks(self.user)
                await self.runs.end_crowds()
                if self.context is not None:
                    self.context.check_started()
            finally:
                ended = clock()
                if self.user is not None:
                    await self.user.close()
        if self.plan.budgets and not asks_for(self.item, LOAD):
            self.recorder.timing("iteration", began, ended)
            self.recorder.count("iterations", ended)
            self.recorder.gauge_users(1)
            report = LoadReport.of(
                test=self.item.nodeid,
                run="",
                profile=None,
                snapshot=self.recorder.snapshot(ended),
                budgets=self.plan.budgets,
                notes=self.runs.notes,
            )
            self.runs.reports.append(report)
        self.judge()

    def judge(self) -> None:
        """Raise what the runs came to, if that is not good."""
        failed = verdict(self.runs.reports, self.plan.budgets)
        if self.runs.aborted and not isinstance(failed, InvalidRun):
            failed = RunAborted("\n".join(self.runs.aborted))
        if failed is not None:
            crash_report = self.session.crash_report()
            raise type(failed)(f"{failed}\n{crash_report}") if crash_report else failed

    def judge_validity(self, error: CrowdError) -> None:
        """Raise InvalidRun, from what it led to, if a run of the test is invalid."""
        failed = verdict(self.runs.reports, ())
        if isinstance(failed, InvalidRun):
            raise InvalidRun(f"{error}\n{failed}", failed.causes) from error

    def make_readable(self, error: Exception) -> None:
        """Turn the error into what the test's author wants to see: their frames only."""
        if isinstance(error, StepError | InvalidRun | RunAborted):
            crash_report = self.session.crash_report()
            if crash_report:
                error.add_note(crash_report)
        if not self.item.config.getoption("fulltrace"):
            prune(error)


def runs_of(item: pytest.Function, **arguments: Any) -> LocalRuns:
    """Return who carries out the loads of a test: this process, or those whom it leads."""
    session = session_of(item.config)
    worker = session.worker
    leads_workers = worker is not None and worker.leads
    is_load_test = item.get_closest_marker(LOAD) is not None
    if not leads_workers and not (session.leads_hosts and is_load_test):
        return LocalRuns(**arguments)
    # What several processes need, which one does without.
    from pytest_liveview_load.plugin.remote_runs import RemoteRuns

    if worker is not None:
        return RemoteRuns(channel=worker.link, **arguments)
    session.load_tests = tuple(
        each.nodeid for each in item.session.items if each.get_closest_marker(LOAD)
    )
    controller = session.open_controller(item.config)
    return RemoteRuns(
        channel=controller.channel_for_this_process(),
        on_test_over=controller.test_is_over,
        **arguments,
    )


def ended_with(error: BaseException) -> str:
    """Return why a run is cut short if its test ends with `error`."""
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return "interrupted"
    return f"the test ended with {type(error).__name__}"
