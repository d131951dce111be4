"""The pool's hosts for the runs that need them: booted, opened, and stopped.

`policy.PoolPolicy` decides what is to be done; here it is done, in the controller's event
loop. A run gets either all its hosts or one PoolError that says why.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_liveview_load.errors import HostError, PoolError
from pytest_liveview_load.hosts.host import HostLink
from pytest_liveview_load.hosts.hosts import Hosts
from pytest_liveview_load.hosts.specs import ORPHAN, fields_of
from pytest_liveview_load.pool.booter_client import ENDED, BooterClient, Provider
from pytest_liveview_load.pool.policy import Action, BootHost, HostPhase, PoolPolicy
from pytest_liveview_load.pool.settings import PoolSettings
from pytest_liveview_load.units import Clock, format_duration

TICK: Final = 0.25  # seconds
# How many hosts there will be, for on_grow and on_shrink.
COUNT_VARIABLE: Final = "LIVEVIEW_POOL_HOSTS"
# Seconds until all hosts are stopped at the end: a stop may take 60 s, and 5 s to be ended.
STOP_ALL_TIMEOUT: Final = 90.0
EXIT_TIMEOUT: Final = 1.0  # seconds for a process whose output has ended to end
LINK_GONE: Final = "its link is gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHost:
    """A host of a run. `booted_in` is None if it was up before: seconds, else."""

    name: str
    spec: str
    link: HostLink
    booted_in: float | None


@dataclass(eq=False)
class HostPool:
    """Owns the pool, and the booter once something is to be booted.

    `show` gets what a person who waits wants to know, `complain` what has gone wrong
    without harm to a run. All but `close` is for one event loop.
    """

    settings: PoolSettings
    hosts: Hosts
    provider: Provider | None = field(default=None, kw_only=True)
    show: Callable[[str], object] = field(default=lambda _: None, kw_only=True)
    complain: Callable[[str], object] = field(default=lambda _: None, kw_only=True)
    clock: Clock = field(default=time.perf_counter, kw_only=True)

    def __post_init__(self) -> None:
        prefix = f"liveview-{uuid.uuid4().hex[:6]}"
        self.policy = PoolPolicy(self.settings.plan, prefix)
        self.booter: BooterClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, asyncio.Future[None]] = {}  # by run
        self._asked: dict[str, float] = {}  # when each host was
        self._specs: dict[str, str] = {}
        self._links: dict[str, HostLink] = {}
        self._took: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def acquire(self, run: str, users: int) -> tuple[RunHost, ...]:
        """Return the hosts of a run, once they are up. Raises PoolError."""
        began = self.clock()
        self._start()
        ready = self._waiting[run] = asyncio.get_running_loop().create_future()
        try:
            self._carry_out(self.policy.request(began, run, users))
            await ready
        except BaseException:
            self.release(run)
            raise
        finally:
            del self._waiting[run]
        return tuple(self._acquired(run, began))

    def release(self, run: str) -> None:
        """A run is over."""
        self._carry_out(self.policy.release(self.clock(), run))

    def close(self) -> None:
        """Stop all hosts and wait for that, but not for ever. From any thread."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.booter is not None and not self.booter.close(STOP_ALL_TIMEOUT):
            self.complain(
                "liveview_pool: not all hosts have been stopped within "
                f"{format_duration(STOP_ALL_TIMEOUT)}; process {self.booter.pid} goes on with that"
            )

    def _acquired(self, run: str, began: float) -> Iterator[RunHost]:
        for name in self.policy.hosts_of(run):
            is_new = self._asked[name] + self._took[name] > began
            yield RunHost(
                name=name,
                spec=self._specs[name],
                link=self._links[name],
                booted_in=self._took[name] if is_new else None,
            )

    # Actions of the policy

    def _start(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._run_in_background(self._tick_forever())
            self.booter = self._new_booter()

    def _new_booter(self) -> BooterClient:
        return BooterClient(self.settings, self._on_message, provider=self.provider)

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            for name, link in list(self._links.items()):
                if link.is_gone:
                    self._fail(name, PoolError(self._source, f"{name}: {LINK_GONE}"))
            self._carry_out(self.policy.tick(self.clock()))
            if self._waiting:
                self.show(self._state())

    def _state(self) -> str:
        hosts, now = self.policy.hosts.values(), self.clock()
        booting = [each.name for each in hosts if each.phase is HostPhase.BOOTING]
        first = min((self._asked[each] for each in booting), default=now)
        return (
            f"booting {len(booting)} hosts, {len(self._links)} are up "
            f"({format_duration(now - first)})"
        )

    def _carry_out(self, actions: list[Action]) -> None:
        boots = [each.name for each in actions if isinstance(each, BootHost)]
        stops = [each.name for each in actions if not isinstance(each, BootHost)]
        for changed, command in (
            (boots, self.settings.on_grow),
            (stops, self.settings.on_shrink),
        ):
            if changed and command:
                variables = {COUNT_VARIABLE: str(self._count())}
                self._running_booter.run(command, variables)
        for name in boots:
            self._asked[name] = self.clock()
            self._running_booter.boot(name)
        for name in stops:
            self._links.pop(name, None)
            self._run_in_background(self._stop(name))
        self._resolve_waiting()

    @property
    def _running_booter(self) -> BooterClient:
        assert self.booter is not None
        return self.booter

    def _count(self) -> int:
        standing = (HostPhase.BOOTING, HostPhase.UP)
        return sum(each.phase in standing for each in self.policy.hosts.values())

    async def _stop(self, name: str) -> None:
        """Let a host's process end by itself, then the host."""
        with suppress(Exception):
            await self.hosts.close(name)
        self._running_booter.stop(name)

    def _resolve_waiting(self) -> None:
        for run, ready in list(self._waiting.items()):
            if ready.done():
                continue
            if run in self.policy.problems:
                ready.set_exception(self.policy.problems[run])
            elif self.policy.is_ready(run):
                self.policy.started(run)
                ready.set_result(None)

    # Messages of the booter

    def _on_message(self, message: tuple[Any, ...]) -> None:
        """Handle a message in the event loop; this is the thread that reads."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._handle_safely, message)
                return
        self._report_problem(message)

    def _report_problem(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("stopped", name, problem) if problem:
                why = f"for stop {problem}"
                self.complain(f"liveview_pool: {name} may still be there, {why}")
            case ("complaint", command, problem):
                self.complain(f"liveview_pool: {command!r} {problem}")

    def _handle_safely(self, message: tuple[Any, ...]) -> None:
        try:
            self._handle(message)
        except Exception as error:
            self._fail_waiting(error)
            raise

    def _handle(self, message: tuple[Any, ...]) -> None:
        match message:
            case ("up", name, spec):
                self._specs[name] = spec
                self._run_in_background(self._open(name, spec))
            case ("failed", name, problem, status, last):
                self._fail(name, self._failure(name, problem, status, last))
            case ("stopped", name, problem):
                self._specs.pop(name, None)
                self._carry_out(self.policy.stopped(self.clock(), name))
            case ("broken", problem):
                source = "pytest_liveview_load_provide_host"
                self._fail_waiting(
                    PoolError(source, f"cannot be loaded in a process: {problem}")
                )
            case message if message == ENDED:
                self._restart_booter()
        self._report_problem(message)

    async def _open(self, name: str, spec: str) -> None:
        try:
            fields_of(spec)
            orphan = self.settings.orphan
            lasting = f"{spec}//env:{ORPHAN}={orphan}" if orphan else spec
            link = await self.hosts.open(name, lasting)
        except HostError as error:
            self._fail(
                name, PoolError(self._source, f"{name}: {error}", last_line=spec)
            )
            return
        host = self.policy.hosts.get(name)
        if host is None or host.phase is not HostPhase.BOOTING:
            return  # too late: it is being stopped
        now = self.clock()
        self._links[name] = link
        self._took[name] = now - self._asked[name]
        self._carry_out(self.policy.booted(now, name))

    def _fail(self, name: str, problem: Exception) -> None:
        self._carry_out(self.policy.failed(self.clock(), name, problem))

    @property
    def _source(self) -> str:
        return f"boot = {self.settings.boot}" if self.settings.boot else "boot"

    def _failure(
        self, name: str, problem: str, status: int | None, last: str
    ) -> PoolError:
        parts = [
            f"exited with code {status}" if status else "",
            problem,
            f"its last line of output is {last!r}" if last else "",
        ]
        said = "; ".join(each for each in parts if each)
        return PoolError(self._source, f"{name}: {said}", status=status, last_line=last)

    def _restart_booter(self) -> None:
        """Have another booter take over what the one that died has left."""
        if self._is_closed:
            return
        self._running_booter.close(EXIT_TIMEOUT)
        self.booter = self._new_booter()
        for host in list(self.policy.hosts.values()):
            if host.phase is HostPhase.AWAITED:
                continue
            self.booter.adopt(host.name, self._specs.get(host.name, ""))
            if host.phase is HostPhase.STOPPING:
                self.booter.stop(host.name)
            elif host.phase is HostPhase.BOOTING and host.name not in self._specs:
                died = "the process that booted it has died"
                self._fail(host.name, PoolError(self._source, f"{host.name}: {died}"))

    def _fail_waiting(self, problem: Exception) -> None:
        for ready in self._waiting.values():
            if not ready.done():
                ready.set_exception(problem)

    def _run_in_background(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Let no run wait for what an error of ours has ended."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._fail_waiting(error)
