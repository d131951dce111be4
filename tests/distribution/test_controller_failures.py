"""Whatever happens to the hub, or to who leads a run: nobody waits for ever."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.coordinator import Coordinator
from pytest_liveview_load.distribution.messages import (
    Began,
    Begin,
    Broken,
    CutRun,
    Finished,
    Heeded,
    Lost,
    Progress,
    Refused,
    StopRun,
)
from pytest_liveview_load.distribution.serialize import unpack_error
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.distribution.sync_server import SyncServer
from pytest_liveview_load.errors import SettingError
from tests.distribution.fake_runners import RUN, begin
from tests.distribution.scripted_runs import LEAD, PATIENCE, Told, iterations, runners


def test_an_error_in_the_gathering_ends_the_run(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, "nonsense"):
        lead.say(begin(users=1))
        broken = lead.next(Broken)

    assert "AttributeError: 'Desk' object has no attribute 'on_dance'" in broken.text


def test_an_error_in_the_conductor_ends_the_run(
    hub: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("gw7")

    lead = Told(hub)
    with runners(hub, ""):
        lead.say(begin(users=1))
        lead.next(Began)
        monkeypatch.setattr(Coordinator, "tick", fail)
        broken = lead.next(Broken)

    assert broken.text.startswith(
        "an error in the conductor of the run: KeyError: 'gw7' (test_controller_failures.py, line "
    )


def test_an_error_in_a_callback_of_the_loop_ends_the_run(
    hub: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("gw7")

    monkeypatch.setattr(SyncServer, "answer", fail)
    lead = Told(hub)
    with runners(hub, "meet"):
        lead.say(begin(users=1))
        broken = lead.next(Broken)

    assert "KeyError: 'gw7'" in broken.text


def test_what_cannot_be_sent_ends_the_run_that_wanted_it(
    hub: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meet(*_: object) -> object:
        return object()

    monkeypatch.setattr(SyncServer, "carried_out", meet)
    lead = Told(hub)
    with runners(hub, "meet"):
        lead.say(begin(users=1))
        broken = lead.next(Broken)

    assert "MessageError: Answer cannot be sent: " in broken.text


def test_a_run_without_runners_is_refused(hub: Controller) -> None:
    lead = Told(hub)
    lead.say(begin())

    assert "NoRunners" == lead.next(Refused).kind


def test_a_gang_that_cannot_be_mustered_is_refused_with_the_reason() -> None:
    async def muster(lead: str, begin: Begin) -> Sequence[str]:
        raise SettingError(f"no host for {begin.errand.name}")

    hub = Controller(muster=muster)
    hub.start()
    lead = Told(hub)
    lead.say(begin())
    refused = lead.next(Refused)
    hub.close()

    assert ("SettingError", "no host for browse") == (refused.kind, refused.text)
    assert lead.messages.empty()


def test_a_muster_can_be_called_off() -> None:
    async def muster(lead: str, begin: Begin) -> Sequence[str]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    hub = Controller(muster=muster)
    hub.start()
    lead = Told(hub)
    lead.say(begin())
    lead.say(CutRun(RUN, 1, "interrupted"))
    finished = lead.next(Finished)
    hub.close()

    assert "interrupted" == unpack(finished.outcome.snapshot).partial


def test_a_lead_that_is_gone_before_its_gang_is_there_leaves_nothing(
    hub: Controller,
) -> None:
    started, cancelled = threading.Event(), threading.Event()

    async def muster(lead: str, begin: Begin) -> Sequence[str]:
        started.set()
        try:
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]
        finally:
            cancelled.set()

    hub.muster = muster
    lead = Told(hub)
    lead.say(begin())
    assert started.wait(PATIENCE)
    lead.link.kill("crashed")

    assert cancelled.wait(PATIENCE)


def test_who_serves_no_more_is_a_loss_and_keeps_its_link(
    hub: Controller,
) -> None:
    lead = Told(hub)
    with runners(hub, "", "") as processes:
        lead.say(begin(users=2))
        lead.next(Progress)
        hub.lose("gw1", "it could not follow")
        lost = lead.next(Lost)
        assert processes["gw1"].poll() is None
        assert {LEAD, "gw0", "gw1"} == set(hub._links)

    assert "it could not follow" == lost.loss.why


def test_a_lead_that_is_through_lets_its_runs_go(hub: Controller) -> None:
    endings: queue.Queue[Any] = queue.Queue()
    hub.on_ended = lambda lead, _, ending: endings.put((lead, ending))
    lead = Told(hub)
    with runners(hub, ""):
        lead.say(begin(users=1))
        lead.next(Began)
        hub.release(LEAD)
        name, ending = endings.get(timeout=PATIENCE)

    assert (LEAD, "its test is over") == (name, ending.loss.why)


def test_what_is_called_off_ends_with_the_numbers_until_then(hub: Controller) -> None:
    endings: list[tuple[str, Any]] = []
    hub.on_ended = lambda _, errand, ending: endings.append((errand.name, ending))
    lead = Told(hub)
    with runners(hub, "", ""):
        lead.say(begin(users=2))
        lead.next(Progress)
        hub.call_off("interrupted")
        hub.catch_up()
        [(name, ending)] = endings
        lead.next(Finished)

    assert ("browse", "interrupted") == (name, unpack(ending.outcome.snapshot).partial)
    assert iterations(ending) > 0


def test_a_wish_for_a_run_that_is_over_is_answered(hub: Controller) -> None:
    lead = Told(hub)
    lead.say(StopRun("of yesterday", 7, "stopped"))

    heeded = lead.next(Heeded)

    assert 7 == heeded.asked
    assert "what was asked of the crowd: the run is over" == str(
        unpack_error(heeded.fault)
    )


def test_whoever_leads_hears_of_the_hubs_end(hub: Controller) -> None:
    lead = Told(hub)
    with runners(hub, ""):
        lead.say(begin(users=1))
        lead.next(Began)
        hub.close()
        broken = lead.next(Broken)

    assert "the session has ended" == broken.text
