"""What a person may set, where from, and what it means.

Law: each setting is read once, command line before environment before ini file, and a
`Settings` exists only when every value is good: what cannot be used is a `SettingError`
that names the place it came from. An xdist worker reads what its controller was given.
"""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import pytest

from pytest_liveview_load.errors import SettingError, UnitError
from pytest_liveview_load.plugin.address import parse_url
from pytest_liveview_load.units import parse_duration

WORKERINPUT_KEY: Final = "liveview_settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting's names and words; `many` says that it may be given repeatedly."""

    name: str
    help: str
    metavar: str
    many: bool = False

    @property
    def flag(self) -> str:
        """The option of the command line."""
        return f"--liveview-{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"PYTEST_LIVEVIEW_{self.name.upper()}"

    @property
    def ini(self) -> str:
        """The name in the ini file, and of the option in pytest."""
        return f"liveview_{self.name}"


OPTIONS: Final = (
    Option(
        name="url",
        metavar="URL",
        help="where the app under test answers, like http://localhost:4000",
    ),
    Option(
        name="server",
        metavar="COMMAND",
        help="shell command that starts the app under test; PORT is set and {port} is "
        "filled in. Started once, when a test first needs it, and stopped at the end",
    ),
    Option(
        name="server_env",
        metavar="NAME=VALUE",
        many=True,
        help="environment variable of the server; may be given repeatedly",
    ),
    Option(
        name="server_cwd",
        metavar="DIR",
        help="directory in which the server starts (default: that of the ini file)",
    ),
    Option(
        name="server_timeout",
        metavar="DURATION",
        help="how long the server may take until it answers (default: 60s)",
    ),
    Option(
        name="timeout",
        metavar="DURATION",
        help="how long a step waits for its answer (default: 10s)",
    ),
    Option(
        name="scale",
        metavar="FACTOR",
        help="shrink every load by this factor, 0.1 for a tenth of the users "
        "(default: 1)",
    ),
    Option(
        name="allow",
        metavar="HOST",
        many=True,
        help="host other than this machine that may be put under load; wildcards work, "
        "and it may be given repeatedly",
    ),
    Option(
        name="max_lag",
        metavar="DURATION",
        help="event-loop lag and lateness (p99) above which a run is invalid "
        "(default: 20ms)",
    ),
    Option(
        name="json",
        metavar="PATH",
        help="write the outcome of every load test to this file as JSON",
    ),
)


