"""Everything this package raises on purpose, and nothing else.

    LiveViewLoadError
    ├── ConfigurationError         what a person wrote: marker, budget, option, ini
    │   ├── UnitError              '200mss' is no duration
    │   ├── BudgetSyntaxError      'p95_mout < 200ms' is no budget
    │   ├── MarkerError            @load(users=0)
    │   ├── ScenarioError          a plain function, or one that takes no user
    │   ├── DataError              users.csv has no row, or fewer than users
    │   ├── CallError              a step without await, a key that no keyboard has
    │   ├── SyncError              a rendezvous of ten in a run of five
    │   ├── CrowdError             more users for a crowd that has ended
    │   ├── SettingError           --liveview-timeout=soon
    │   ├── LoadRefused            load on a host that is not in liveview_allow
    │   ├── TooFewFiles            more users than the process may open files for
    │   ├── RunnerError            a process that is to run users cannot
    │   ├── HostError              ssh=load1 does not answer, or has no lxml
    │   ├── PoolError              the pool boots no hosts, or too few of them
    │   └── ServerFailed           liveview_server died, or never answered
    ├── StepError                  a step of one user failed
    │   ├── ElementError           not found, ambiguous, disabled, without binding
    │   ├── UploadError            a file that cannot be read, or that the server refuses
    │   ├── StepTimeout            no answer within the step's timeout
    │   ├── RendezvousTimeout      too few were there in time
    │   ├── ViewCrashed            the server's view process died (phx_error)
    │   ├── JoinFailed             phx_join was refused for good
    │   ├── PageError              HTTP status 400 and above, or too many redirects
    │   ├── NotLiveView            a page without a live view
    │   ├── ConnectionFailed       nobody answers: DNS, refused, TLS
    │   │   └── WrongAddress       http:// to a TLS port; ends a run at its first user
    │   ├── ConnectionLost         the socket went away under a step
    │   └── ProtocolError          a frame or diff that is not LiveView
    ├── RunOver                    the run ended while a user waited for others
    ├── RunAborted                 a condition of load(abort=…) held
    ├── MessageError               what another process sent, or is sent, is no message
    ├── NoData                     reading what was not measured
    ├── BudgetExceeded             a verdict: at least one budget is not within
    ├── LoadFailed                 a verdict: users failed and no budget speaks of errors
    └── InvalidRun                 the generator could not keep its own time

Errors carry plain fields (text and numbers), never objects of upper layers. Their message
quotes what was given and says what to do. All but `MessageError` are exported.
"""

import re
from collections.abc import Sequence


class LiveViewLoadError(Exception):
    """Root of every error this package raises on purpose."""


# What a person wrote


class ConfigurationError(LiveViewLoadError):
    """A marker, budget, option or ini value cannot be used."""


class UnitError(ConfigurationError):
    """A quantity with its unit could not be read.

    `source` is what was given, `expected` what it should have been.
    """

    def __init__(self, source: object, expected: str) -> None:
        super().__init__(f"{source!r} is not {expected}")
        self.source = source
        self.expected = expected


class BudgetSyntaxError(ConfigurationError):
    """A budget, or the name of a measure, could not be parsed.

    `source` is what was given, `problem` what is wrong with it.
    """

    def __init__(self, source: object, problem: str) -> None:
        end = "" if problem.endswith("?") else "."
        super().__init__(
            f"{source!r} is not a budget: {problem}{end} "
            "Write it like 'p95_mount < 200ms'."
        )
        self.source = source
        self.problem = problem


class MarkerError(ConfigurationError):
    """An argument of @load or @budget cannot be used."""


class ScenarioError(ConfigurationError):
    """A function cannot be run as a scenario, here or in another process."""

    def __init__(self, scenario: str, problem: str) -> None:
        super().__init__(f"{scenario} is no scenario: {problem}")
        self.scenario = scenario
        self.problem = problem


class DataError(ConfigurationError):
    """The rows that users are to have cannot be read, or are too few.

    `source` is the file, or what else they come from.
    """

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source = source
        self.problem = problem


class SyncError(ConfigurationError):
    """A throttle, rendezvous or broadcast of several users cannot be as they ask.

    `asked` is the call that asked for it.
    """

    def __init__(self, asked: str, problem: str) -> None:
        super().__init__(f"{asked}: {problem}")
        self.asked = asked
        self.problem = problem


class CrowdError(ConfigurationError):
    """What was asked of a running crowd cannot be: it has ended, or is of another kind.

    `asked` is the call that asked for it.
    """

    def __init__(self, asked: str, problem: str) -> None:
        super().__init__(f"{asked}: {problem}")
        self.asked = asked
        self.problem = problem


class SettingError(ConfigurationError):
    """An option, environment variable or ini value cannot be used."""


