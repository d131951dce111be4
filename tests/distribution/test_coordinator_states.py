"""A coordinator over a network that loses, doubles and reorders, and runners that die.

Every run ends, once; what had arrived is in its numbers; nothing is sent to the dead.
"""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from pytest_liveview_load.distribution.coordinator import Coordinator
from pytest_liveview_load.distribution.messages import (
    AddUsers,
    ChangeDone,
    Cut,
    DropConnections,
    Finished,
    Message,
    Numbers,
    RemoveUsers,
    Stop,
)
from pytest_liveview_load.distribution.snapshots import unpack
from tests.distribution.fake_runners import ENDINGS, RUN, FakeRunner, Outside, prepare

NAMES = ("gw0", "gw1", "gw2")
CHANGES = (
    lambda number: AddUsers(RUN, number, 2),
    lambda number: RemoveUsers(RUN, number, 2),
    lambda number: DropConnections(RUN, number, 5.0),
    lambda _: Stop(RUN, "stopped"),
    lambda _: Cut(RUN, "interrupted"),
)
ONLY_FOR_LEAD = (*ENDINGS, ChangeDone, Numbers)
ENOUGH = 108  # users; each share has as many of them as any like it
names = st.sampled_from(NAMES)
places = st.integers(0, 20)


class Machine(RuleBasedStateMachine):
    """The network is two lists of messages, which the rules deliver as they like."""

    @initialize(
        lost=st.sampled_from(["fail", "continue"]),
        lead=st.sampled_from(["gw0", "only"]),
        limits=st.sampled_from([{"iterations": 2}, {"duration": "20s"}]),
        has_begun=st.booleans(),
    )
    def open(
        self, lost: str, lead: str, limits: dict[str, Any], has_begun: bool
    ) -> None:
        self.now = 0.0
        self.lead = lead
        plan = prepare(lost=lost, **limits)
        self.coordinator = Coordinator(
            plan,
            lead,
            NAMES,
            0.0,
            send=self.send,
            kill=self.kill,
            sync=Outside(),
        )
        self.runners = {name: FakeRunner(name) for name in NAMES}
        self.through: set[str] = set()  # have sent their last numbers
        self.dead: set[str] = set()  # and the coordinator knows
        self.there: list[tuple[str, Message]] = []  # on their way to runners
        self.back: list[tuple[str, Message]] = []
        self.told: list[Message] = []
        self.number = 0
        self.arrived = dict.fromkeys(NAMES, 0)  # iterations, in numbers that count
        self.coordinator.open()
        if has_begun:
            self.flow(60)
            assert self.coordinator.at is not None

    def kill(self, runner: str, why: str) -> None:
        self.dead.add(runner)

    def send(self, to: str, message: Message) -> None:
        assert to not in self.dead
        only_for_lead = isinstance(message, ONLY_FOR_LEAD)
        assert not only_for_lead or to == self.lead
        if only_for_lead:
            self.told.append(message)
        elif to in NAMES:
            self.there.append((to, message))

    # The network

    @rule(place=places, again=st.booleans())
    def reach_runner(self, place: int, again: bool) -> None:
        if not self.there:
            return
        name, message = self.there[place % len(self.there)]
        if not again:
            del self.there[place % len(self.there)]
        if name not in self.through and name not in self.dead:
            answers = self.runners[name].answer(message, self.now)
            self.back += [(name, each) for each in answers]
            if any(isinstance(each, Finished) for each in answers):
                self.through.add(name)

    @rule(place=places, again=st.booleans())
    def reach_conductor(self, place: int, again: bool) -> None:
        if not self.back:
            return
        name, message = self.back[place % len(self.back)]
        if not again:
            del self.back[place % len(self.back)]
        state = self.coordinator.runners[name]
        takes = self.coordinator.ending is None and state.is_running
        if takes and isinstance(message, Numbers | Finished):
            numbers = message if isinstance(message, Numbers) else message.outcome
            seen = unpack(numbers.snapshot).counts["iterations"]
            self.arrived[name] = max(self.arrived[name], seen)
        self.coordinator.receive(name, message, self.now)

    @rule(count=st.integers(1, 30))
    def flow(self, count: int) -> None:
        for _ in range(count):
            self.reach_runner(0, again=False)
            self.reach_conductor(0, again=False)

    @rule(place=places)
    def lose_a_message(self, place: int) -> None:
        lane = self.there if place % 2 else self.back
        if lane:
            del lane[place % len(lane)]

    # The runners

    @rule(name=names)
    def send_numbers(self, name: str) -> None:
        runner = self.runners[name]
        if runner.began is not None and name not in self.through | self.dead:
            self.back.append((name, runner.numbers()))

    @rule(name=names)
    def come_to_an_end(self, name: str) -> None:
        runner = self.runners[name]
        if runner.began is not None and name not in self.through | self.dead:
            self.through.add(name)
            self.back.append((name, runner.finished()))

    @rule(name=names, twice=st.booleans())
    def die(self, name: str, twice: bool) -> None:
        for _ in range(1 + twice):
            self.dead.add(name)
            self.coordinator.lose(name, "killed", self.now)

    @rule(which=st.sampled_from(CHANGES), twice=st.booleans())
    @precondition(lambda self: self.lead not in self.dead)
    def change(self, which: Any, twice: bool) -> None:
        if self.coordinator.ending is not None:
            return
        message = which(self.number + 1)
        if not isinstance(message, Stop | Cut):
            self.number += 1
        for _ in range(1 + twice):
            self.coordinator.receive(self.lead, message, self.now)

    @rule(seconds=st.sampled_from([0.25, 1.0, 1.75, 100.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        self.coordinator.tick(self.now)

    # What holds

    @invariant()
    def it_ends_once(self) -> None:
        endings = [each for each in self.told if isinstance(each, ENDINGS)]
        ending = self.coordinator.ending
        if self.lead in self.dead:
            assert [] == endings or [ending] == endings
        else:
            assert ([] if ending is None else [ending]) == endings
        assert not endings or self.told[-1] is endings[0]

    @invariant()
    def every_change_is_answered_once(self) -> None:
        done = [each.number for each in self.told if isinstance(each, ChangeDone)]
        assert len(done) == len(set(done))
        if self.coordinator.ending is not None and self.lead not in self.dead:
            assert set(range(1, self.number + 1)) == set(done)

    @invariant()
    def nothing_that_arrived_is_lost(self) -> None:
        ending = self.coordinator.ending
        if isinstance(ending, Finished | Finished):
            counts = unpack(ending.outcome.snapshot).counts
        else:
            counts = dict(self.coordinator.summary.snapshot(self.now).counts)
        assert sum(self.arrived.values()) == counts.get("iterations", 0)

    @invariant()
    def every_user_has_one_runner(self) -> None:
        """While the run goes on, everybody is carried once, or waits for a runner."""
        if self.coordinator.ending is not None or self.coordinator.stopping:
            return
        moved = {each.runner for each in self.coordinator.summary.losses}
        shares = [
            share
            for each in self.coordinator.runners.values()
            if each.name not in moved
            for share in each.shares
        ]
        shares += self.coordinator.rebalance.shares
        carried = sorted(
            user for first, of in shares for user in range(first, ENOUGH, of)
        )
        assert list(range(ENOUGH)) == carried

    def teardown(self) -> None:
        """Silence ends every run: the longest patience is that for getting ready."""
        for _ in range(100):
            self.let_time_pass(1.0)
        assert self.coordinator.ending is not None
        self.it_ends_once()
        self.every_change_is_answered_once()
        self.nothing_that_arrived_is_lost()


TestConductor = Machine.TestCase
TestConductor.settings = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