@dataclass(frozen=True, slots=True)
class Given:
    """A value as a person gave it: the text, the place, and the folder it is relative to.

    `rank` orders the places: the ini file is 0, the environment 1, the command line 2.
    """

    text: str | tuple[str, ...]
    place: str
    folder: str
    rank: int

    @property
    def one(self) -> str:
        """The text, if it can only be one."""
        return self.text if isinstance(self.text, str) else " ".join(self.text)

    @property
    def words(self) -> tuple[str, ...]:
        """Return the separate words: a shell's quoting holds, commas separate too."""
        lines = (self.text,) if isinstance(self.text, str) else self.text
        try:
            words = [word for line in lines for word in shlex.split(line)]
        except ValueError as error:
            raise SettingError(f"{self.place} = {self.one!r}: {error}") from None
        return tuple(words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that was set, checked. Durations are seconds."""

    url: str | None = None
    server: str | None = None
    server_env: Mapping[str, str]
    server_cwd: Path
    server_timeout: float = 60.0
    timeout: float = 10.0
    scale: float = 1.0
    allow: tuple[str, ...] = ()
    max_lag: float = 0.02
    json: Path | None = None


# Declaring


def add_options(parser: pytest.Parser) -> None:
    """Declare the command line's options and the ini file's names."""
    group = parser.getgroup("liveview", "load tests for Phoenix LiveView")
    for option in OPTIONS:
        group.addoption(
            option.flag,
            dest=option.ini,
            metavar=option.metavar,
            action="append" if option.many else "store",
            default=None,
            help=f"{option.help}. Also {option.variable} and ini {option.ini}.",
        )
        kind: Literal["linelist", "string"] = "linelist" if option.many else "string"
        parser.addini(option.ini, help=f"{option.help}.", type=kind, default=None)


# Reading


def given_values(
    config: pytest.Config, environ: Mapping[str, str] = os.environ
) -> dict[str, Given]:
    """Return what was given of each setting, from the place that comes first."""
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        handed_over: Mapping[str, Any] = workerinput[WORKERINPUT_KEY]
        return {name: Given(*parts) for name, parts in handed_over.items()}
    found = {option.name: first_given(option, config, environ) for option in OPTIONS}
    return {name: given for name, given in found.items() if given is not None}


def for_workers(values: Mapping[str, Given]) -> dict[str, tuple[Any, ...]]:
    """Return `values` as plain data, for xdist's workerinput."""
    return {
        name: (each.text, each.place, each.folder, each.rank)
        for name, each in values.items()
    }


def parse_settings(values: Mapping[str, Given]) -> Settings:
    """Check every value. Raises SettingError, which names the first bad one."""
    url, server = values.get("url"), values.get("server")
    if url and server and url.rank > server.rank:
        # `--liveview-url=https://staging.test` on a project whose ini starts a server:
        # the address given nearer to the person means that the app is up already.
        server = None
    return Settings(
        url=parse_url(url.one, url.place) if url else None,
        server=server.one if server else None,
        server_env=parse_environment(values.get("server_env")),
        server_cwd=parse_folder(values.get("server_cwd"), server),
        server_timeout=parse_positive_duration(values.get("server_timeout"), 60.0),
        timeout=parse_positive_duration(values.get("timeout"), 10.0),
        scale=parse_scale(values.get("scale")),
        allow=parse_hosts(values.get("allow")),
        max_lag=parse_positive_duration(values.get("max_lag"), 0.02),
        json=parse_path(values.get("json")),
    )


def first_given(
    option: Option, config: pytest.Config, environ: Mapping[str, str]
) -> Given | None:
    """Return what was given of one option, None if nothing was."""
    invocation = str(config.invocation_params.dir)
    from_command_line = config.getoption(option.ini)
    if from_command_line is not None:
        return Given(frozen(from_command_line), option.flag, invocation, 2)
    if environ.get(option.variable):
        return Given(environ[option.variable], option.variable, invocation, 1)
    from_ini = config.getini(option.ini)
    if from_ini:
        home = config.inipath.parent if config.inipath else config.rootpath
        return Given(frozen(from_ini), option.ini, str(home), 0)
    return None


def frozen(value: str | list[str]) -> str | tuple[str, ...]:
    """Return the value as a Given keeps it."""
    return value if isinstance(value, str) else tuple(value)


# Checking


def parse_positive_duration(given: Given | None, default: float) -> float:
    """Return seconds. Raises SettingError."""
    if given is None:
        return default
    try:
        seconds = parse_duration(given.one)
    except UnitError as error:
        raise SettingError(f"{given.place}: {error}") from None
    if seconds == 0:
        raise SettingError(f"{given.place}: {given.one!r} must be more than nothing")
    return seconds


def parse_scale(given: Given | None) -> float:
    """Return the factor, above 0 and at most 1. Raises SettingError."""
    if given is None:
        return 1.0
    try:
        factor = float(given.one)
    except ValueError:
        factor = -1.0
    if not 0 < factor <= 1:  # neither is nan
        raise SettingError(
            f"{given.place}: {given.one!r} is not a factor above 0 and up to 1, like 0.1"
        )
    return factor


def parse_environment(given: Given | None) -> dict[str, str]:
    """Return the variables by name. Raises SettingError."""
    environment: dict[str, str] = {}
    for word in given.words if given else ():
        name, equals, value = word.partition("=")
        if not (name and equals):
            assert given is not None
            raise SettingError(
                f"{given.place}: {word!r} is not NAME=VALUE, like MIX_ENV=test"
            )
        environment[name] = value
    return environment


def parse_hosts(given: Given | None) -> tuple[str, ...]:
    """Return patterns of hosts in lower case. Raises SettingError."""
    hosts = [
        host
        for word in (given.words if given else ())
        for host in word.split(",")
        if host
    ]
    for host in hosts:
        if "/" in host or (":" in host and not host.startswith("[")):
            assert given is not None
            raise SettingError(
                f"{given.place}: {host!r} is not a host: give the name alone, without "
                "scheme, port or path, like staging.example.com or *.staging.test"
            )
    return tuple(host.lower().strip("[]") for host in hosts)


def parse_folder(given: Given | None, server: Given | None) -> Path:
    """Return a folder that exists. Raises SettingError."""
    if given is None:
        return Path(server.folder if server else ".")
    folder = parse_path(given)
    assert folder is not None
    if not folder.is_dir():
        raise SettingError(
            f"{given.place}: {given.one!r} is not a directory ({folder})"
        )
    return folder


def parse_path(given: Given | None) -> Path | None:
    """Return the path, relative to the folder where it was given."""
    if given is None:
        return None
    return Path(given.folder, Path(given.one).expanduser())


def check_writable(path: Path) -> None:
    """Raise SettingError unless `path` can be written; leaves nothing behind."""
    existed = path.exists()
    try:
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise SettingError(
            f"--liveview-json: cannot write {str(path)!r}: {error.strerror}"
        ) from None
    if not existed:
        path.unlink()