class LoadRefused(ConfigurationError):
    """Load was asked for on a `host` that `liveview_allow` does not name."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"no load on {host!r} without your word: add liveview_allow = {host!r} to the "
            f"ini file or pass --liveview-allow={host} (wildcards work: *.staging.test)"
        )
        self.host = host


class CallError(ConfigurationError):
    """What a call `asked` for can never be: no `await`, no such key, hook or condition."""

    def __init__(self, asked: str, problem: str) -> None:
        super().__init__(f"{asked}: {problem}")
        self.asked = asked
        self.problem = problem


class RunnerError(ConfigurationError):
    """A run over several processes could not start; `runner` is which of them cannot."""

    def __init__(self, runner: str, problem: str) -> None:
        super().__init__(f"{runner} cannot carry its users: {problem}")
        self.runner = runner
        self.problem = problem


class HostError(ConfigurationError):
    """A host cannot run users; `spec` is how it was asked for, such as "ssh=load1"."""

    def __init__(self, spec: str, problem: str, advice: str = "") -> None:
        super().__init__(f"{spec}: {problem}{advice and f': {advice}'}")
        self.spec = spec
        self.problem = problem
        self.advice = advice


class PoolError(ConfigurationError):
    """The pool cannot give a run its hosts; `source` is the line that asks for them.

    Where a command has failed, `status` is its exit code and `last_line` what it said last.
    """

    def __init__(
        self,
        source: str,
        problem: str,
        *,
        status: int | None = None,
        last_line: str = "",
    ) -> None:
        super().__init__(f"liveview_pool, {source}: {problem}")
        self.source = source
        self.problem = problem
        self.status = status
        self.last_line = last_line


class ServerFailed(ConfigurationError):
    """The app under test, which `liveview_server` starts, died or never answered.

    `last_lines` is what it printed last.
    """

    def __init__(self, command: str, problem: str, last_lines: Sequence[str]) -> None:
        said = [f"  {line}" for line in last_lines] or ["  (it printed nothing)"]
        head = f"liveview_server {command!r} {problem}; its last lines:"
        super().__init__("\n".join([head, *said]))
        self.command = command
        self.problem = problem
        self.last_lines = tuple(last_lines)


class TooFewFiles(ConfigurationError):
    """The users of a load need more open files than this process may have.

    `needed` and `limit` are numbers of files.
    """

    def __init__(self, users: int, needed: int, limit: int) -> None:
        super().__init__(
            f"{users} users need about {needed} open files and this process may have "
            f"{limit}: raise the limit (ulimit -n {needed}) or run fewer users here"
        )
        self.users = users
        self.needed = needed
        self.limit = limit


# What happened to one user


# From its ? on, an address may say what nobody is to read: tokens.
QUERY = re.compile(r"\?[^\s\x22'<>]*?=[^\s\x22'<>]*?(?=[:;,.)\]…]*(?:[\s\x22'<>]|$))")


class StepError(LiveViewLoadError):
    """A step of one live user failed. Queries of addresses are left out of its text."""

    def __str__(self) -> str:
        return QUERY.sub("?…", super().__str__())


class ElementError(StepError):
    """The element of a step is missing, ambiguous, disabled or cannot be acted on.

    `candidates` are the nearest elements on the page.

    Example:
        async def test_a_misspelt_selector(live):
            await live.visit("/counter")
            with pytest.raises(ElementError, match="nearest on the page"):
                await live.click("#ink")
    """

    def __init__(
        self,
        selector: str,
        problem: str,
        *,
        advice: str = "",
        candidates: Sequence[str] = (),
        url: str = "",
    ) -> None:
        where = f" on {url}" if url else ""
        lines = [f"{selector} {problem}{where}{advice and f': {advice}'}"]
        if candidates:
            lines += ["nearest on the page:", *(f"  {each}" for each in candidates)]
        super().__init__("\n".join(lines))
        self.selector = selector
        self.problem = problem
        self.advice = advice
        self.candidates = tuple(candidates)
        self.url = url


class UploadError(StepError):
    """A file cannot be read, or the server or an uploader did not take it.

    `upload` is the name of the upload, `ref` the entry's number on the page (the whole
    upload's ref where the number of files is refused), `name` the file's (else ""), and
    `reason` the server's word: "too_large", "not_accepted", "too_many_files" …
    """

    def __init__(
        self, upload: str, reason: str, *, name: str = "", ref: str = ""
    ) -> None:
        file = f" for {name!r}" if name else ""
        advice = {
            "too_large": " (allow_upload's max_file_size)",
            "not_accepted": " (allow_upload's accept)",
            "too_many_files": " (allow_upload's max_entries)",
        }.get(reason, "")
        super().__init__(f"upload {upload!r} failed{file}: {reason}{advice}")
        self.upload = upload
        self.reason = reason
        self.name = name
        self.ref = ref


class StepTimeout(StepError):
    """A step was not done within its `timeout`, in seconds.

    `waiting_for` is what had not come: a reply, an element, a patch.
    """

    def __init__(self, step: str, timeout: float, waiting_for: str) -> None:
        super().__init__(
            f"{step} was not done within {timeout:g}s: still waiting for {waiting_for}. "
            "Every step takes timeout=…; --liveview-timeout sets the default."
        )
        self.step = step
        self.timeout = timeout
        self.waiting_for = waiting_for


class RendezvousTimeout(StepError):
    """Too few users were at a rendezvous when the `timeout` (seconds) of one was up.

    `present` are the ids of those who were there, with the one whose time it was;
    `missing` is how many more it needed, `absent` who of the run was elsewhere.
    """

    def __init__(
        self,
        name: str,
        timeout: float,
        *,
        present: Sequence[int],
        missing: int,
        absent: Sequence[int],
    ) -> None:
        elsewhere = f" (elsewhere: {_list_users(absent)})" if absent else ""
        super().__init__(
            f"rendezvous {name!r} was not whole within {timeout:g}s: there "
            f"{'was' if len(present) == 1 else 'were'} {_list_users(present)}, "
            f"and {missing} missing{elsewhere}. Give a longer timeout=…, or late='go' to "
            "go on with those who are there."
        )
        self.name = name
        self.timeout = timeout
        self.present = tuple(present)
        self.missing = missing
        self.absent = tuple(absent)


def _list_users(users: Sequence[int], most: int = 10) -> str:
    """Return 'user 7', or 'users 0, 1, 2 … 9 (500)' where there are many."""
    ids = sorted(users)
    if len(ids) == 1:
        return f"user {ids[0]}"
    if len(ids) <= most:
        return f"users {', '.join(map(str, ids))}"
    first = ", ".join(map(str, ids[: most - 1]))
    return f"users {first} … {ids[-1]} ({len(ids)})"


class ViewCrashed(StepError):
    """The view's process on the server died while it handled a step (`phx_error`)."""

    def __init__(self, view: str, step: str, reason: str) -> None:
        super().__init__(
            f"{view} crashed on the server during {step} ({reason}): "
            "the app's log has the exception"
        )
        self.view = view
        self.step = step
        self.reason = reason


