"""What this pytest process knows for the length of its session.

There is one `LoadSession` per process, made before any test and found through
`session_of(config)`. What was set is checked before any test runs, and where nothing was
set nothing is imported for it. Reports in it are final.
"""

# ruff: noqa: PLC0415 (imports wait until they are needed)

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_liveview_load.errors import SettingError
from pytest_liveview_load.plugin.credentials import Credentials
from pytest_liveview_load.plugin.interrupts import Interrupts
from pytest_liveview_load.plugin.options import (
    WORKERINPUT_KEY,
    for_workers,
    given_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_liveview_load.plugin.controller import SessionController
    from pytest_liveview_load.plugin.data import PoolAsked
    from pytest_liveview_load.plugin.host_setup import SessionHosts
    from pytest_liveview_load.plugin.local_runs import LocalRuns
    from pytest_liveview_load.plugin.options import Given
    from pytest_liveview_load.plugin.server import AppServer, AppUnderTest
    from pytest_liveview_load.plugin.server_share import ServerShare
    from pytest_liveview_load.plugin.settings import Settings
    from pytest_liveview_load.reporting.report import Finding, LoadReport
    from pytest_liveview_load.xdist.controller import XdistWorkers
    from pytest_liveview_load.xdist.worker import LoadTestWorker

NO_URL: Final = (
    "where is the app under test? Give its address in one of three ways: "
    "--liveview-url=http://localhost:4000 on the command line, "
    "PYTEST_LIVEVIEW_LOAD_URL in the environment, or liveview_url in the ini file. "
    "Or let liveview_server start it, like liveview_server = mix phx.server."
)

INTERRUPTED: Final = "interrupted"
SERVER_CHANNEL: Final = "liveview_server"  # in workerinput


class LoadSession:
    """Owns what outlives a single test.

    `worker_id` is xdist's name of this process, "" in the controller; `worker` is this
    process's part in load tests if it is a worker, and `xdist_workers` are the workers,
    in their controller. `controller` has loads carried by several processes, once there
    are some. `app` is the app under test if it is ours to start. `reports` has
    every run that was reported, by node id, and `findings` what those came to together.
    `running` are the loads of the test that runs now: if it is interrupted,
    `keep_interrupted` saves them. `complaints` are shown at the end. `known_versions`
    are the releases of LiveView that this process has met and the client was never
    compared with, `warned` the kinds of warnings that were shown.
    `load_tests` are the node ids of those that this process runs, `pool` is what was
    asked of one. `interrupts` are the signals that end it,
    `credentials` what is hidden in all that is shown.
    """

    def __init__(self, given: Mapping[str, Given], worker_id: str = "") -> None:
        self.given = given
        self.worker_id = worker_id
        self.app: AppUnderTest | None = None
        self.running: LocalRuns | None = None
        self.xdist_workers: XdistWorkers | None = None
        self.worker: LoadTestWorker | None = None
        self.reports: dict[str, list[LoadReport]] = {}
        self.findings: dict[str, list[Finding]] = {}
        self.complaints: list[str] = []
        self.load_tests: tuple[str, ...] = ()
        self.pool: PoolAsked | None = None
        self.known_versions: set[str] = set()
        self.warned: set[str] = set()
        self.interrupts = Interrupts()
        self.credentials = Credentials()
        if "url" in given:
            self.credentials.learn(given["url"].one)
        self._server_share: ServerShare | None = None
        self.controller: SessionController | None = None

    @cached_property
    def settings(self) -> Settings:
        """What was set. Raises SettingError when it is first asked for."""
        from pytest_liveview_load.plugin.settings import parse_settings

        return parse_settings(self.given)

    def url(self) -> str:
        """Return the app's address; starts the app if that is ours to do.

        Raises SettingError if nobody said where it is, and ServerFailed.
        """
        if self.app is not None:
            return self.app.url()
        if self.settings.url is None:
            raise SettingError(NO_URL)
        return self.settings.url

    def authorization_for(self, url: str) -> tuple[tuple[str, str], ...]:
        """Return the headers of basic authentication, if `url` was given with a user."""
        return self.settings.authorization if url == self.settings.url else ()

    def crash_report(self) -> str:
        """Return how the app died and its last lines, "" if it lives or is not ours."""
        return self.app.crash_report() if self.app is not None else ""

    def header(self) -> list[str]:
        """Return what pytest's header says of the settings, nothing if all are default."""
        if not self.given:
            return []
        from pytest_liveview_load.liveview.client.tls import ignored_proxy

        settings = self.settings
        hosts = ", ".join(each.name for each in settings.hosts)
        proxy = ignored_proxy(settings.url) if settings.url else ""
        parts = [
            f"liveview_server {settings.server!r}" if settings.server else "",
            settings.url or "",
            f"scale {settings.scale:g}" if settings.scale != 1 else "",
            f"hosts {hosts}" if hosts else "",
            f"{proxy} is not used" if proxy else "",
        ]
        said = ", ".join(part for part in parts if part)
        return [f"liveview: {said}"] if said else []

    def keep_interrupted(self) -> None:
        """Keep the runs of a test that was interrupted before it could report them."""
        for name in dict.fromkeys(self.interrupts.heard):
            self.complaints.append(f"{name} has ended the session")
        if self.controller is not None:
            test, runs = self.controller.call_off(INTERRUPTED)
            if runs:
                self.reports[test] = runs
                self.findings[test] = []
        if self.running is None:
            return
        self.running.keep_unfinished()
        if self.running.reports:
            self.reports[self.running.test] = self.running.reports
            self.findings[self.running.test] = self.running.findings

    def hear_endings(self) -> None:
        """Hear what ends the session, for a test begins; a worker's runs others show."""
        if not self.worker_id:
            self.interrupts.hear()

    # Several processes

    @property
    def has_hosts(self) -> bool:
        """Whether hosts carry load tests, with workers or without."""
        has_specs = "hosts" in self.given and bool(self.settings.hosts)
        return has_specs or self.pool is not None

    @property
    def leads_hosts(self) -> bool:
        """Whether this process leads load tests that hosts carry, for lack of workers."""
        return self.has_hosts and not self.worker_id

    def open_controller(self, config: pytest.Config) -> SessionController:
        """Return who has loads carried by several processes, until the session ends."""
        if self.controller is None:
            from pytest_liveview_load.plugin.controller import SessionController
            from pytest_liveview_load.plugin.progress_display import ProgressDisplay

            self.controller = SessionController(
                ProgressDisplay.of(config),
                partial(self._hosts, config) if self.has_hosts else None,
                on_begin=self.hear_endings,
            )
            config.add_cleanup(self.controller.close)
        return self.controller

    def _hosts(self, config: pytest.Config) -> SessionHosts:
        """Return the hosts that were asked for, once load tests are collected."""
        from pytest_liveview_load.plugin.host_setup import SessionHosts

        workers = self.xdist_workers
        return SessionHosts(
            specs=self.settings.hosts,
            pool_asked=self.pool,
            tests=self.load_tests if workers is None else workers.tests,
            ships=self.settings.ship,
            rootdir=config.rootpath,
            import_mode=config.getoption("importmode"),
            ignored=config.getini("norecursedirs"),
            show=self.open_controller(config).show,
            complain=self.complaints.append,
        )

    def close_controller(self) -> None:
        """End the hosts and whatever else carries loads, if there is any."""
        if self.controller is not None:
            self.controller.close()

    # The app, for this process and for xdist's workers

    def use_server(self, server: AppServer, config: pytest.Config) -> None:
        """Take a server that this process may start and will stop."""
        from pytest_liveview_load.plugin.server_share import ServerShare

        self.app = server
        self._server_share = ServerShare(server)
        config.add_cleanup(server.stop)

    def prepare_worker(self, node: Any) -> None:
        """Hand an xdist worker what was set, its handle, and a line to the one server."""
        if self.xdist_workers is None:
            from pytest_liveview_load.xdist.controller import XdistWorkers

            controller = self.open_controller(node.config)
            self.xdist_workers = XdistWorkers(controller, self.complaints)
        self.xdist_workers.prepare_worker(node)
        node.workerinput[WORKERINPUT_KEY] = for_workers(self.given)
        if self._server_share is not None:
            channel = node.gateway.newchannel()
            node.workerinput[SERVER_CHANNEL] = channel
            self._server_share.serve(channel)

    def join_controller(self, workerinput: Mapping[str, Any]) -> None:
        """Take the line to the server that the controller owns, if there is one."""
        channel = workerinput.get(SERVER_CHANNEL)
        if channel is not None:
            from pytest_liveview_load.plugin.server_share import RemoteServer

            self.app = RemoteServer(channel, self.settings.server_timeout)


session_key = pytest.StashKey[LoadSession]()


def session_of(config: pytest.Config) -> LoadSession:
    """Return the session of this process."""
    return config.stash[session_key]


def open_session(config: pytest.Config) -> LoadSession:
    """Check what was set and return this process's session, kept in its stash.

    Raises SettingError.
    """
    workerinput = getattr(config, "workerinput", None)
    worker = workerinput["workerid"] if workerinput else ""
    session = LoadSession(given_values(config), worker)
    config.stash[session_key] = session
    config.add_cleanup(session.interrupts.restore)
    if workerinput:
        session.join_controller(workerinput)
        return session
    if session.given:
        prepare(session, config)
    if "pool" in session.given or provides_hosts(config):
        from pytest_liveview_load.plugin.data import asked_pool

        session.pool = asked_pool(config, session.given.get("pool"))
    return session


def provides_hosts(config: pytest.Config) -> bool:
    """Return whether anybody may have a provider of hosts."""
    return bool(config.hook.pytest_liveview_load_provide_host.get_hookimpls())


def prepare(session: LoadSession, config: pytest.Config) -> None:
    """Check all that was set, in the process that was asked. Raises SettingError."""
    from pytest_liveview_load.plugin.settings import check_writable, named

    settings = session.settings
    if settings.json is not None:
        with named(session.given["json"].place):
            check_writable(settings.json)
    if settings.server is not None:
        from pytest_liveview_load.plugin.server import AppServer

        session.use_server(AppServer(settings), config)
