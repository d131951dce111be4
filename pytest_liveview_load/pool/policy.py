"""How many hosts there are: booted while runs need them, stopped when none does.

There is no I/O here and no clock: instants and what has happened come in, and what is to be
done comes out. A host that may exist counts until it is known to be stopped, so that there
are never more than `most`.

    awaited ─► booting ─► up (busy while it carries runs, else idle) ─► stopping ─► gone
                  └─── failed, or too slow: another is awaited in its place ──► stopping
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final, TypeAlias

from pytest_liveview_load.errors import PoolError
from pytest_liveview_load.units import format_count, format_duration

TRIES: Final = 3  # to boot a host, or another in its place
RETRY: Final = 1.0  # seconds from a failure to the next try: clouds limit requests


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """What a person wants of the pool. Durations are seconds.

    `least` hosts carry each run, and are kept between runs; `most` are there at once.
    """

    least: int = 0
    most: int = 20
    users_per_host: int = 2000
    boot_timeout: float = 60.0
    idle_shutdown: float = 30.0
    single_use: bool = False
    retry: float = RETRY

    def hosts_for(self, users: int) -> int:
        """Return how many hosts so many users need."""
        return max(-(-users // self.users_per_host), self.least, 1)


class HostPhase(enum.Enum):
    """How far a host is."""

    AWAITED = "to be booted"
    BOOTING = "booting"
    UP = "up"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolHost:
    """One host. `since` is when its phase began, or it was left idle.

    `runs` are the users that each run gives it; `tries` counts the boots for its place.
    An awaited host is not booted before `since`.
    """

    name: str
    phase: HostPhase = HostPhase.AWAITED
    since: float = 0.0
    tries: int = 1
    runs: Mapping[str, int] = field(default_factory=dict)
    was_used: bool = False

    @property
    def users(self) -> int:
        """How many users it carries, or is to carry."""
        return sum(self.runs.values())

    def takes(self, share: int, plan: PoolLimits) -> bool:
        """Return whether it may carry so many more users."""
        if self.phase is HostPhase.STOPPING:
            return False
        if plan.single_use and (self.was_used or self.runs):
            return False
        return self.users + share <= plan.users_per_host


@dataclass(frozen=True, slots=True)
class BootHost:
    """Boot a host of this name, which no other has had."""

    name: str


@dataclass(frozen=True, slots=True)
class StopHost:
    """Stop this host, and its boot command if that still runs."""

    name: str


Action: TypeAlias = BootHost | StopHost


def decide(plan: PoolLimits, now: float, hosts: Sequence[PoolHost]) -> list[Action]:
    """Return what to boot and what to stop now."""
    awaited, standing, stopping = [], [], 0
    for host in hosts:
        if host.phase is HostPhase.AWAITED:
            awaited.append(host)
        elif host.phase is HostPhase.STOPPING:
            stopping += 1
        else:
            standing.append(host)
    room = max(0, plan.most - len(standing) - stopping)
    due = [each for each in awaited if each.since <= now]
    actions: list[Action] = [BootHost(each.name) for each in due[:room]]
    spare = len(standing) - plan.least
    for host in sorted(standing, key=attrgetter("since")):
        lasted = now - host.since
        if host.phase is HostPhase.BOOTING:
            is_over = lasted >= plan.boot_timeout
        elif host.runs:
            is_over = False
        else:
            has_served = plan.single_use and host.was_used
            is_over = has_served or (spare > 0 and lasted >= plan.idle_shutdown)
        if is_over:
            actions.append(StopHost(host.name))
            spare -= 1
    return actions


def too_slow(plan: PoolLimits, name: str) -> PoolError:
    """Return what is said of a host that took too long."""
    source = f"boot_timeout = {format_duration(plan.boot_timeout)}"
    return PoolError(source, f"{name} was not up in time")


def place(plan: PoolLimits, hosts: Sequence[PoolHost], users: int) -> tuple[int, int]:
    """Return how many hosts a run gets, and how many users each carries at the most.

    They are the fewest that will do beside what other runs have. Raises PoolError.
    """
    fewest = plan.hosts_for(users)
    if fewest > plan.most:
        raise PoolError(
            f"max = {plan.most}",
            f"{format_count(users)} users need {fewest} hosts of {plan.users_per_host} "
            "users each (users_per_host), and there may be no more than "
            f"{plan.most}: raise one of them, or run fewer users",
        )
    room = plan.most - sum(each.phase is not HostPhase.STOPPING for each in hosts)
    for count in range(fewest, plan.most + 1):
        share = -(-users // count)
        if room + sum(each.takes(share, plan) for each in hosts) >= count:
            return count, share
    raise PoolError(
        f"max = {plan.most}",
        f"{format_count(users)} users need {fewest} hosts, and other runs of the test "
        "have so many that they do not fit: raise max, or let the runs follow each other",
    )


def preferred(host: PoolHost) -> tuple[bool, bool, int]:
    """Return a key that sorts hosts: who is up first, then who has most to do.

    So the others have their rest, and are stopped.
    """
    return host.phase is not HostPhase.UP, host.phase is HostPhase.AWAITED, -host.users


class PoolPolicy:
    """Owns what is known of each host, and who waits for which.

    Every event is told with its instant and returns what is to be done then. `prefix`
    begins the names, and keeps those of two sessions apart.
    """

    def __init__(self, plan: PoolLimits, prefix: str = "liveview") -> None:
        self.plan = plan
        self.hosts: dict[str, PoolHost] = {}
        self.waiting: set[str] = set()  # runs
        self.problems: dict[str, Exception] = {}  # why a run will not have its hosts
        self._prefix = prefix
        self._named = 0

    # Runs

    def request(self, now: float, run: str, users: int) -> list[Action]:
        """A run wants hosts. Raises PoolError if it cannot have them."""
        hosts = list(self.hosts.values())
        count, share = place(self.plan, hosts, users)
        fit = sorted(
            (each for each in hosts if each.takes(share, self.plan)), key=preferred
        )
        names = [each.name for each in fit[:count]]
        names += [self._add_host(now, {}, 1) for _ in range(count - len(names))]
        for name in names:
            host = self.hosts[name]
            self._update(host, runs={**host.runs, run: share})
        self.waiting.add(run)
        return self.tick(now)

    def release(self, now: float, run: str) -> list[Action]:
        """A run is over, or wants nothing any more."""
        self.problems.pop(run, None)
        self._release(now, run)
        return self.tick(now)

    def hosts_of(self, run: str) -> tuple[str, ...]:
        """Return the hosts of a run."""
        return tuple(each.name for each in self.hosts.values() if run in each.runs)

    def is_ready(self, run: str) -> bool:
        """Return whether all hosts of a run are up."""
        hosts = [self.hosts[name] for name in self.hosts_of(run)]
        return bool(hosts) and all(each.phase is HostPhase.UP for each in hosts)

    def started(self, run: str) -> None:
        """A run goes on with its hosts: one that it loses now is not replaced."""
        self.waiting.discard(run)
        for name in self.hosts_of(run):
            self._update(self.hosts[name], was_used=True)

    # Events of hosts

    def booted(self, now: float, name: str) -> list[Action]:
        """A host is up."""
        host = self.hosts.get(name)
        if host is not None and host.phase is HostPhase.BOOTING:
            self._update(host, phase=HostPhase.UP, since=now)
        return self.tick(now)

    def failed(self, now: float, name: str, problem: Exception) -> list[Action]:
        """A boot has failed, or a host that was up is gone: it is stopped all the same."""
        host = self.hosts.get(name)
        if host is None or host.phase not in (HostPhase.BOOTING, HostPhase.UP):
            return self.tick(now)
        self._give_up(now, host, problem)
        return [StopHost(name), *self.tick(now)]

    def stopped(self, now: float, name: str) -> list[Action]:
        """A host is no more."""
        self.hosts.pop(name, None)
        return self.tick(now)

    def tick(self, now: float) -> list[Action]:
        """Return what is due."""
        actions = decide(self.plan, now, list(self.hosts.values()))
        for action in actions:
            host = self.hosts[action.name]
            if isinstance(action, BootHost):
                self._update(host, phase=HostPhase.BOOTING, since=now)
            else:
                self._give_up(now, host, too_slow(self.plan, host.name))
        return actions

    def _release(self, now: float, run: str) -> None:
        self.waiting.discard(run)
        for host in list(self.hosts.values()):
            if run not in host.runs:
                continue
            runs = {each: users for each, users in host.runs.items() if each != run}
            if host.phase is HostPhase.AWAITED and not runs:
                del self.hosts[host.name]
            elif runs or host.phase is not HostPhase.UP:
                self._update(host, runs=runs)
            else:
                self._update(host, runs=runs, since=now)

    def _give_up(self, now: float, host: PoolHost, problem: Exception) -> None:
        """Let a host stop; who still waits for it gets another in its place."""
        waiting = {run: it for run, it in host.runs.items() if run in self.waiting}
        self._update(host, phase=HostPhase.STOPPING, since=now, runs={})
        if not waiting:
            return
        if host.tries < TRIES:
            self._add_host(now + self.plan.retry, waiting, host.tries + 1)
            return
        for run in waiting:
            self._release(now, run)
            self.problems[run] = after_last_try(problem)

    def _add_host(self, now: float, runs: Mapping[str, int], tries: int) -> str:
        self._named += 1
        name = f"{self._prefix}-{self._named}"
        self.hosts[name] = PoolHost(name=name, since=now, tries=tries, runs=runs)
        return name

    def _update(self, host: PoolHost, **changes: object) -> None:
        self.hosts[host.name] = replace(host, **changes)  # type: ignore[arg-type]


def after_last_try(problem: Exception) -> Exception:
    """Return what is raised when the last try has failed too."""
    if not isinstance(problem, PoolError):
        return problem
    return PoolError(
        problem.source,
        f"{problem.problem}; {TRIES} tries have failed",
        status=problem.status,
        last_line=problem.last_line,
    )