class JoinFailed(StepError):
    """The server refused `phx_join`, and loading the page anew did not help."""

    def __init__(self, view: str, reason: str, advice: str = "") -> None:
        told = f"the server refused to join {view}: {reason}. {advice}"
        super().__init__(told.rstrip())
        self.view = view
        self.reason = reason
        self.advice = advice


class PageError(StepError):
    """A page answered with an HTTP `status` of 400 and above, or redirected without end."""

    def __init__(self, method: str, url: str, status: int, excerpt: str = "") -> None:
        tail = f": {excerpt}" if excerpt else ""
        super().__init__(f"{method} {url} answered HTTP {status}{tail}")
        self.method = method
        self.url = url
        self.status = status


class NotLiveView(StepError):
    """A step needs a LiveView, and the page at `url` has no `data-phx-main` element."""

    def __init__(self, url: str, step: str) -> None:
        super().__init__(
            f"{step} needs a live view, and {url} has none (no data-phx-main element): "
            "is it the right path, and is the user logged in?"
        )
        self.url = url
        self.step = step


class ConnectionFailed(StepError):
    """Nobody answers at `url`: its name, its port or TLS is at fault."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"cannot connect to {url}: {reason}")
        self.url = url
        self.reason = reason


class WrongAddress(ConnectionFailed, ConfigurationError):
    """No user reaches the app at `url`: of TLS, host or port, one is another there."""


class ConnectionLost(StepError):
    """The socket or the HTTP connection closed during a step."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"the connection was lost during {step}: {reason}")
        self.step = step
        self.reason = reason


class ProtocolError(StepError):
    """The server sent what is not LiveView's protocol.

    `frame` is the text of the frame, the diff or the payload.
    """

    def __init__(self, problem: str, frame: str) -> None:
        shown = (
            frame if len(frame) <= 200 else f"{frame[:200]}… ({len(frame)} characters)"
        )
        super().__init__(f"{problem}: {shown}")
        self.problem = problem
        self.frame = frame


# What a run came to


class RunOver(LiveViewLoadError):
    """The run ended while a user waited for others: no failure, and nothing is counted."""

    def __init__(self, waiting_for: str) -> None:
        super().__init__(f"the run ended while this user waited for {waiting_for}")
        self.waiting_for = waiting_for


class RunAborted(LiveViewLoadError):
    """A run was stopped early, because a condition of its `abort` held."""


class MessageError(LiveViewLoadError):
    """What came from another process, or is to go to one, cannot be read or written."""


class NoData(LiveViewLoadError):
    """A number was read that was not measured, or from too few samples.

    Example:
        async def test_what_nobody_did(load):
            result = await load.run(browse, users=20, iterations=1)
            with pytest.raises(NoData, match="needs 1000"):
                assert result.p99_9_mount
    """


class BudgetExceeded(LiveViewLoadError):
    """The load test failed: at least one budget is exceeded or has no data."""


class LoadFailed(LiveViewLoadError):
    """The load test failed: iterations did, and no budget on errors allows it."""


class InvalidRun(LiveViewLoadError):
    """The numbers cannot be believed: the load generator could not keep its own time.

    `causes` are sentences that say why, each on its own.
    """

    def __init__(self, message: str, causes: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.causes = tuple(causes)


class LiveViewVersionWarning(UserWarning):
    """The server's LiveView is not among those that the client is held to."""


class DevelopmentServerWarning(UserWarning):
    """The app reloads its code: its timings are not those of production."""
