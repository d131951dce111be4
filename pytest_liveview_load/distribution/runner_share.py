"""A share of a run, carried in this process.

Law: numbers are told whole each second and once more at the end, however it ends; whoever
waits for others is let go when the run is over. A share of a lost runner that is taken over
is a part of its own, beside the first.
"""

import asyncio
import dataclasses
from collections.abc import Coroutine
from typing import Any, Final

from pytest_liveview_load.crowd.closed import ClosedCrowd
from pytest_liveview_load.crowd.engine import Run, RunOutcome, run_on_network
from pytest_liveview_load.crowd.generator import check_file_descriptors
from pytest_liveview_load.crowd.progress import SNAPSHOT_EVERY
from pytest_liveview_load.crowd.run_state import sleep_until
from pytest_liveview_load.crowd.storm import CUT_BY_DROP_ALL, returns
from pytest_liveview_load.crowd.tracebacks import place_of, prune
from pytest_liveview_load.distribution.messages import (
    AddShare,
    AdjustClock,
    AnyMessage,
    Cut,
    Denied,
    Did,
    Done,
    Drop,
    LetIn,
    Numbers,
    PackedError,
    PackedPlan,
    Prepare,
    Ready,
    SendHome,
    Start,
    Stop,
    SyncAnswer,
    Unable,
)
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.distribution.serialize import pack_error, unpack_plan
from pytest_liveview_load.distribution.snapshots import merge_snapshots, pack
from pytest_liveview_load.distribution.sync_client import SyncClient
from pytest_liveview_load.errors import ConfigurationError, LiveViewLoadError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.client.tab import cut_connections
from pytest_liveview_load.metrics.snapshot import Snapshot

CUT: Final = "interrupted"


class CarriedShare:
    """One run of the share, with a network of its own; `outcome` once it has ended."""

    def __init__(self, run: Run, network: Network) -> None:
        self.run = run
        self.network = network
        self.outcome: RunOutcome | None = None
        self.problem = ""  # an error that is nobody's failure
        self.fault: PackedError | None = None  # one that is the author's
        self.task: asyncio.Task[None] | None = None

    async def carry_out(self, at: float) -> None:
        """Run to the end, be it cut."""
        run = self.run
        try:
            async with self.network:
                self.outcome = await run.carry_out(at)
        except asyncio.CancelledError:
            self.outcome = run.outcome(partial=run.cut_because)
        except ConfigurationError as error:
            self.fault = pack_error(error, f"raised at {place_of(prune(error))}")
            self.outcome = run.outcome(partial=run.cut_because)
        except Exception as error:  # noqa: BLE001 (the run's report says so)
            self.problem = f"an error ended its share: {type(error).__name__}: {error}"
            self.outcome = run.outcome(partial=self.problem)

    def snapshot(self, now: float) -> Snapshot:
        """Return the numbers so far, or the last ones."""
        return self.run.snapshot(now) if self.outcome is None else self.outcome.snapshot

    def stop(self) -> None:
        """End as if the time were over."""
        if self.run.terms is None:
            self.cut(CUT)
        elif not self.run.over:
            self.run.end_now()

    def cut(self, why: str) -> None:
        """End at once."""
        self.run.cut_because = why
        if self.task is not None:
            self.task.cancel()


