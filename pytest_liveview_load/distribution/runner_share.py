"""What this process carries of one run: its share, and those of lost runners beside it.

Numbers are sent whole each second and once more at the end, however it ends. Whoever waits
for others is let go when the run is over.
"""

import asyncio
import dataclasses
from collections.abc import Coroutine
from typing import Any, Final

from pytest_liveview_load.crowd.closed import ClosedCrowd
from pytest_liveview_load.crowd.engine import Run, RunOutcome, run_on_network
from pytest_liveview_load.crowd.machine_limits import check_file_descriptors
from pytest_liveview_load.crowd.progress import numbers_every
from pytest_liveview_load.crowd.run_state import sleep_until
from pytest_liveview_load.crowd.storm import CUT_BY_DROP_ALL, returns
from pytest_liveview_load.crowd.tracebacks import place_of, prune
from pytest_liveview_load.distribution.messages import (
    AddShare,
    AddUsers,
    AdjustClock,
    ChangeDone,
    Cut,
    DropConnections,
    Finished,
    Message,
    Numbers,
    Prepare,
    Ready,
    Refused,
    RemoveUsers,
    Start,
    Stop,
    SyncAnswer,
)
from pytest_liveview_load.distribution.packed import (
    PackedError,
    PackedOutcome,
    Share,
)
from pytest_liveview_load.distribution.runner_link import ControllerLink
from pytest_liveview_load.distribution.serialize import pack_error, unpack_plan
from pytest_liveview_load.distribution.snapshots import merge_snapshots, pack
from pytest_liveview_load.distribution.sync_client import SyncClient
from pytest_liveview_load.errors import ConfigurationError, LiveViewLoadError
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.tab import cut_connections
from pytest_liveview_load.metrics.snapshot import Snapshot

INTERRUPTED: Final = "interrupted"


class CarriedShare:
    """One share, on a network of its own; `outcome` once it has ended."""

    def __init__(self, run: Run, network: Network) -> None:
        self.run = run
        self.network = network
        self.outcome: RunOutcome | None = None
        self.problem = ""  # an error that is nobody's failure
        self.error: PackedError | None = None  # one that is the test author's
        self.task: asyncio.Task[None] | None = None
        self.is_ending = False  # its connections are being closed, or soon will be

    async def carry_out(self, at: float) -> None:
        """Run to the end, be it cut."""
        run = self.run
        try:
            async with self.network:
                try:
                    self.outcome = await run.carry_out(at)
                finally:
                    self.is_ending = True
        except asyncio.CancelledError:
            self.outcome = run.outcome(partial=run.cut_because)
        except ConfigurationError as error:
            self.error = pack_error(error, f"raised at {place_of(prune(error))}")
            self.outcome = run.outcome(partial=run.cut_because)
        except Exception as error:  # noqa: BLE001 (the run's report says so)
            self.problem = f"an error ended its share: {type(error).__name__}: {error}"
            self.outcome = run.outcome(partial=self.problem)

    def snapshot(self, now: float) -> Snapshot:
        """Return the numbers so far, or the last ones."""
        return self.run.snapshot(now) if self.outcome is None else self.outcome.snapshot

    def stop(self) -> None:
        """End as if the time were over."""
        if self.run.crowd is None:
            self.cut(INTERRUPTED)
        elif not self.run.over:
            self.run.end_now()

    def cut(self, why: str) -> None:
        """End at once."""
        self.run.cut_because = why
        self.cancel()

    def cancel(self) -> None:
        """Cancel the run, once: nothing may disturb the closing of its connections.

        An event loop that ends with connections open raises an error of its own.
        """
        if self.task is not None and not self.is_ending:
            self.is_ending = True
            self.task.cancel()


