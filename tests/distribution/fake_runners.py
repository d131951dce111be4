"""Runners within the test, which answer a coordinator as real ones do."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_liveview_load.distribution.coordinator import Coordinator
from pytest_liveview_load.distribution.messages import (
    AddShare,
    AddUsers,
    Broken,
    ChangeDone,
    Cut,
    DropConnections,
    Finished,
    Hello,
    Message,
    Numbers,
    Ping,
    Pong,
    Prepare,
    Ready,
    Refused,
    RemoveUsers,
    RunnerInfo,
    Start,
    Stop,
    package_version,
)
from pytest_liveview_load.distribution.packed import (
    Loss,
    PackedMix,
    PackedOutcome,
    PackedPlan,
    Share,
)
from pytest_liveview_load.distribution.snapshots import pack, unpack
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot

RUN = "gw0/1"
AHEAD = 1000.0  # seconds that the runners' clocks are ahead
ENDINGS = (Broken, Finished, Refused)
FOR_LEAD = (*ENDINGS, ChangeDone, Numbers, Start)


def prepare(users: int = 12, **of_plan: Any) -> Prepare:
    """Return a run of that many users, for a minute unless told otherwise."""
    of_profile = {
        name: of_plan.pop(name)
        for name in ("duration", "iterations")
        if name in of_plan
    } or {"duration": "60s"}
    profile = Profile.of(users=users, **of_profile)
    plan = PackedPlan(
        name="browse",
        profile=profile.to_data(),
        mix=PackedMix(name="browse"),
        client=ClientSettings(url="http://app"),
        **of_plan,
    )
    return Prepare(RUN, plan)


def counted(iterations: int) -> bytes:
    """Return packed numbers of so many iterations."""
    counts = {"iterations": iterations, "failing_users": 1, "stuck_users": 2}
    return pack(Snapshot(counts=counts, seconds=1.0, users=3))


@dataclass
class FakeRunner:
    """One runner: what it carries, and what it answers."""

    name: str
    iterations: int = 0
    began: float | None = None
    ahead: float = AHEAD
    shares: list[Share] = field(default_factory=list)
    users: set[int] = field(default_factory=set)

    def numbers(self) -> Numbers:
        """Return the numbers after one more iteration."""
        self.iterations += 1
        assert self.began is not None
        numbers = counted(self.iterations)
        return Numbers(RUN, numbers, 3, float(self.iterations), self.began)

    def finished(self, **of_outcome: Any) -> Finished:
        """Return the last numbers, after one more iteration."""
        self.iterations += 1
        outcome = PackedOutcome(
            snapshot=counted(self.iterations),
            began=self.began or 0.0,
            elapsed=1.0,
            **of_outcome,
        )
        return Finished(RUN, outcome)

    def answer(self, message: Message, now: float) -> list[Message]:
        """Return what a runner says to that."""
        match message:
            case Hello():
                host = f"host of {self.name}"
                return [RunnerInfo(RUN, "3.11.2", package_version(), host)]
            case Prepare(_, _, share):
                self.shares = [share]
                return [Ready(RUN)]
            case Ping(_, number):
                return [Pong(RUN, number, now + self.ahead)]
            case Start(_, at):
                self.began = at + 0.001
                return [self.numbers()]
            case AddShare(_, number, share):
                self.shares.append(share)
                return [ChangeDone(RUN, number)]
            case AddUsers(_, number, _, users):
                self.users |= set(users)
                return [ChangeDone(RUN, number)]
            case RemoveUsers(_, number) | DropConnections(_, number):
                return [ChangeDone(RUN, number, self.name)]
            case Stop() | Cut() if self.began is not None:
                return [self.finished()]
            case _:
                return []


class Outside:
    """Where a coordinator sends messages, ends processes and lets users go."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.under_way: deque[tuple[str, Message]] = deque()
        self.killed: list[tuple[str, str]] = []
        self.lost: list[tuple[str, bool]] = []  # and whether their users come again

    def coordinator(
        self,
        prepared: Prepare,
        lead: str,
        runners: Sequence[str],
        now: float = 0.0,
    ) -> Coordinator:
        """Return the coordinator of a run."""
        return Coordinator(
            prepared,
            lead,
            runners,
            now,
            send=self.send,
            kill=self.kill,
            sync=self,
        )

    def send(self, to: str, message: Message) -> None:
        self.sent.append((to, message))
        self.under_way.append((to, message))

    def kill(self, runner: str, why: str) -> None:
        self.killed.append((runner, why))

    def snapshot(self, now: float) -> Snapshot:
        return Snapshot()

    def causes(self) -> Sequence[str]:
        return ()

    def run_starts(self, at: float, measure_from: float) -> None:
        pass

    def lose(self, runner: str, *, moved: bool) -> None:
        self.lost.append((runner, moved))


class FakeRun:
    """A coordinator with its runners, where every message arrives in order.

    `to_lead` is what the lead was sent. Who is `silent` answers nothing.
    """

    def __init__(
        self,
        prepared: Prepare,
        runners: int = 3,
        lead: str = "gw0",
        silent: Iterable[str] = (),
    ) -> None:
        names = [f"gw{index}" for index in range(runners)]
        self.now = 100.0
        self.runners = {name: FakeRunner(name) for name in names}
        self.outside = Outside()
        self.coordinator = self.outside.coordinator(prepared, lead, names, self.now)
        self.to_lead: list[Message] = []
        self.silent = set(silent)
        self.coordinator.open()
        self.deliver()

    def deliver(self) -> None:
        """Let runners answer, until nobody has anything to say."""
        while self.outside.under_way:
            to, message = self.outside.under_way.popleft()
            runner = self.runners.get(to)
            if to == self.coordinator.lead and isinstance(message, FOR_LEAD):
                self.to_lead.append(message)
            if runner is not None and to not in self.silent:
                for each in runner.answer(message, self.now):
                    self.coordinator.receive(to, each, self.now)

    def send(self, sender: str, message: Message) -> None:
        """Send a message to the coordinator."""
        self.coordinator.receive(sender, message, self.now)
        self.deliver()

    def lose(self, name: str, why: str = "killed") -> None:
        """Let a runner, or the lead, be gone."""
        self.silent.add(name)
        self.coordinator.lose(name, why, self.now)
        self.deliver()

    def go_on(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass, in which those who are not silent send numbers."""
        end = self.now + seconds
        while self.now < end:
            self.now += step
            for name, runner in self.runners.items():
                if name not in self.silent and runner.began is not None:
                    self.send(name, runner.numbers())
            self.coordinator.tick(self.now)
            self.deliver()

    def sent_to(self, name: str) -> list[Message]:
        """Return what was sent to a runner."""
        return [message for to, message in self.outside.sent if to == name]


def of(kind: type[Any], messages: list[Any]) -> list[Any]:
    """Return the messages of one kind."""
    return [each for each in messages if isinstance(each, kind)]


def ended(run: FakeRun) -> Any:
    """Return how the run ended, as the lead was told, once and last."""
    endings = [each for each in run.to_lead if isinstance(each, ENDINGS)]
    assert [run.coordinator.ending] == endings
    assert run.to_lead[-1] is endings[0]
    return endings[0]


def iterations(ending: Finished) -> int:
    """Return how many there were in all."""
    return unpack(ending.outcome.snapshot).counts["iterations"]


def loss_of(ending: Any) -> Loss:
    """Return the loss that has ended a run."""
    assert isinstance(ending, Finished)
    assert ending.outcome.lost_by is not None
    return ending.outcome.lost_by
