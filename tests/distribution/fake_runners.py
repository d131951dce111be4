"""Runners that do what a test says, and answer a conductor as real ones do."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pytest_liveview_load.distribution.coordinator import Command, Coordinator, Send
from pytest_liveview_load.distribution.messages import (
    AddShare,
    AnyMessage,
    Begin,
    Broken,
    Cut,
    Did,
    Done,
    Drop,
    Finished,
    Hello,
    LetIn,
    Lost,
    Numbers,
    PackedPlan,
    Ping,
    Pong,
    Prepare,
    Ready,
    Refused,
    RunnerInfo,
    SendHome,
    Start,
    Stop,
)
from pytest_liveview_load.distribution.snapshots import pack, unpack
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.snapshot import Snapshot

RUN = "gw0/1"
AHEAD = 1000.0  # seconds that the runners' clocks are ahead


def begin(users: int = 12, **terms: object) -> Begin:
    """Return a run of that many users, for a minute unless told otherwise."""
    of_profile = {
        name: terms.pop(name) for name in ("duration", "iterations") if name in terms
    } or {"duration": "60s"}
    profile = Profile.of(users=users, **of_profile)
    terms = {"name": "browse", "cast": None, **terms}
    return Begin(RUN, PackedPlan(profile=profile.to_data(), **terms))  # type: ignore[arg-type]


def counted(iterations: int) -> bytes:
    """Return packed numbers of so many iterations."""
    return pack(Snapshot(counts={"iterations": iterations}, seconds=1.0, users=3))


@dataclass
class MadeUpRunner:
    """One runner: what it carries, and what it answers."""

    name: str
    iterations: int = 0
    number: int = 0
    began: float | None = None
    ahead: float = AHEAD
    shares: list[tuple[int, int]] = field(default_factory=list)
    users: set[int] = field(default_factory=set)

    def numbers(self) -> Numbers:
        """Return the numbers after one more iteration."""
        self.iterations += 1
        self.number += 1
        assert self.began is not None
        return Numbers(
            RUN, self.number, counted(self.iterations), 3, 1.0, began=self.began
        )

    def done(self) -> Done:
        """Return the last numbers, after one more iteration."""
        self.iterations += 1
        return Done(RUN, counted(self.iterations), self.began or 0.0, 1.0)

    def answer(self, message: AnyMessage, now: float) -> list[AnyMessage]:
        """Return what a runner says to that."""
        match message:
            case Hello():
                return [RunnerInfo(RUN, "3.11.2", {}, f"host of {self.name}", 1, 2)]
            case Prepare(_, _, share, of):
                self.shares = [(share, of)]
                return [Ready(RUN)]
            case Ping(_, number):
                return [Pong(RUN, number, now + self.ahead)]
            case Start(_, at):
                self.began = at + 0.001
                return [self.numbers()]
            case AddShare(_, asked, share, of):
                self.shares.append((share, of))
                return [Did(RUN, asked)]
            case LetIn(_, asked, users):
                self.users |= set(users)
                return [Did(RUN, asked)]
            case SendHome(_, asked) | Drop(_, asked):
                return [Did(RUN, asked, self.name)]
            case Stop() | Cut() if self.began is not None:
                return [self.done()]
            case _:
                return []


class Stage:
    """A conductor with its runners, where every message arrives at once, in order."""

    def __init__(
        self,
        begun: Begin,
        runners: int = 3,
        lead: str = "gw0",
        silent: Iterable[str] = (),
    ) -> None:
        names = [f"gw{index}" for index in range(runners)]
        self.now = 100.0
        self.runners = {name: MadeUpRunner(name) for name in names}
        self.conductor = Coordinator(begun, lead, names, self.now)
        self.told: list[AnyMessage] = []  # the lead
        self.commands: list[Command] = []
        self.silent = set(silent)
        self.carry_out(self.conductor.open())

    def carry_out(self, commands: list[Command]) -> None:
        """Let runners answer, until nobody has anything to say."""
        lead = self.conductor.lead
        while commands:
            command, *commands = commands
            self.commands.append(command)
            if not isinstance(command, Send):
                continue
            runner = self.runners.get(command.to)
            answers = runner.answer(command.message, self.now) if runner else []
            if command.to == lead and type(command.message).__name__ in TO_LEAD:
                self.told.append(command.message)
            elif command.to not in self.silent:
                for each in answers:
                    commands += self.conductor.receive(command.to, each, self.now)

    def say(self, who: str, message: AnyMessage) -> None:
        """Let `who` say something."""
        self.carry_out(self.conductor.receive(who, message, self.now))

    def lose(self, who: str, why: str = "killed") -> None:
        """Let `who` be gone."""
        self.silent.add(who)
        self.carry_out(self.conductor.lose(who, why, self.now))

    def go_on(self, seconds: float, step: float = 0.5) -> None:
        """Let time pass, in which those who are not silent send numbers."""
        end = self.now + seconds
        while self.now < end:
            self.now += step
            for name, runner in self.runners.items():
                if name not in self.silent and runner.began is not None:
                    self.say(name, runner.numbers())
            self.carry_out(self.conductor.tick(self.now))

    def sent_to(self, who: str) -> list[AnyMessage]:
        """Return what was sent to a runner."""
        return [
            each.message
            for each in self.commands
            if isinstance(each, Send) and each.to == who
        ]


TO_LEAD = {"Refused", "Began", "Progress", "Heeded", "Finished", "Lost", "Broken"}


def of(kind: type[Any], messages: list[Any]) -> list[Any]:
    """Return the messages of one kind."""
    return [each for each in messages if isinstance(each, kind)]


def ended(stage: Stage) -> Any:
    """Return how the run ended, as the lead was told, once and last."""
    endings = [
        each
        for each in stage.told
        if isinstance(each, Finished | Lost | Refused | Broken)
    ]
    assert [stage.conductor.ending] == endings
    assert stage.told[-1] is endings[0]
    return endings[0]


def iterations(ending: Finished | Lost) -> int:
    """Return how many there were in all."""
    return unpack(ending.outcome.snapshot).counts["iterations"]
