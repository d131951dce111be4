"""Whatever happens to the controller, or to who leads a run: nobody waits for ever."""

import asyncio
import queue
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.distribution.coordinator import Coordinator
from pytest_liveview_load.distribution.messages import (
    AddUsers,
    Broken,
    ChangeDone,
    Cut,
    Finished,
    Numbers,
    Prepare,
    Refused,
    Start,
)
from pytest_liveview_load.distribution.snapshots import unpack
from pytest_liveview_load.distribution.sync_server import SyncServer
from pytest_liveview_load.errors import SettingError
from tests.distribution.fake_runners import RUN, loss_of, prepare
from tests.distribution.scripted_runs import LEAD, PATIENCE, Lead, iterations, runners


def test_an_error_in_the_sync_server_ends_the_run(controller: Controller) -> None:
    lead = Lead(controller)
    with runners(controller, "nonsense"):
        lead.say(prepare(users=1))
        broken = lead.next(Broken)

    assert "ValueError: dance" in broken.text


def test_an_error_in_the_coordinator_ends_the_run(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("gw7")

    lead = Lead(controller)
    with runners(controller, ""):
        lead.say(prepare(users=1))
        lead.next(Start)
        monkeypatch.setattr(Coordinator, "tick", fail)
        broken = lead.next(Broken)

    assert broken.text.startswith(
        "an error in the coordinator of the run: KeyError: 'gw7' "
        "(test_controller_failures.py, line "
    )


def test_an_error_in_a_callback_of_the_loop_ends_the_run(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("gw7")

    monkeypatch.setattr(SyncServer, "answer", fail)
    lead = Lead(controller)
    with runners(controller, "meet"):
        lead.say(prepare(users=1))
        broken = lead.next(Broken)

    assert "KeyError: 'gw7'" in broken.text


def test_what_cannot_be_sent_ends_the_run_that_wanted_it(
    controller: Controller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def meet(*_: object) -> str:
        return "\ud800"  # half a character

    monkeypatch.setattr(SyncServer, "_call", meet)
    lead = Lead(controller)
    with runners(controller, "meet"):
        lead.say(prepare(users=1))
        broken = lead.next(Broken)

    assert "MessageError: SyncAnswer cannot be sent: " in broken.text


def test_a_run_without_runners_is_refused(controller: Controller) -> None:
    lead = Lead(controller)
    lead.say(prepare())

    assert "NoRunners" == lead.next(Refused).kind


def test_runners_that_cannot_be_found_are_refused_with_the_reason() -> None:
    async def find_runners(lead: str, prepare: Prepare) -> Sequence[str]:
        raise SettingError(f"no host for {prepare.plan.name}")

    controller = Controller(find_runners=find_runners)
    controller.start()
    lead = Lead(controller)
    lead.say(prepare())
    refused = lead.next(Refused)
    controller.close()

    assert ("SettingError", "no host for browse") == (refused.kind, refused.text)
    assert lead.messages.empty()


def test_a_run_can_be_called_off_while_its_runners_are_found() -> None:
    async def find_runners(lead: str, prepare: Prepare) -> Sequence[str]:
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    controller = Controller(find_runners=find_runners)
    controller.start()
    lead = Lead(controller)
    lead.say(prepare())
    lead.say(Cut(RUN, "interrupted"))
    finished = lead.next(Finished)
    controller.close()

    assert "interrupted" == unpack(finished.outcome.snapshot).partial


def test_a_lead_that_is_gone_before_its_runners_are_there_leaves_nothing(
    controller: Controller,
) -> None:
    started, cancelled = threading.Event(), threading.Event()

    async def find_runners(lead: str, prepare: Prepare) -> Sequence[str]:
        started.set()
        try:
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]
        finally:
            cancelled.set()

    controller.find_runners = find_runners
    lead = Lead(controller)
    lead.say(prepare())
    assert started.wait(PATIENCE)
    lead.link.kill("crashed")

    assert cancelled.wait(PATIENCE)


def test_who_serves_no_more_is_a_loss_and_keeps_its_link(
    controller: Controller,
) -> None:
    lead = Lead(controller)
    with runners(controller, "", "") as processes:
        lead.say(prepare(users=2))
        lead.next(Numbers)
        controller.lose("gw1", "it could not follow")
        lost = lead.next(Finished)
        assert processes["gw1"].poll() is None
        assert {LEAD, "gw0", "gw1"} == set(controller._links)

    assert "it could not follow" == loss_of(lost).why


def test_a_lead_that_is_through_lets_its_runs_go(controller: Controller) -> None:
    endings: queue.Queue[Any] = queue.Queue()
    controller.on_ended = lambda lead, _, ending: endings.put((lead, ending))
    lead = Lead(controller)
    with runners(controller, ""):
        lead.say(prepare(users=1))
        lead.next(Start)
        controller.release(LEAD)
        name, ending = endings.get(timeout=PATIENCE)

    assert (LEAD, "its test is over") == (name, loss_of(ending).why)


def test_what_is_called_off_ends_with_the_numbers_until_then(
    controller: Controller,
) -> None:
    endings: list[tuple[str, Any]] = []
    controller.on_ended = lambda _, plan, ending: endings.append((plan.name, ending))
    lead = Lead(controller)
    with runners(controller, "", ""):
        lead.say(prepare(users=2))
        lead.next(Numbers)
        controller.call_off("interrupted")
        controller.catch_up()
        [(name, ending)] = endings
        lead.next(Finished)

    assert ("browse", "interrupted") == (name, unpack(ending.outcome.snapshot).partial)
    assert iterations(ending) > 0


def test_a_change_of_a_run_that_is_over_is_answered(controller: Controller) -> None:
    lead = Lead(controller)
    lead.say(AddUsers("of yesterday", 7, 1))

    done = lead.next(ChangeDone)

    assert 7 == done.number
    assert "the run is over" == done.refused


def test_whoever_leads_is_told_of_the_controllers_end(controller: Controller) -> None:
    lead = Lead(controller)
    with runners(controller, ""):
        lead.say(prepare(users=1))
        lead.next(Start)
        controller.close()
        broken = lead.next(Broken)

    assert "the session has ended" == broken.text
