"""The hub, with runners in processes of their own, that are killed and stopped too."""

import asyncio
import os
import queue
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import execnet
import pytest

from pytest_liveview_load.distribution.conductor import Conductor
from pytest_liveview_load.distribution.faults import error_of
from pytest_liveview_load.distribution.figures import unpack
from pytest_liveview_load.distribution.hub import Hub
from pytest_liveview_load.distribution.link import ChannelLink, InnerLink
from pytest_liveview_load.distribution.messages import (
    AnyMessage,
    Began,
    Broken,
    ChangeRate,
    CutRun,
    Finished,
    Heeded,
    Lost,
    Progress,
    Refused,
    StopRun,
)
from pytest_liveview_load.distribution.parts import Errand
from pytest_liveview_load.distribution.wire import decode, encode
from pytest_liveview_load.errors import SettingError, TogetherError
from tests.distribution import scripted_runner
from tests.distribution.made_up import RUN, begin

LEAD = "lead"
PROJECT = str(Path(__file__).parents[2])
PATIENCE = 20.0  # seconds
ENDINGS = (Broken, Finished, Lost, Refused)


class Told:
    """What the lead is told, and what it says."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.messages: queue.Queue[AnyMessage] = queue.Queue()
        self.link = InnerLink(LEAD, self.take)
        hub.attach(self.link)

    def take(self, data: bytes) -> None:
        for each in decode(data):
            self.messages.put(each)

    def say(self, *messages: AnyMessage) -> None:
        self.link.say(encode(*messages))

    def next(self, *kinds: type[Any]) -> Any:
        """Return the next message of these kinds; others are passed over."""
        while True:
            message = self.messages.get(timeout=PATIENCE)
            if isinstance(message, kinds):
                return message
            assert not isinstance(message, ENDINGS), message


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    hub.start()
    yield hub
    hub.close()
    assert not hub._thread.is_alive()


@contextmanager
def runners(hub: Hub, *scripts: str) -> Iterator[dict[str, Any]]:
    """Run one runner for each script; yield their processes by name."""
    group = execnet.Group()
    processes = {}
    try:
        for index, script in enumerate(scripts):
            gateway = group.makegateway(f"popen//id=gw{index}")
            gateway.remote_exec(
                f"import sys; sys.path.insert(0, {PROJECT!r})"
            ).waitclose()
            channel = gateway.remote_exec(scripted_runner)
            channel.send(script)
            process = vars(gateway)["_io"].popen
            processes[gateway.id] = process
            hub.attach(ChannelLink(gateway.id, channel, process.kill))
        hub.gather(LEAD, tuple(processes))
        yield processes
    finally:
        for process in processes.values():
            process.kill()  # also one that was stopped
        group.terminate(timeout=1.0)


def iterations(ending: Finished | Lost) -> int:
    return unpack(ending.outcome.snapshot).counts["iterations"]


def test_a_run_over_two_processes_is_one(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "", ""):
        lead.say(begin(users=2))
        lead.next(Began)
        progress = lead.next(Progress)
        lead.say(StopRun(RUN, 1, "stopped"))
        lead.next(Heeded)
        finished = lead.next(Finished)

    assert ["gw0", "gw1"] == [each.name for each in progress.runners]
    assert ("stopped",) == finished.outcome.notes
    assert iterations(finished) >= unpack(progress.snapshot).counts["iterations"] >= 2
    for runner in finished.outcome.runners:
        assert (
            abs(runner.offset) <= runner.uncertainty + 0.001
        )  # one machine, one clock


def test_users_of_two_processes_meet(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "meet", "meet"):
        lead.say(begin(users=2))
        lead.next(Began)
        lead.next(Progress)
        lead.say(StopRun(RUN, 1, "stopped"))
        finished = lead.next(Finished)

    [_, one, other] = finished.outcome.notes
    assert one.removeprefix("gw0: ") == other.removeprefix("gw1: ")
    assert "of 0" in one
    assert "of 1" in one


def test_a_throttle_is_found_by_name_and_its_rate_is_changed(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "turns"):
        lead.say(begin(users=1))
        lead.next(Progress)
        lead.say(ChangeRate(RUN, 1, "bye", "5/s"), ChangeRate(RUN, 2, "buy", "5/s"))
        wrong, right = lead.next(Heeded), lead.next(Heeded)
        lead.say(StopRun(RUN, 3, "stopped"))
        lead.next(Finished)

    error = error_of(wrong.fault)
    assert isinstance(error, TogetherError)
    assert "change_rate('bye', '5/s')" == error.asked
    assert (2, None) == (right.asked, right.fault)


def test_a_killed_process_is_a_loss_at_once(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2))
        seen = lead.next(Progress)
        processes["gw1"].kill()
        lost = lead.next(Lost)

    assert "gw1" == lost.loss.who
    assert "its process has ended" in lost.loss.why
    assert [lost.loss] == list(lost.outcome.losses)
    assert iterations(lost) >= unpack(seen.snapshot).counts["iterations"]


def test_a_stopped_process_is_a_loss_within_six_seconds(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2))
        seen = lead.next(Progress)
        os.kill(processes["gw1"].pid, signal.SIGSTOP)
        lost = lead.next(Lost)
        processes["gw1"].wait(PATIENCE)  # it was killed, too

    assert ("gw1", "it has stalled: no numbers for 5.8s") == (
        lost.loss.who,
        lost.loss.why,
    )
    assert lost.loss.at - seen.elapsed < 6.5


def test_a_blocked_process_says_where(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "block", "") as processes:
        lead.say(begin(users=2))
        lost = lead.next(Lost)
        processes["gw0"].wait(PATIENCE)

    assert "its event loop was blocked for 5s" == lost.loss.why
    assert "in play" in lost.loss.stack


def test_a_loss_can_leave_the_run_going_on(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2, lost="continue"))
        lead.next(Progress)
        processes["gw1"].kill()
        while not lead.next(Progress).losses:
            pass
        lead.say(StopRun(RUN, 1, "stopped"))
        finished = lead.next(Finished)

    [loss] = finished.outcome.losses
    assert ("gw1", True) == (loss.who, loss.moved)


def test_words_that_cannot_be_read_are_a_loss_that_says_so(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "garbage"):
        lead.say(begin(users=1))
        lost = lead.next(Lost)

    assert "10 bytes are no messages" in lost.loss.why


# Errors in the hub


def test_an_error_in_the_gathering_ends_the_run(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, "nonsense"):
        lead.say(begin(users=1))
        broken = lead.next(Broken)

    assert "AttributeError: 'Desk' object has no attribute 'on_dance'" in broken.text


def test_an_error_in_the_conductor_ends_the_run(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("gw7")

    lead = Told(hub)
    with runners(hub, ""):
        lead.say(begin(users=1))
        lead.next(Began)
        monkeypatch.setattr(Conductor, "tick", fail)
        broken = lead.next(Broken)

    assert broken.text.startswith(
        "an error in the conductor of the run: KeyError: 'gw7' (test_hub.py, line "
    )


def test_a_run_without_runners_is_refused(hub: Hub) -> None:
    lead = Told(hub)
    lead.say(begin())

    assert "NoRunners" == lead.next(Refused).kind


def test_a_gang_that_cannot_be_mustered_is_refused_with_the_reason() -> None:
    async def muster(lead: str, errand: Errand) -> Sequence[str]:
        raise SettingError(f"no host for {errand.name}")

    hub = Hub(muster=muster)
    hub.start()
    lead = Told(hub)
    lead.say(begin())
    refused = lead.next(Refused)
    hub.close()

    assert ("SettingError", "no host for browse") == (refused.kind, refused.text)


def test_a_muster_can_be_called_off() -> None:
    async def muster(lead: str, errand: Errand) -> Sequence[str]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    hub = Hub(muster=muster)
    hub.start()
    lead = Told(hub)
    lead.say(begin())
    lead.say(CutRun(RUN, 1, "interrupted"))
    finished = lead.next(Finished)
    hub.close()

    assert "interrupted" == unpack(finished.outcome.snapshot).partial


def test_a_wish_for_a_run_that_is_over_is_answered(hub: Hub) -> None:
    lead = Told(hub)
    lead.say(StopRun("of yesterday", 7, "stopped"))

    heeded = lead.next(Heeded)

    assert 7 == heeded.asked
    assert "what was asked of the crowd: the run is over" == str(error_of(heeded.fault))


def test_whoever_leads_hears_of_the_hubs_end(hub: Hub) -> None:
    lead = Told(hub)
    with runners(hub, ""):
        lead.say(begin(users=1))
        lead.next(Began)
        hub.close()
        broken = lead.next(Broken)

    assert "the session has ended" == broken.text
