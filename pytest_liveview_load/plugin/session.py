"""What this pytest process knows for the length of its session.

Law: one `LoadSession` per process, made before any test and found through
`session_of(config)`. Settings in it are checked; reports in it are final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_liveview_load.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_liveview_load.plugin.attempt import Attempt
    from pytest_liveview_load.plugin.server import AppUnderTest
    from pytest_liveview_load.plugin.server_desk import ServerDesk
    from pytest_liveview_load.plugin.settings import Given, Settings

NO_URL: Final = (
    "where is the app under test? Give its address in one of three ways: "
    "--liveview-url=http://localhost:4000 on the command line, "
    "PYTEST_LIVEVIEW_URL in the environment, or liveview_url in the ini file. "
    "Or let liveview_server start it, like liveview_server = mix phx.server."
)

SERVER_CHANNEL: Final = "liveview_server"  # in workerinput

ReportData = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class LoadSession:
    """Owns what outlives a single test.

    `app` is the app under test if it is ours to start. `reports` has the data of every
    run that was reported, by node id; `running` the test that runs now, whose runs are
    lost in an interruption unless they are rescued.
    """

    settings: Settings
    given: Mapping[str, Given]
    app: AppUnderTest | None = None
    desk: ServerDesk | None = None
    worker: str = ""
    reports: dict[str, list[ReportData]] = field(default_factory=dict)
    running: Attempt | None = None
    complaints: list[str] = field(default_factory=list)

    def url(self) -> str:
        """Return the app's address; starts the app if that is ours to do.

        Raises SettingError if nobody said where it is, and ServerFailed.
        """
        if self.app is not None:
            return self.app.url()
        if self.settings.url is None:
            raise SettingError(NO_URL)
        return self.settings.url

    def obituary(self) -> str:
        """Return how the app died and its last lines, "" if it lives or is not ours."""
        return self.app.obituary() if self.app is not None else ""

    def header(self) -> list[str]:
        """Return what pytest's header says of the settings, nothing if all are default."""
        settings = self.settings
        parts = [
            f"liveview_server {settings.server!r}" if settings.server else "",
            settings.url or "",
            f"scale {settings.scale:g}" if settings.scale != 1 else "",
        ]
        said = ", ".join(part for part in parts if part)
        return [f"liveview: {said}"] if said else []

    def equip_worker(self, node: Any) -> None:
        """Hand an xdist worker what was set, and a line to the one server."""
        from pytest_liveview_load.plugin.server import AppServer  # noqa: PLC0415
        from pytest_liveview_load.plugin.server_desk import ServerDesk  # noqa: PLC0415
        from pytest_liveview_load.plugin.settings import (  # noqa: PLC0415
            WORKERINPUT_KEY,
            for_workers,
        )

        node.workerinput[WORKERINPUT_KEY] = for_workers(self.given)
        if isinstance(self.app, AppServer):
            if self.desk is None:
                self.desk = ServerDesk(self.app)
            channel = node.gateway.newchannel()
            node.workerinput[SERVER_CHANNEL] = channel
            self.desk.serve(channel)

    def rescue(self) -> None:
        """Keep the runs of a test that was interrupted before it could report them."""
        if self.running is not None and self.running.reports:
            reports = [report.to_data() for report in self.running.reports]
            self.reports[self.running.item.nodeid] = reports


def open_session(config: pytest.Config) -> LoadSession:
    """Check the settings and return this process's session, kept in its stash.

    Raises SettingError. The server that it may start is stopped with the session.
    """
    from pytest_liveview_load.plugin.settings import (  # noqa: PLC0415
        check_writable,
        given_values,
        parse_settings,
    )

    values = given_values(config)
    settings = parse_settings(values)
    workerinput = getattr(config, "workerinput", None)
    session = LoadSession(settings=settings, given=values)
    if workerinput is not None:
        session.worker = workerinput["workerid"]
        channel = workerinput.get(SERVER_CHANNEL)
        if channel is not None:
            from pytest_liveview_load.plugin.server_desk import (  # noqa: PLC0415
                RemoteServer,
            )

            session.app = RemoteServer(channel, settings.server_timeout)
    else:
        if settings.json is not None:
            check_writable(settings.json)
        if settings.server is not None:
            from pytest_liveview_load.plugin.server import AppServer  # noqa: PLC0415

            server = AppServer(settings)
            session.app = server
            config.add_cleanup(server.stop)
    config.stash[session_key] = session
    return session


session_key = pytest.StashKey[LoadSession]()


def session_of(config: pytest.Config) -> LoadSession:
    """Return the session of this process."""
    return config.stash[session_key]
