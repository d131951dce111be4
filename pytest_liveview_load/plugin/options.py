"""The names under which a person sets something, and what was given under them.

A setting comes from the first of command line, environment and ini file that has it;
an empty option of the command line unsets it. An xdist worker reads what its controller
was given. Nothing is checked here but names, for this file is read at every start of
pytest, also by who has no load tests: it must cost little.
"""

import os
import shlex
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

import pytest

from pytest_liveview_load.errors import SettingError

WORKERINPUT_KEY: Final = "liveview_settings"

# Of pytest-liveview, another plugin: it sets this variable itself.
OTHERS_PLUGIN: Final = "liveview"
OTHERS_VARIABLE: Final = "PYTEST_LIVEVIEW_URL"


class Option(NamedTuple):
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
        return f"PYTEST_LIVEVIEW_LOAD_{self.name.upper()}"

    @property
    def former_variable(self) -> str:
        """What the environment variable was called at first."""
        return f"PYTEST_LIVEVIEW_{self.name.upper()}"

    @property
    def ini(self) -> str:
        """The name in the ini file, and of the option in pytest."""
        return f"liveview_{self.name}"


OPTIONS: Final = (
    Option(
        name="url",
        metavar="URL",
        help="where the app under test answers, like http://localhost:4000 or, below a path, "
        "https://shop.example.com/app; "
        "user:password@ before the host is sent as basic authentication",
    ),
    Option(
        name="server",
        metavar="COMMAND",
        help="shell command that starts the app under test; PORT is set, {port} and "
        "{python} are filled in. Started once, when a test first needs it, and stopped at the end",
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
        name="transport",
        metavar="NAME",
        help="what carries a page's socket: websocket (the default), longpoll, or auto, "
        "which polls where websockets are refused, as longPollFallbackMs does",
    ),
    Option(
        name="socket",
        metavar="PATH",
        help="path of the app's socket, as app.js gives it to new LiveSocket (default: /live, "
        "below the path of the url)",
    ),
    Option(
        name="connections",
        metavar="WHOSE",
        help="over whose connections pages are fetched: user (the default), each user's "
        "own, or shared, those of all users of a process",
    ),
    Option(
        name="max_body",
        metavar="SIZE",
        help="how large the body of an answer over HTTP may be, also when it is unpacked "
        "(default: 64MiB)",
    ),
    Option(
        name="headers",
        metavar="NAME: VALUE",
        many=True,
        help="header of every request and websocket to the app's own origin, one a line, "
        "and 'https://login.test Name: value' to another's; may be given repeatedly",
    ),
    Option(
        name="connect_params",
        metavar="PARAMS",
        many=True,
        help="what the app's LiveSocket gives as params beside the CSRF token: a JSON "
        "object, or key = value lines; may be given repeatedly",
    ),
    Option(
        name="verify",
        metavar="PATH",
        help="file or folder of the CA certificates to trust, or false to trust anybody "
        "(default: what this machine trusts)",
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
        help="event-loop lag and lateness (p99) above which a run is invalid, and so it "
        "is after one stop of 25 times as long (default: 20ms)",
    ),
    Option(
        name="hosts",
        metavar="SPECS",
        many=True,
        help="Pythons that carry the users of load tests, with xdist's workers if there are "
        "some: 'ssh=load1//python=python3.12, 2*popen', or any command, like "
        "'popen//python=docker run -i --rm img python3'. Opened when a load test needs them",
    ),
    Option(
        name="ship",
        metavar="BOOL",
        help="true where hosts have nothing but Python and pip: the plugin travels there "
        "with the tests, and what it needs is installed once (default: false)",
    ),
    Option(
        name="pool",
        metavar="KEY = VALUE",
        many=True,
        help="hosts that are booted while load tests need them, a line each of boot, stop "
        "(commands), min, max, users_per_host, boot_timeout, idle_shutdown, single_use, "
        "on_grow, on_shrink, orphan: boot's last line of output is a host, as in liveview_hosts",
    ),
    Option(
        name="json",
        metavar="PATH",
        help="write the outcome of every load test to this file as JSON",
    ),
)


class Given(NamedTuple):
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
    def texts(self) -> tuple[str, ...]:
        """Each text, if there may be several."""
        return (self.text,) if isinstance(self.text, str) else self.text

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        lines = [line.strip() for text in self.texts for line in text.splitlines()]
        return [each for each in lines if each]

    @property
    def words(self) -> tuple[str, ...]:
        """The separate words: a shell's quoting holds. Raises SettingError."""
        try:
            return tuple(word for text in self.texts for word in shlex.split(text))
        except ValueError as error:
            raise SettingError(f"{self.one!r}: {error}") from None


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
    """Return what was given of each setting, from the place that comes first.

    Raises SettingError for a variable under the name that it had.
    """
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        handed_over: Mapping[str, Any] = workerinput[WORKERINPUT_KEY]
        return {name: Given(*parts) for name, parts in handed_over.items()}
    for option in OPTIONS:
        check_renamed(option, config, environ)
    found = {option.name: first_given(option, config, environ) for option in OPTIONS}
    return {name: given for name, given in found.items() if given is not None}


def for_workers(values: Mapping[str, Given]) -> dict[str, tuple[Any, ...]]:
    """Return `values` as plain data, for xdist's workerinput."""
    return {name: tuple(each) for name, each in values.items()}


def check_renamed(
    option: Option, config: pytest.Config, environ: Mapping[str, str]
) -> None:
    """Raise SettingError for a variable that is set under its former name alone.

    To ignore it could put ten times the load on a server: that of a `scale` not heeded.
    """
    former = option.former_variable
    if not environ.get(former) or environ.get(option.variable):
        return
    if former == OTHERS_VARIABLE and config.pluginmanager.has_plugin(OTHERS_PLUGIN):
        return
    raise SettingError(
        f"the environment variable {former} is now called {option.variable}: rename it"
    )


def first_given(
    option: Option, config: pytest.Config, environ: Mapping[str, str]
) -> Given | None:
    """Return what was given of one option, None if nothing was, or it was unset."""
    invocation = str(config.invocation_params.dir)
    from_command_line = config.getoption(option.ini)
    if from_command_line is not None:
        given = Given(frozen(from_command_line), option.flag, invocation, 2)
        return given if given.lines else None
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
