"""The pool's hosts for the runs that need them: booted, opened, and stopped in their time.

Law: what is to be done is the policy's to say (`policy.PoolPolicy`), here it is done, in the hub's
event loop. A run either gets all its hosts or one PoolError that says why.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from pytest_liveview_load.errors import HostError, PoolError
from pytest_liveview_load.hosts.host import HostLink
from pytest_liveview_load.hosts.hosts import Hosts
from pytest_liveview_load.hosts.specs import ORPHAN, fields_of
from pytest_liveview_load.pool.booter_client import ENDED, BooterClient, Provider
from pytest_liveview_load.pool.policy import (
    Action,
    BootHost,
    HostPhase,
    PoolPolicy,
)
from pytest_liveview_load.pool.settings import PoolSettings
from pytest_liveview_load.units import Clock, format_duration

TICK: Final = 0.25  # seconds
COUNT: Final = (
    "LIVEVIEW_POOL_HOSTS"  # how many there will be, for on_grow and on_shrink
)
PATIENCE: Final = 90.0  # seconds at the end: a stop may take 60 s, and 5 s to be ended
AFTERMATH: Final = 1.0  # seconds for a process whose output has ended to end
GONE: Final = "its link is gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHost:
    """A host of a run. `booted_in` is None if it was up before: seconds, else."""

    name: str
    spec: str
    link: HostLink
    booted_in: float | None


class HostPool:
    """Owns the pool, and the keeper once something is to be booted.

    `show` gets what a person who waits wants to know, `complain` what has gone wrong
    without harm to a run. All but `close` is for one event loop.
    """

    def __init__(
        self,
        settings: PoolSettings,
        hosts: Hosts,
        *,
        provider: Provider | None = None,
        show: Callable[[str], object] = lambda _: None,
        complain: Callable[[str], object] = lambda _: None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.settings = settings
        self.pool = PoolPolicy(settings.plan, f"liveview-{uuid.uuid4().hex[:6]}")
        self.leases: BooterClient | None = None
        self._hosts = hosts
        self._provider = provider
        self._show = show
        self._complain = complain
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, asyncio.Future[None]] = {}  # by run
        self._asked: dict[str, float] = {}  # when each host was
        self._specs: dict[str, str] = {}
        self._links: dict[str, HostLink] = {}
        self._took: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    # For runs

    async def muster(self, run: str, users: int) -> tuple[RunHost, ...]:
        """Return the hosts of a run, once they are up. Raises PoolError."""
        began = self._clock()
        self._begin()
        ready = self._waiting[run] = asyncio.get_running_loop().create_future()
        try:
            self._do(self.pool.demand(began, run, users))
            await ready
        except BaseException:
            self.release(run)
            raise
        finally:
            del self._waiting[run]
        return tuple(self._mustered(run, began))

    def release(self, run: str) -> None:
        """A run is over."""
        self._do(self.pool.release(self._clock(), run))

    def close(self) -> None:
        """Stop all hosts and wait for that, but not for ever. From any thread."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.leases is not None and not self.leases.close(PATIENCE):
            self._complain(
                "liveview_pool: not all hosts have been stopped within "
                f"{format_duration(PATIENCE)}; process {self.leases.pid} goes on with that"
            )

    def _mustered(self, run: str, began: float) -> Iterator[RunHost]:
        for name in self.pool.carriers(run):
            is_new = (
                self._asked[name] >= began
                or self._asked[name] + self._took[name] > began
            )
            yield RunHost(
                name=name,
                spec=self._specs[name],
                link=self._links[name],
                booted_in=self._took[name] if is_new else None,
            )

    # What is to be done

    def _begin(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._beside(self._keep_time())
        if self.leases is None:
            self.leases = self._keeper()

    def _keeper(self) -> BooterClient:
        return BooterClient(self.settings, self._hear, provider=self._provider)

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self._clock()
            for name, link in list(self._links.items()):
                if link.is_gone:
                    self._fail(name, PoolError(self._source, f"{name}: {GONE}"))
            self._do(self.pool.tick(now))
            if self._waiting:
                self._show(self._state(self._clock()))

    def _state(self, now: float) -> str:
        booting = [
            each for each in self.pool.hosts.values() if each.phase is HostPhase.BOOTING
        ]
        first = min((self._asked[each.name] for each in booting), default=now)
        return (
            f"booting {len(booting)} hosts, {len(self._links)} are up "
            f"({format_duration(now - first)})"
        )

    def _do(self, actions: list[Action]) -> None:
        boots = [each.name for each in actions if isinstance(each, BootHost)]
        stops = [each.name for each in actions if not isinstance(each, BootHost)]
        assert self.leases is not None or not actions
        for changed, command in (
            (boots, self.settings.on_grow),
            (stops, self.settings.on_shrink),
        ):
            if changed and command and self.leases is not None:
                self.leases.run(command, {COUNT: str(self._count())})
        for name in boots:
            self._asked[name] = self._clock()
            self._lease.boot(name)
        for name in stops:
            self._links.pop(name, None)
            self._beside(self._stop(name))
        self._settle()

    @property
    def _lease(self) -> BooterClient:
        assert self.leases is not None
        return self.leases

    def _count(self) -> int:
        standing = (HostPhase.BOOTING, HostPhase.UP)
        return sum(each.phase in standing for each in self.pool.hosts.values())

    async def _stop(self, name: str) -> None:
        """Let a host's process end by itself, then the host."""
        with suppress(Exception):
            await self._hosts.close(name)
        self._lease.stop(name)

    def _settle(self) -> None:
        for run, ready in list(self._waiting.items()):
            if ready.done():
                continue
            if run in self.pool.troubles:
                ready.set_exception(self.pool.troubles[run])
            elif self.pool.is_ready(run):
                self.pool.begun(run)
                ready.set_result(None)

    # What is heard

    def _hear(self, words: tuple[Any, ...]) -> None:
        """Take the keeper's word, in its thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._take_safely, words)
                return
        self._take_last(words)

    def _take_last(self, words: tuple[Any, ...]) -> None:
        match words:
            case ("stopped", name, problem) if problem:
                self._complain(self._left(name, problem))
            case ("complaint", command, problem):
                self._complain(f"liveview_pool: {command!r} {problem}")

    def _take_safely(self, words: tuple[Any, ...]) -> None:
        try:
            self._take(words)
        except Exception as error:
            self._break(error)
            raise

    def _take(self, words: tuple[Any, ...]) -> None:
        match words:
            case ("up", name, spec):
                self._specs[name] = spec
                self._beside(self._open(name, spec))
            case ("failed", name, problem, status, last):
                self._fail(name, self._failure(name, problem, status, last))
            case ("stopped", name, problem):
                self._specs.pop(name, None)
                self._do(self.pool.stopped(self._clock(), name))
            case ("broken", problem):
                source = "pytest_liveview_load_provide_host"
                self._break(
                    PoolError(source, f"cannot be loaded in a process: {problem}")
                )
            case words if words == ENDED:
                self._adopt()
        self._take_last(words)

    async def _open(self, name: str, spec: str) -> None:
        try:
            fields_of(spec)
            orphan = self.settings.orphan
            lasting = f"{spec}//env:{ORPHAN}={orphan}" if orphan else spec
            link = await self._hosts.open(name, lasting)
        except HostError as error:
            self._fail(
                name, PoolError(self._source, f"{name}: {error}", last_line=spec)
            )
            return
        host = self.pool.hosts.get(name)
        if host is None or host.phase is not HostPhase.BOOTING:
            return  # too late: it is being stopped
        now = self._clock()
        self._links[name] = link
        self._took[name] = now - self._asked[name]
        self._do(self.pool.booted(now, name))

    def _fail(self, name: str, problem: Exception) -> None:
        self._do(self.pool.failed(self._clock(), name, problem))

    @property
    def _source(self) -> str:
        return f"boot = {self.settings.boot}" if self.settings.boot else "boot"

    def _failure(
        self, name: str, problem: str, status: int | None, last: str
    ) -> PoolError:
        words = [
            f"exited with code {status}" if status else "",
            problem,
            f"its last line of output is {last!r}" if last else "",
        ]
        said = "; ".join(each for each in words if each)
        return PoolError(self._source, f"{name}: {said}", status=status, last_line=last)

    def _left(self, name: str, problem: str) -> str:
        return f"liveview_pool: {name} may still be there, for stop {problem}"

    # When the keeper has died

    def _adopt(self) -> None:
        """Have another keeper take over what the one that died has left."""
        if self._is_closed:
            return
        self._lease.close(AFTERMATH)
        self.leases = self._keeper()
        for host in list(self.pool.hosts.values()):
            if host.phase is HostPhase.AWAITED:
                continue
            self.leases.adopt(host.name, self._specs.get(host.name, ""))
            if host.phase is HostPhase.STOPPING:
                self.leases.stop(host.name)
            elif host.phase is HostPhase.BOOTING and host.name not in self._specs:
                died = "the process that booted it has died"
                self._fail(host.name, PoolError(self._source, f"{host.name}: {died}"))

    def _break(self, problem: Exception) -> None:
        for ready in self._waiting.values():
            if not ready.done():
                ready.set_exception(problem)

    def _beside(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """Let no run wait for what an error of ours has ended."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._break(error)