class RunnerShare:
    """Owns what is carried here of one run; `carried[0]` is the share it began with.

    `versions` are of LiveView, and grow by those that users meet.
    """

    def __init__(
        self, link: ControllerLink, prepare: Prepare, versions: set[str]
    ) -> None:
        self.link = link
        self.run = prepare.run
        self.plan = prepare.plan
        self.share = prepare.share
        self.versions = versions
        self.sync = SyncClient(
            self.run,
            link.send,
            clock=link.clock,
            first=prepare.share.first,
            stride=prepare.share.of,
        )
        self.carried: list[CarriedShare] = []
        self.agreed_at = 0.0  # the start, by the controller's clock
        self.at = 0.0  # and by ours
        self.tasks: set[asyncio.Task[Any]] = set()

    def receive(self, message: Message) -> None:
        """Do what the controller says."""
        match message:
            case SyncAnswer():
                self.sync.receive(message)
            case Start():
                self._start(message)
            case AdjustClock(_, offset):
                self.sync.offset = offset
            case AddShare(_, number, share):
                self._add_share(number, share)
            case AddUsers(_, number, _, users):
                self._add_users(number, users)
            case RemoveUsers(_, number, count):
                self._spawn(self._remove_users(number, count))
            case DropConnections():
                self._spawn(self._drop_connections(message))
            case Stop():
                for each in self.carried:
                    each.stop()
            case Cut(_, why):
                self._cut(why)

    # The beginning

    def prepare(self) -> None:
        """Make the share, and say whether it can start."""
        try:
            self._carry(self.share)
        except Exception as error:  # noqa: BLE001 (who waits for this is told)
            kind, text = type(error).__name__, str(error)
            if not isinstance(error, LiveViewLoadError):
                text = f"{kind}: {text}"
            self.link.send(Refused(self.run, kind, text))
        else:
            self.link.send(Ready(self.run))

    def _carry(self, share: Share) -> CarriedShare:
        """Return a share that has not begun. Raises what it cannot be carried for."""
        plan = self.plan
        run_plan = unpack_plan(plan, share)
        check_file_descriptors(run_plan.profile.most_users)
        network = Network(plan.client, clock=self.link.clock)
        network.versions = self.versions
        network.part_sampler.all = plan.dissect
        run = run_on_network(
            run_plan,
            network,
            name=plan.name,
            seed=plan.seed,
            max_lag=plan.max_lag,
            drops_allowed=plan.drops_allowed,
            scale=plan.scale,
            sync=self.sync,
        )
        carried = CarriedShare(run, network)
        self.carried.append(carried)
        return carried

    def _start(self, start: Start) -> None:
        self.sync.offset = start.offset
        self.agreed_at, self.at = start.at, start.at + start.offset
        self.link.beat = self.link.clock()
        self._begin(self.carried[0])
        self._spawn(self._carry_out())

    def _begin(self, carried: CarriedShare) -> None:
        carried.task = self._spawn(carried.carry_out(self.at))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    # While it runs

    async def _carry_out(self) -> None:
        """Carry all shares to their end, and send their numbers."""
        sending = self._spawn(self._send_numbers_until_cancelled())
        try:
            while going := [
                each.task for each in self.carried if each.task and not each.task.done()
            ]:
                await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
                if error := self._error:
                    self._cut(f"ended by {error.kind}")
        finally:
            sending.cancel()
        self.link.send(Finished(self.run, self._outcome()))

    def _outcome(self) -> PackedOutcome:
        outcomes = [each.outcome for each in self.carried if each.outcome is not None]
        problems = [each.problem for each in self.carried if each.problem]
        return PackedOutcome(
            snapshot=pack(merge_snapshots(each.snapshot for each in outcomes)),
            elapsed=max(each.run.elapsed for each in self.carried),
            began=self._began,
            invalid=(*problems, *(why for each in outcomes for why in each.invalid)),
            notes=tuple(note for each in outcomes for note in each.notes),
            error=self._error,
            versions=tuple(sorted(self.versions)),
        )

    @property
    def _error(self) -> PackedError | None:
        """What the test's author got wrong, if that was met here."""
        return next((each.error for each in self.carried if each.error), None)

    @property
    def _began(self) -> float:
        """When the first share really began, by the controller's clock."""
        return self.agreed_at + (self.carried[0].run.state.began_here - self.at)

    def _cut(self, why: str) -> None:
        for each in self.carried:
            each.cut(why)

    async def _send_numbers_until_cancelled(self) -> None:
        """Send numbers when those are there who come at once, and then again and again."""
        first = self.carried[0]
        assert first.task is not None  # it was told to begin
        await first.run.has_begun(first.task)
        self._send_numbers()
        due = self.at
        while True:
            due = max(due + numbers_every(due - self.at), self.link.clock())
            await sleep_until(due, self.link.clock)
            self._send_numbers()

    def _send_numbers(self) -> None:
        now = self.link.beat = self.link.clock()
        numbers = Numbers(
            self.run,
            pack(merge_snapshots(each.snapshot(now) for each in self.carried)),
            sum(each.run.users for each in self.carried if each.outcome is None),
            now - self.at,
            self._began,
        )
        self.link.send(numbers)

    # Changes

    def _change_done(self, number: int, result: Any = None) -> None:
        """Say that a change is done, and first how many users there are now."""
        self._send_numbers()
        self.link.send(ChangeDone(self.run, number, result))

    def _add_share(self, number: int, share: Share) -> None:
        try:
            carried = self._carry(share)
        except LiveViewLoadError as error:
            self.carried[0].problem = f"could not take over a share: {error}"
        else:
            self.sync.shares += 1
            self._begin(carried)
        self._change_done(number)

    def _add_users(self, number: int, users: tuple[int, ...]) -> None:
        run = self.carried[0].run
        problem = ""
        if isinstance(run.crowd, ClosedCrowd) and not run.over:
            try:
                run.admit(users)
            except LiveViewLoadError as error:
                problem = str(error)
        self._change_done(number, problem)

    async def _remove_users(self, number: int, count: int) -> None:
        for carried in reversed(self.carried):
            crowd = carried.run.crowd
            if not isinstance(crowd, ClosedCrowd) or carried.outcome is not None:
                continue
            going = min(count, crowd.users)
            if going:
                await crowd.remove(going)
            count -= going
        self._change_done(number)

    async def _drop_connections(self, drop: DropConnections) -> None:
        await sleep_until(drop.at + self.sync.offset, self.link.clock)
        absent = [
            each
            for share in self.carried
            for each in cut_connections(share.network, CUT_BY_DROP_ALL)
        ]
        seen = await returns(absent, self.link.clock, drop.within)
        self._change_done(drop.number, dataclasses.astuple(seen))

    # The end

    def cancel(self) -> None:
        """End without an answer: the run is over."""
        self.sync.cut()
        for carried in self.carried:
            carried.cancel()
        for task in self.tasks - {each.task for each in self.carried}:
            task.cancel()

    async def ended(self) -> None:
        """Wait until nothing goes on any more."""
        if self.tasks:
            await asyncio.wait(self.tasks)
