"""The hub: one thread that carries the runs of this process' tests over many processes.

Law: all state is the hub thread's; from other threads comes only what is queued. Whatever
happens here, whoever leads a run is told an end of it.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pytest_liveview_load.distribution.coordinator import Ending
from pytest_liveview_load.distribution.link import Link, LinkClosed
from pytest_liveview_load.distribution.live_changes import unheeded
from pytest_liveview_load.distribution.messages import (
    AnyMessage,
    Begin,
    Broken,
    CutRun,
    PackedPlan,
    Show,
    StopRun,
    Wish,
    decode,
    encode,
)
from pytest_liveview_load.distribution.run_service import RunService, described
from pytest_liveview_load.distribution.serialize import pack_error
from pytest_liveview_load.errors import ConfigurationError, MessageError
from pytest_liveview_load.units import Clock

TICK: Final = 0.1  # seconds
SESSION_OVER: Final = "the session has ended"
PATIENCE: Final = 5.0  # seconds until the thread has begun, or ended

# Who carries what a lead begins: names of links that are attached by then.
FindRunners = Callable[[str, Begin], Awaitable[Sequence[str]]]
OnEnded = Callable[[str, PackedPlan, Ending], None]  # the lead, and how its run ended


class Controller:
    """Owns the links and the runs. `start` first, `close` last.

    `muster` finds the runners of a run, and may open hosts for that; without one they are
    those of `gather`. `on_ended`, and `on_show` with what a lead wants to be shown, are
    called in the hub's thread.
    """

    def __init__(
        self,
        *,
        muster: FindRunners | None = None,
        on_ended: OnEnded = lambda *_: None,
        on_show: Callable[[str], None] = lambda _: None,
        packages: Mapping[str, str] | None = None,
        clock: Clock = time.perf_counter,
    ) -> None:
        self.muster = muster or self.gathered
        self.on_ended = on_ended
        self.on_show = on_show
        self.packages = packages or {}
        self.clock = clock
        self._links: dict[str, Link] = {}
        self.booted: dict[str, float] = {}  # hosts, for the run that begins: seconds
        self._gangs: dict[str, tuple[str, ...]] = {}
        self._services: dict[str, RunService] = {}
        self._mustering: dict[str, tuple[Begin, str, asyncio.Task[None]]] = {}
        self._outbox: dict[str, list[AnyMessage]] = {}
        self._inbox: deque[Callable[[], None]] = deque()
        self._is_woken = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._has_begun = threading.Event()
        self._ending: asyncio.Event | None = None
        self._thread = threading.Thread(
            target=self._run, name="liveview-hub", daemon=True
        )

    # From other threads

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()
        self._has_begun.wait(PATIENCE)

    def attach(self, link: Link) -> None:
        """Know a process, whose name no other has now."""
        self._post(partial(self._attach, link))
        link.listen(partial(self._hear, link))

    def gather(self, lead: str, carriers: Sequence[str]) -> None:
        """From now on these carry what `lead` begins."""
        self._post(partial(self._gangs.__setitem__, lead, tuple(carriers)))

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
            done.wait(PATIENCE)

    def close(self) -> None:
        """End all runs and the thread. Links are closed, processes are left alone."""
        self._post(self._end)
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _post(self, action: Callable[[], Any]) -> None:
        self._inbox.append(action)
        loop = self._loop
        if self._is_woken or loop is None:
            return
        self._is_woken = True
        with suppress(RuntimeError):  # it is closed: nobody waits for the hub any more
            loop.call_soon_threadsafe(self._drain)

    def _hear(self, link: Link, data: bytes | LinkClosed, arrived: float) -> None:
        self._post(partial(self._take, link, data, arrived))

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
        """Tell every lead that waits that there is no hub any more."""
        text = SESSION_OVER if error is None else described(error)
        waiting = [(run, each.conductor.lead) for run, each in self._services.items()]
        waiting += [(run, lead) for run, (_, lead, _) in self._mustering.items()]
        for run, lead in waiting:
            if lead in self._links:
                self._links[lead].send(encode(Broken(run, text)))
        for link in self._links.values():
            link.close()

    # Links

    def _attach(self, link: Link) -> None:
        self._links[link.name] = link

    def _take(self, link: Link, data: bytes | LinkClosed, arrived: float) -> None:
        if self._links.get(link.name) is not link:
            return  # of one that was given up
        if isinstance(data, LinkClosed):
            self._lose_name(link.name, data.why)
            return
        try:
            messages = decode(data)
        except MessageError as error:
            for service in self._services_of(link.name):
                service.garbled(link.name, str(error))
            link.kill(str(error))
            return
        for message in messages:
            self._dispatch(link.name, message, arrived)

    def _dispatch(self, who: str, message: AnyMessage, arrived: float) -> None:
        if isinstance(message, Show):
            self.on_show(message.text)
            return
        service = self._services.get(message.run)
        if service is not None and service.ending is None:
            service.hear(who, message, arrived)
        elif isinstance(message, Begin):
            self._begin(message, who)
        elif isinstance(message, Wish):
            self._wish_without_run(message, who)

    def _lose_name(self, name: str, why: str) -> None:
        self._links.pop(name, None)
        self._outbox.pop(name, None)
        self._lose_in_runs(name, why)
        self._call_off(name)

    def _lose_in_runs(self, name: str, why: str) -> None:
        for service in self._services_of(name):
            service.lose(name, why)

    def _release(self, lead: str) -> None:
        self._gangs.pop(lead, None)
        for service in list(self._services.values()):
            if service.conductor.lead == lead:
                service.lose(lead, "its test is over")
        self._call_off(lead)

    def _services_of(self, name: str) -> list[RunService]:
        return [
            each
            for each in self._services.values()
            if name == each.conductor.lead or name in each.conductor.carriers
        ]

    # Runs

    async def gathered(self, lead: str, _: Begin) -> Sequence[str]:
        """Return who was gathered to carry what `lead` begins."""
        return self._gangs.get(lead, ())

    def _begin(self, begin: Begin, lead: str) -> None:
        if begin.run not in self._mustering:
            task = asyncio.create_task(self._assemble(begin, lead))
            self._mustering[begin.run] = begin, lead, task

    async def _assemble(self, begin: Begin, lead: str) -> None:
        """Find the runners, then begin with them."""
        error: Exception | None = None
        carriers: Sequence[str] = ()
        try:
            carriers = await self.muster(lead, begin)
        except Exception as caught:  # noqa: BLE001 (the lead is told)
            error = caught
        finally:
            self._mustering.pop(begin.run, None)
        try:
            service = self._service(begin, lead, carriers)
        except Exception as caught:  # noqa: BLE001
            broken = Broken(begin.run, described(caught))
            self.send(lead, broken)
            self.on_ended(lead, begin.errand, broken)
            return
        self._services[begin.run] = service
        if error is not None:
            fault = pack_error(error) if isinstance(error, ConfigurationError) else None
            service.conductor.refuse("", type(error).__name__, str(error), fault)
        service.open()
        for name in carriers:
            if name not in self._links:
                service.lose(name, "it was gone before the run began")
        self._sweep()

    def _service(self, begin: Begin, lead: str, carriers: Sequence[str]) -> RunService:
        return RunService(
            begin, lead, carriers, self, clock=self.clock, packages=self.packages
        )

    def _wish_without_run(self, wish: Wish, lead: str) -> None:
        """Answer a wish about a run that is over, or has not begun."""
        mustering = self._mustering.get(wish.run)
        if mustering is not None and isinstance(wish, StopRun | CutRun):
            begin, lead, task = mustering
            task.cancel()
            service = self._service(begin, lead, ())
            self._services[wish.run] = service
            service.hear(lead, wish, self.clock())
            return
        problem = "the run is over" if mustering is None else "the run has not begun"
        self.send(lead, unheeded(wish.run, wish.asked, problem))

    def _call_off_all(self, why: str) -> None:
        for service in list(self._services.values()):
            service.call_off(why)

    def _call_off(self, lead: str) -> None:
        for _, of, task in list(self._mustering.values()):
            if of == lead:
                task.cancel()

    def _sweep(self) -> None:
        """Forget the runs that are over."""
        for run, service in list(self._services.items()):
            if service.ending is not None:
                del self._services[run]
                conductor = service.conductor
                self.on_ended(conductor.lead, conductor.errand, service.ending)

    # As the runs' outlet

    def send(self, to: str, message: AnyMessage) -> None:
        """Send with whatever else goes there at this turn of the loop."""
        if to not in self._links:
            return
        if not self._outbox and self._loop is not None:
            self._loop.call_soon(self._flush)
        self._outbox.setdefault(to, []).append(message)

    def kill(self, who: str, why: str) -> None:
        """End a process; its link says that it is gone."""
        link = self._links.get(who)
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
