"""How a step waits: until it holds, until it is answered, until its deadline."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pytest_liveview_load.errors import CallError, StepTimeout, UnitError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import ScriptedServer, accepting, never
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio


async def test_until_wakes_with_the_change_that_fulfils_it(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    looked: list[str] = []
    await live.visit("/counter")
    (join,) = server.said
    (talk,) = server.talks

    def shows_two() -> bool:
        looked.append(live.text("#count"))
        if looked[-1] != "2":
            talk.push(join, "diff", {"0": str(int(looked[-1]) + 1)})
        return looked[-1] == "2"

    await live.until(shows_two, label="two")

    assert looked == ["0", "1", "2"]  # once a change, never in between
    assert measured.labels("settle") == ["two"]


async def test_until_takes_a_selector(server: ScriptedServer, live: Visitor) -> None:
    server.on["phx_join"] = accepting({"0": "", "s": ["<div>", "</div>"]})
    await live.visit("/counter")
    (join,) = server.said
    server.talks[0].push(join, "diff", {"0": '<i class="done"></i>'})

    await live.until("i.done")

    assert live.has("i.done")


async def test_until_that_never_holds_says_what_it_waited_for(live: Visitor) -> None:
    await live.visit("/counter")

    with pytest.raises(StepTimeout) as caught:
        await live.until("#never", timeout="10ms")

    assert str(caught.value).startswith(
        "until('#never') was not done within 0.01s: still waiting for '#never' on "
        f"{live.url}. "
    )


async def test_a_timeout_that_is_no_duration_is_quoted(live: Visitor) -> None:
    with pytest.raises(UnitError, match=r"^'soon' is not a duration"):
        await live.visit("/counter", timeout="soon")


async def test_a_step_without_answer_times_out_and_leaves_the_user_usable(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["inc"] = never
    await live.visit("/counter")

    with pytest.raises(StepTimeout) as caught:
        await live.click("#inc", timeout=0.01)
    await live.push_event("other")
    await live.leave()
    await live.visit("/counter")

    assert str(caught.value).startswith(
        "click('#inc') was not done within 0.01s: still waiting for the reply to event 'inc'"
    )


async def test_a_late_reply_is_still_shown_and_measured(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["inc"] = never
    await live.visit("/counter")
    with pytest.raises(StepTimeout):
        await live.click("#inc", timeout=0.01)

    (late,) = server.heard("inc")
    server.talks[0].reply(late, diff={"0": "late"})
    await live.until(lambda: live.text("#count") == "late")

    assert measured.labels("event") == ["inc"]


async def test_a_cancelled_step_leaves_nothing_behind(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["inc"] = never
    await live.visit("/counter")

    step = asyncio.create_task(live.click("#inc"))
    await server.until(lambda: server.heard("inc"))
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    before = asyncio.all_tasks()
    await live.push("other")

    assert asyncio.all_tasks() == before


async def is_there() -> bool:
    return True


class LaterTrue:
    """As a step of a helper class."""

    async def holds(self) -> bool:
        return True


def calls_one() -> object:
    return is_there()


ASYNC: dict[str, Callable[[], Any]] = {
    "a function": lambda: is_there,
    "a method": lambda: LaterTrue().holds,
    "a call": is_there,
    "a plain function that calls one": lambda: calls_one,
}


@pytest.mark.parametrize("made", ASYNC.values(), ids=ASYNC)
async def test_an_async_condition_is_refused(
    live: Visitor, made: Callable[[], Any]
) -> None:
    await live.visit("/counter")

    with pytest.raises(CallError, match=r"the condition is async.*until\(lambda: "):
        await live.until(made())


async def test_a_condition_that_was_looked_at_already_is_refused(live: Visitor) -> None:
    await live.visit("/counter")

    with pytest.raises(CallError, match=r"until\(False\): .*until\(lambda: "):
        await live.until(live.has("#later"))  # type: ignore[arg-type]
