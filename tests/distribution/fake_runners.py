"""Runners within the test, which answer a coordinator as real ones do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_liveview_load.distribution.coordinator import Command, Coordinator, Send
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
    return pack(Snapshot(counts={"iterations": iterations}, seconds=1.0, users=3))


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
                return [RunnerInfo(RUN, "3.11.2", {}, f"host of {self.name}", 1, 2)]
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


class FakeRun:
    """A coordinator with its runners, where every message arrives at once, in order.

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
        self.coordinator = Coordinator(prepared, lead, names, self.now)
        self.to_lead: list[Message] = []
        self.commands: list[Command] = []
        self.silent = set(silent)
        self.carry_out(self.coordinator.open())

    def carry_out(self, commands: list[Command]) -> None:
        """Let runners answer, until nobody has anything to say."""
        while commands:
            command, *commands = commands
            self.commands.append(command)
            if not isinstance(command, Send):
                continue
            runner = self.runners.get(command.to)
            is_for_lead = isinstance(command.message, FOR_LEAD)
            if command.to == self.coordinator.lead and is_for_lead:
                self.to_lead.append(command.message)
            if runner is not None and command.to not in self.silent:
                for each in runner.answer(command.message, self.now):
                    commands += self.coordinator.receive(command.to, each, self.now)

    def send(self, sender: str, message: Message) -> None:
        """Send a message to the coordinator."""
        self.carry_out(self.coordinator.receive(sender, message, self.now))

    def lose(self, name: str, why: str = "killed") -> None:
        """Let a runner, or the lead, be gone."""
        self.silent.add(name)
        self.carry_out(self.coordinator.lose(name, why, self.now))

    def go_on(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass, in which those who are not silent send numbers."""
        end = self.now + seconds
        while self.now < end:
            self.now += step
            for name, runner in self.runners.items():
                if name not in self.silent and runner.began is not None:
                    self.send(name, runner.numbers())
            self.carry_out(self.coordinator.tick(self.now))

    def sent_to(self, name: str) -> list[Message]:
        """Return what was sent to a runner."""
        return [
            each.message
            for each in self.commands
            if isinstance(each, Send) and each.to == name
        ]


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