class RunnerShare:
    """Owns the parts of one run that are carried here."""

    def __init__(
        self, line: ControllerLink, prepare: Prepare, versions: set[str]
    ) -> None:
        self.line = line
        self.run = prepare.run
        self.errand = prepare.errand
        self.share, self.of = prepare.share, prepare.of
        self.versions = versions
        self.gathering = SyncClient(
            self.run,
            line.say,
            clock=line.clock,
            first=prepare.share,
            stride=prepare.of,
        )
        self.parts: list[CarriedShare] = []
        self.agreed = 0.0  # the start, by the controller's clock
        self.at = 0.0  # and by ours
        self.number = 0
        self.tasks: set[asyncio.Task[Any]] = set()

    def take(self, message: AnyMessage) -> None:
        """Do what the controller says."""
        match message:
            case SyncAnswer() | Denied():
                self.gathering.take(message)
            case Start():
                self.start(message)
            case AdjustClock(_, offset):
                self.gathering.offset = offset
            case AddShare():
                self.adopt(message)
            case LetIn(_, asked, users):
                self.let_in(asked, users)
            case SendHome(_, asked, count):
                self.go_on(self.send_home(asked, count))
            case Drop():
                self.go_on(self.drop(message))
            case Stop():
                for each in self.parts:
                    each.stop()
            case Cut(_, why):
                self.cut(why)

    # Its beginning

    def prepare(self) -> None:
        """Make the share, and say whether it can start."""
        try:
            self.add_part(self.share, self.of)
        except Exception as error:  # noqa: BLE001 (who waits for this is told)
            kind, text = type(error).__name__, str(error)
            if not isinstance(error, LiveViewLoadError):
                text = f"{kind}: {text}"
            self.line.say(Unable(self.run, kind, text))
        else:
            self.line.say(Ready(self.run))

    def add_part(self, share: int, of: int) -> CarriedShare:
        """Return a share that has not begun. Raises what it cannot be carried for."""
        errand = self.errand
        order = unpack_plan(errand, share, of)
        check_file_descriptors(order.profile.most_users)
        network = Network(settings_of(errand), clock=self.line.clock)
        network.versions = self.versions
        network.part_sampler.all = errand.dissect
        run = run_on_network(
            order,
            network,
            name=errand.name,
            seed=errand.seed,
            max_lag=errand.max_lag,
            drops_allowed=errand.drops_allowed,
            scale=errand.scale,
            gathering=self.gathering,
        )
        part = CarriedShare(run, network)
        self.parts.append(part)
        return part

    def start(self, start: Start) -> None:
        """Begin at the agreed instant."""
        self.gathering.offset = start.offset
        self.agreed, self.at = start.at, start.at + start.offset
        self.line.beat = self.line.clock()
        self.begin(self.parts[0])
        self.go_on(self.carry_out())

    def begin(self, part: CarriedShare) -> None:
        """Let one part begin."""
        part.task = self.go_on(part.carry_out(self.at))

    def go_on(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do something beside."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # While it runs

    async def carry_out(self) -> None:
        """See all parts through, and tell their numbers."""
        telling = self.go_on(self.tell_each_second())
        try:
            while going := [
                each.task for each in self.parts if each.task and not each.task.done()
            ]:
                await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                if fault := self.fault:
                    self.cut(f"ended by {fault.kind}")
        finally:
            telling.cancel()
        outcomes = [each.outcome for each in self.parts if each.outcome is not None]
        problems = [each.problem for each in self.parts if each.problem]
        self.line.say(
            Done(
                self.run,
                pack(merge_snapshots(each.snapshot for each in outcomes)),
                self.began,
                max(each.run.elapsed for each in self.parts),
                (*problems, *(why for each in outcomes for why in each.invalid)),
                tuple(note for each in outcomes for note in each.notes),
                self.fault,
                tuple(sorted(self.versions)),
            )
        )

    @property
    def fault(self) -> PackedError | None:
        """What its author got wrong, if that was met here."""
        return next((each.fault for each in self.parts if each.fault), None)

    def cut(self, why: str) -> None:
        """End at once."""
        for each in self.parts:
            each.cut(why)

    async def tell_each_second(self) -> None:
        """Tell the numbers when those are there who come at once, then until cancelled."""
        first = self.parts[0]
        assert first.task is not None  # it was told to begin
        await first.run.has_begun(first.task)
        self.tell()
        due = self.at
        while True:
            due = max(due + SNAPSHOT_EVERY, self.line.clock())
            await sleep_until(due, self.line.clock)
            self.tell()

    def tell(self) -> None:
        """Tell all numbers so far."""
        now = self.line.beat = self.line.clock()
        self.number += 1
        numbers = Numbers(
            self.run,
            self.number,
            pack(merge_snapshots(each.snapshot(now) for each in self.parts)),
            sum(each.run.users for each in self.parts if each.outcome is None),
            now - self.at,
            self.began,
        )
        self.line.say(numbers)

    def did(self, asked: int, told: Any = None) -> None:
        """Say that something is done, and first how many users there are now."""
        self.tell()
        self.line.say(Did(self.run, asked, told))

    @property
    def began(self) -> float:
        """When the first part really began, by the controller's clock."""
        return self.agreed + (self.parts[0].run.came - self.at)

    def adopt(self, message: AddShare) -> None:
        """Carry another share too."""
        try:
            part = self.add_part(message.share, message.of)
        except LiveViewLoadError as error:
            self.parts[0].problem = f"could not take over a share: {error}"
        else:
            self.gathering.parts += 1
            self.begin(part)
        self.did(message.asked)

    def let_in(self, asked: int, users: tuple[int, ...]) -> None:
        """Let further users in."""
        run = self.parts[0].run
        told = ""
        if isinstance(run.crowd, ClosedCrowd) and not run.over:
            try:
                run.admit(users)
            except LiveViewLoadError as error:
                told = str(error)
        self.did(asked, told)

    async def send_home(self, asked: int, count: int) -> None:
        """Let the newest users go after their iteration."""
        for part in reversed(self.parts):
            crowd = part.run.crowd
            if not isinstance(crowd, ClosedCrowd) or part.outcome is not None:
                continue
            going = min(count, crowd.users)
            if going:
                await crowd.remove(going)
            count -= going
        self.did(asked)

    async def drop(self, drop: Drop) -> None:
        """Cut every connection at one instant, and tell who comes back."""
        await sleep_until(drop.at + self.gathering.offset, self.line.clock)
        absent = [
            each
            for part in self.parts
            for each in cut_connections(part.network, CUT_BY_DROP_ALL)
        ]
        seen = await returns(absent, self.line.clock, drop.within)
        self.did(drop.asked, dataclasses.astuple(seen))

    # Its end

    def forget(self) -> None:
        """End without a word: the run is over."""
        self.gathering.cut()
        for each in self.tasks:
            each.cancel()

    async def ended(self) -> None:
        """Wait until nothing goes on any more."""
        if self.tasks:
            await asyncio.wait(self.tasks)


def settings_of(errand: PackedPlan) -> ClientSettings:
    """Return how the app is reached."""
    given = errand.client
    headers = tuple((name, value) for name, value in given.get("headers", ()))
    return ClientSettings(**{**given, "headers": headers})
