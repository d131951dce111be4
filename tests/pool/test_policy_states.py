"""The pool among boots that fail or hang, hosts that are lost, and runs that come and go.

There are never more hosts than may be; none is stopped under a run; each host that was
booted is stopped; and whoever waits is told an end of it.
"""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pytest_liveview_load.errors import PoolError
from pytest_liveview_load.pool.policy import (
    Action,
    BootHost,
    HostPhase,
    PoolHost,
    PoolLimits,
    PoolPolicy,
    StopHost,
)

BROKEN = PoolError("boot = 'x'", "exited with code 1")
places = st.integers(0, 50)


class Machine(RuleBasedStateMachine):
    """What exists is told by the pool's own actions, and by these rules."""

    @initialize(
        least=st.integers(0, 3), more=st.integers(1, 5), single_use=st.booleans()
    )
    def open(self, least: int, more: int, single_use: bool) -> None:
        plan = PoolLimits(
            least=least,
            most=least + more,
            users_per_host=10,
            single_use=single_use,
        )
        self.pool = PoolPolicy(plan)
        self.now = 0.0
        self.runs: list[str] = []
        self.going_on: set[str] = set()
        self.booting: list[str] = []
        self.up: list[str] = []
        self.stopping: list[str] = []
        self.ever: set[str] = set()
        self.served: set[str] = set()
        self.of: dict[str, tuple[str, ...]] = {}  # the hosts of each run that began
        self.asked = 0

    def take(self, actions: list[Action], lost: str = "") -> None:
        for action in actions:
            name = action.name
            if isinstance(action, BootHost):
                assert name not in self.ever
                self.ever.add(name)
                self.booting.append(name)
                continue
            assert isinstance(action, StopHost)
            busy = {each for run in self.going_on for each in self.of[run]}
            assert name not in busy or name == lost
            assert (name in self.booting) != (name in self.up)
            (self.booting if name in self.booting else self.up).remove(name)
            self.stopping.append(name)
        assert len(self.booting) + len(self.up) + len(self.stopping) <= (
            self.pool.plan.most
        )
        for run in [*self.pool.waiting]:
            if self.pool.is_ready(run):
                self.begin(run)

    def begin(self, run: str) -> None:
        hosts = self.pool.hosts_of(run)
        assert set(hosts) <= set(self.up)
        if self.pool.plan.single_use:
            assert not self.served & set(hosts)
        self.served |= set(hosts)
        self.pool.started(run)
        self.of = {**self.of, run: hosts}
        self.going_on.add(run)

    @rule(users=st.integers(1, 60))
    def demand(self, users: int) -> None:
        self.asked += 1
        run = f"run {self.asked}"
        before = dict(self.pool.hosts)
        try:
            actions = self.pool.request(self.now, run, users)
        except PoolError:
            assert before == self.pool.hosts
            return
        self.runs.append(run)
        self.take(actions)

    @precondition(lambda self: self.runs)
    @rule(which=places)
    def release(self, which: int) -> None:
        run = self.runs.pop(which % len(self.runs))
        self.going_on.discard(run)
        self.take(self.pool.release(self.now, run))

    @precondition(lambda self: self.booting)
    @rule(which=places)
    def booted(self, which: int) -> None:
        name = self.booting[which % len(self.booting)]
        self.booting.remove(name)
        self.up.append(name)
        self.take(self.pool.booted(self.now, name))

    @precondition(lambda self: self.booting or self.up)
    @rule(which=places)
    def failed(self, which: int) -> None:
        names = self.booting + self.up
        name = names[which % len(names)]
        self.take(self.pool.failed(self.now, name, BROKEN), lost=name)
        self.of = {
            run: tuple(each for each in hosts if each != name)
            for run, hosts in self.of.items()
        }

    @precondition(lambda self: self.stopping)
    @rule(which=places)
    def stopped(self, which: int) -> None:
        name = self.stopping.pop(which % len(self.stopping))
        self.take(self.pool.stopped(self.now, name))

    @rule(seconds=st.sampled_from([0.5, 5.0, 31.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(self.pool.tick(self.now))

    @invariant()
    def knows_what_there_is(self) -> None:
        known = {
            each.name
            for each in self.pool.hosts.values()
            if each.phase is not HostPhase.AWAITED
        }
        assert {*self.booting, *self.up, *self.stopping} == known
        assert all(fits(each, self.pool.plan) for each in self.pool.hosts.values())

    def teardown(self) -> None:
        if not hasattr(self, "pool"):
            return
        self.everybody_is_served()
        for run in [*self.runs]:
            self.going_on.discard(run)
            self.take(self.pool.release(self.now, run))
        self.now += self.pool.plan.idle_shutdown
        self.take(self.pool.tick(self.now))
        assert not self.booting
        assert self.pool.plan.least >= len(self.up)
        for name in [*self.stopping]:
            self.take(self.pool.stopped(self.now, name))
        assert {*self.up} == {*self.pool.hosts}

    def everybody_is_served(self) -> None:
        """Let every boot and every stop succeed from now on."""
        for _ in range(20):
            for name in [*self.stopping]:
                self.stopping.remove(name)
                self.take(self.pool.stopped(self.now, name))
            for name in [*self.booting]:
                self.booting.remove(name)
                self.up.append(name)
                self.take(self.pool.booted(self.now, name))
            self.now += 0.5
            self.take(self.pool.tick(self.now))
        assert set() == self.pool.waiting


def fits(host: PoolHost, plan: PoolLimits) -> bool:
    return host.users <= plan.users_per_host


Machine.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    suppress_health_check=[HealthCheck.too_slow],
)
test_pool = Machine.TestCase
