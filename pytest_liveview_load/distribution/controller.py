"""The controller: one thread that coordinates the runs of this process' tests.

It has a thread and an event loop of its own, because merging numbers and answering runners
must not wait for a test, and a loop that carries users must not wait for merging. All state
is this thread's; from other threads comes only what is queued. Whatever happens here,
whoever leads a run is told how it ended.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pytest_liveview_load.distribution.coordinator import Ending
from pytest_liveview_load.distribution.link import Link, LinkClosed
from pytest_liveview_load.distribution.live_changes import NOT_BEGUN, RUN_OVER
from pytest_liveview_load.distribution.messages import (
    Broken,
    Change,
    ChangeDone,
    Cut,
    Message,
    Prepare,
    Show,
    Stop,
    decode,
    encode,
)
from pytest_liveview_load.distribution.packed import PackedPlan
from pytest_liveview_load.distribution.run_service import RunService, describe_error
from pytest_liveview_load.distribution.serialize import pack_error
from pytest_liveview_load.errors import ConfigurationError, MessageError
from pytest_liveview_load.units import Clock

TICK: Final = 0.1  # seconds
SESSION_OVER: Final = "the session has ended"
THREAD_DEADLINE: Final = 5.0  # seconds until the thread has begun, or ended

# Who carries what a lead asks for: names of links that are attached by then.
FindRunners = Callable[[str, Prepare], Awaitable[Sequence[str]]]
OnEnded = Callable[[str, PackedPlan, Ending], None]  # the lead, and how its run ended


class Controller:
    """Owns the links and the runs. `start` first, `close` last.

    `find_runners` finds the runners of a run, and may open hosts for that; without one they
    are those of `assign`. `on_ended`, and `on_show` with what a lead wants to be shown, are
    called in the controller's thread.
    """

    def __init__(
        self,
        *,
        find_runners: FindRunners | None = None,
        on_ended: OnEnded = lambda *_: None,
        on_show: Callable[[str], None] = lambda _: None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.find_runners = find_runners or self.assigned
        self.on_ended = on_ended
        self.on_show = on_show
        self.clock = clock
        self._links: dict[str, Link] = {}
        self.booted: dict[
            str, float
        ] = {}  # hosts, in seconds; the run that begins takes them
        self._assigned: dict[str, tuple[str, ...]] = {}
        self._services: dict[str, RunService] = {}
        self._starting: dict[str, tuple[Prepare, str, asyncio.Task[None]]] = {}
        self._outbox: dict[str, list[Message]] = {}
        self._inbox: deque[Callable[[], None]] = deque()
        self._is_woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_begun = threading.Event()
        self._ending: asyncio.Event | None = None
        self._thread = threading.Thread(
            target=self._run, name="liveview-controller", daemon=True
        )

    # From other threads

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()
        self._has_begun.wait(THREAD_DEADLINE)

    def attach(self, link: Link) -> None:
        """Know a process, whose name no other has now."""
        self._post(partial(self._links.__setitem__, link.name, link))
        link.listen(partial(self._receive, link))

    def assign(self, lead: str, runners: Sequence[str]) -> None:
        """From now on these carry what `lead` asks for."""
        self._post(partial(self._assigned.__setitem__, lead, tuple(runners)))

    def release(self, lead: str) -> None:
        """`lead` is through with its test: runs that it has left are let go."""
        self._post(partial(self._release, lead))

    def lose(self, name: str, why: str) -> None:
        """`name` serves no more in the runs that there are; its link stays."""
        self._post(partial(self._lose_in_runs, name, why))

    def call_off(self, why: str) -> None:
        """End all runs with the numbers that there are."""
        self._post(partial(self._call_off_all, why))

    def catch_up(self) -> None:
        """Return once what has come until now is taken, and endings are told."""
        done = threading.Event()
        self._post(self._sweep)
        self._post(done.set)
        if self._thread.is_alive():
            done.wait(THREAD_DEADLINE)

    def close(self) -> None:
        """End all runs and the thread. Links are closed, processes are left alone."""
        self._post(self._end)
        if self._thread.is_alive():
            self._thread.join(THREAD_DEADLINE)

    def _post(self, action: Callable[[], Any]) -> None:
        self._inbox.append(action)
        loop = self._loop
        if self._is_woken or loop is None:
            return
        self._is_woken = True
        with suppress(RuntimeError):  # closed: nobody waits for the controller now
            loop.call_soon_threadsafe(self._drain)

    def _receive(self, link: Link, data: bytes | LinkClosed, arrived: float) -> None:
        self._post(partial(self._dispatch_all, link, data, arrived))

    # The thread

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            asyncio.run(self._serve())
        except BaseException as caught:  # noqa: BLE001 (told to all who wait)
            error = caught
        finally:
            self._loop = None
            self._has_begun.set()
            self._break_all(error)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_error)
        self._ending = asyncio.Event()
        self._loop = loop
        self._has_begun.set()
        self._drain()
        while not self._ending.is_set():
            for service in list(self._services.values()):
                service.tick()
            self._sweep()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK)
        for service in list(self._services.values()):
            service.break_off(SESSION_OVER)
        self._flush()
        self._sweep()

    def _drain(self) -> None:
        self._is_woken = False
        while self._inbox:
            self._inbox.popleft()()
        self._sweep()

    def _end(self) -> None:
        if self._ending is not None:
            self._ending.set()

    def _on_error(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        for service in list(self._services.values()):
            service.fail(error)
        self._sweep()

    def _break_all(self, error: BaseException | None) -> None:
        """Tell every lead that waits that there is no controller any more."""
        text = SESSION_OVER if error is None else describe_error(error)
        waiting = [(run, each.coordinator.lead) for run, each in self._services.items()]
        waiting += [(run, lead) for run, (_, lead, _) in self._starting.items()]
        for run, lead in waiting:
            if lead in self._links:
                self._links[lead].send(encode(Broken(run, text)))
        for link in self._links.values():
            link.close()

    # Links

    def _dispatch_all(
        self, link: Link, data: bytes | LinkClosed, arrived: float
    ) -> None:
        if self._links.get(link.name) is not link:
            return  # of one that was given up
        if isinstance(data, LinkClosed):
            self._lose_link(link.name, data.why)
            return
        try:
            messages = decode(data)
        except MessageError as error:
            for service in self._services_of(link.name):
                service.lose_unreadable(link.name, str(error))
            link.kill(str(error))
            return
        for message in messages:
            self._dispatch(link.name, message, arrived)

    def _dispatch(self, sender: str, message: Message, arrived: float) -> None:
        if isinstance(message, Show):
            self.on_show(message.text)
            return
        service = self._services.get(message.run)
        if service is not None and service.ending is None:
            service.receive(sender, message, arrived)
        elif isinstance(message, Prepare):
            if message.run not in self._starting:
                task = asyncio.create_task(self._start_run(message, sender))
                self._starting[message.run] = message, sender, task
        elif isinstance(message, Stop | Cut):
            self._end_starting(message, sender)
        elif isinstance(message, Change):
            is_starting = message.run in self._starting
            problem = NOT_BEGUN if is_starting else RUN_OVER
            done = ChangeDone(message.run, message.number, refused=problem)
            self.send(sender, done)

    def _lose_link(self, name: str, why: str) -> None:
        self._links.pop(name, None)
        self._outbox.pop(name, None)
        self._lose_in_runs(name, why)
        self._call_off(name)

    def _lose_in_runs(self, name: str, why: str) -> None:
        for service in self._services_of(name):
            service.lose(name, why)

    def _release(self, lead: str) -> None:
        self._assigned.pop(lead, None)
        for service in list(self._services.values()):
            if service.coordinator.lead == lead:
                service.lose(lead, "its test is over")
        self._call_off(lead)

    def _services_of(self, name: str) -> list[RunService]:
        return [
            each
            for each in self._services.values()
            if name == each.coordinator.lead or name in each.coordinator.runners
        ]

    # Runs

    async def assigned(self, lead: str, _: Prepare) -> Sequence[str]:
        """Return who was assigned to carry what `lead` asks for."""
        return self._assigned.get(lead, ())

    async def _start_run(self, prepare: Prepare, lead: str) -> None:
        """Find the runners, then begin with them."""
        error: Exception | None = None
        runners: Sequence[str] = ()
        try:
            runners = await self.find_runners(lead, prepare)
        except Exception as caught:  # noqa: BLE001 (the lead is told)
            error = caught
        finally:
            self._starting.pop(prepare.run, None)
        try:
            service = self._service(prepare, lead, runners)
        except Exception as caught:  # noqa: BLE001
            broken = Broken(prepare.run, describe_error(caught))
            self.send(lead, broken)
            self.on_ended(lead, prepare.plan, broken)
            return
        if error is not None:
            known = isinstance(error, ConfigurationError)
            packed = pack_error(error) if known else None
            kind = type(error).__name__
            service.coordinator.refuse("", kind, str(error), packed)
        service.open()
        for name in runners:
            if name not in self._links:
                service.lose(name, "it was gone before the run began")
        self._sweep()

    def _service(
        self, prepare: Prepare, lead: str, runners: Sequence[str]
    ) -> RunService:
        service = self._services[prepare.run] = RunService(
            prepare,
            lead,
            runners,
            send=self.send,
            kill=self.kill,
            clock=self.clock,
            booted_in=self.booted,
        )
        return service

    def _end_starting(self, message: Stop | Cut, sender: str) -> None:
        """End a run whose runners are still being found."""
        if message.run in self._starting:
            prepare, lead, task = self._starting[message.run]
            task.cancel()
            service = self._service(prepare, lead, ())
            service.receive(sender, message, self.clock())

    def _call_off_all(self, why: str) -> None:
        for service in list(self._services.values()):
            service.call_off(why)

    def _call_off(self, lead: str) -> None:
        for _, of, task in list(self._starting.values()):
            if of == lead:
                task.cancel()

    def _sweep(self) -> None:
        """Forget the runs that are over."""
        for run, service in list(self._services.items()):
            if service.ending is not None:
                del self._services[run]
                coordinator = service.coordinator
                self.on_ended(coordinator.lead, coordinator.plan, service.ending)

    # Commands of the runs

    def send(self, to: str, message: Message) -> None:
        """Send with whatever else goes there at this turn of the loop."""
        if to not in self._links:
            return
        if not self._outbox and self._loop is not None:
            self._loop.call_soon(self._flush)
        self._outbox.setdefault(to, []).append(message)

    def kill(self, name: str, why: str) -> None:
        """End a process; its link says that it is gone."""
        link = self._links.get(name)
        if link is not None:
            link.kill(why)

    def _flush(self) -> None:
        outbox, self._outbox = self._outbox, {}
        for name, messages in outbox.items():
            if name not in self._links:
                continue
            try:
                self._links[name].send(encode(*messages))
            except MessageError as error:
                for run in {each.run for each in messages}:
                    if run in self._services:
                        self._services[run].fail(error)
