"""A Python class stands in for a page's hook; a test can speak and listen as one."""

from typing import Any

import pytest

from pytest_liveview_load.errors import CallError, ElementError, StepTimeout
from pytest_liveview_load.liveview.client.hooks import Hook
from pytest_liveview_load.liveview.user.steps import check_hooks
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accepting,
)

pytestmark = pytest.mark.anyio

CHART = '<div id="chart" phx-hook="Chart" data-n="{}"><i id="in">x</i></div>'
ZOOM = """[["dispatch",{"to":"#chart","event":"zoom","detail":{"by":2}}]]"""
REST = f"""<b id="d" phx-click='{ZOOM}'>d</b><b id="n" phx-click="next">n</b>
<p id="c" data-phx-component="3">c</p>"""
PAGE = ["", REST]


class Chart(Hook):
    """Keeps what happens to it."""

    heard: list[Any]

    def mounted(self) -> None:
        self.heard = [("mounted", self.attr("data-n"))]
        self.push_event("ready", {"n": 1}, self.heard.append)
        LIVING.append(self)

    def updated(self) -> None:
        self.heard.append(("updated", self.attr("data-n")))

    def destroyed(self) -> None:
        self.heard.append("destroyed")

    def handle_event(self, event: str, payload: Any) -> None:
        self.heard.append((event, payload))

    def dispatched(self, event: str, detail: Any) -> None:
        self.heard.append((event, detail))


LIVING: list[Chart] = []


def answering(**response: Any) -> Any:
    def answer(talk: Talk, said: Said) -> None:
        talk.reply(said, **response)

    return answer


@pytest.fixture(autouse=True)
def page(server: ScriptedServer) -> None:
    LIVING.clear()
    server.on["phx_join"] = accepting(
        {"0": CHART.format(0), "s": PAGE, "e": [["hello", {"from": "join"}]]}
    )


def pushed(server: ScriptedServer) -> list[Any]:
    return [said.payload for said in server.said if said.event == "event"]


async def test_a_hook_lives_as_long_as_its_element(
    server: ScriptedServer, live: Visitor
) -> None:
    live.hooks["Chart"] = Chart
    server.on["event"] = answering(diff={"r": {"ok": True}})
    await live.visit("/counter")
    (chart,) = LIVING
    assert [{"type": "hook", "event": "ready", "value": {"n": 1}}] == pushed(server)
    assert [
        ("mounted", "0"),
        ("hello", {"from": "join"}),
        {"ok": True},
    ] == chart.heard

    chart.heard.clear()
    server.on["event"] = answering(diff={"0": CHART.format(1), "e": [["tick", {}]]})
    await live.click("#n")
    server.on["event"] = answering(diff={})
    await live.click("#n")
    server.on["event"] = answering(diff={"0": ""})
    await live.click("#n")
    assert [("updated", "1"), ("tick", {}), "destroyed"] == chart.heard


async def test_a_hook_hears_clicks_and_what_a_chain_dispatches(
    server: ScriptedServer, live: Visitor
) -> None:
    live.hooks["Chart"] = Chart
    server.on["event"] = answering()
    await live.visit("/counter")
    (chart,) = LIVING
    chart.heard.clear()

    await live.click("#in")
    await live.click("#d")

    assert [("click", None), ("zoom", {"by": 2})] == chart.heard


async def test_without_its_hook_an_element_answers_to_no_click(live: Visitor) -> None:
    await live.visit("/counter")
    with pytest.raises(ElementError):
        await live.click("#in")
    await live.click("#d")  # nobody listens, as in a browser


async def test_what_is_no_class_of_a_hook_is_refused(live: Visitor) -> None:
    class Chrt:
        """Forgot its base."""

    for given in (Chrt, object(), lambda: None, "Chart"):
        with pytest.raises(CallError, match=r"class Chart\(Hook\)"):
            live.hooks["Chart"] = given  # type: ignore[assignment]
    with pytest.raises(CallError):
        live.hooks.update({"Chart": Chrt})  # type: ignore[dict-item]


async def test_a_class_for_a_hook_that_no_page_has_is_an_error_in_the_end(
    server: ScriptedServer, live: Visitor
) -> None:
    check_hooks(live)
    live.hooks["Chart"] = Chart
    live.hooks["Chrt"] = Chart
    check_hooks(live)  # nothing was visited
    server.on["event"] = answering()
    await live.visit("/counter")

    with pytest.raises(CallError) as raised:
        check_hooks(live)

    assert (
        "live.hooks['Chrt']: no page that was visited has phx-hook='Chrt': they have "
        "'Chart'. Did you mean 'Chart'?" == str(raised.value)
    )


async def test_pushing_as_a_hook_needs_an_element_with_one(live: Visitor) -> None:
    await live.visit("/counter")

    with pytest.raises(ElementError, match="has no phx-hook") as raised:
        await live.push_event("ready", hook="#n")

    assert ('<div id="chart" phx-hook="Chart">x</div>',) == raised.value.candidates


async def test_what_a_hook_raises_fails_the_step(
    server: ScriptedServer, live: Visitor
) -> None:
    class Broken(Hook):
        def mounted(self) -> None:
            raise ZeroDivisionError

    live.hooks["Chart"] = Broken
    with pytest.raises(ZeroDivisionError):
        await live.visit("/counter")


async def test_a_test_pushes_as_a_hook_and_gets_the_reply(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["event"] = answering(diff={"r": {"sum": 3}})
    await live.visit("/counter")

    assert {"sum": 3} == await live.push_event("add", {"a": 1}, hook="#chart")
    assert {"sum": 3} == await live.push_event("add", hook="#chart", to="#c")
    assert [(None, {"a": 1}), (3, {})] == [
        (each.get("cid"), each["value"]) for each in pushed(server)
    ]
    with pytest.raises(ElementError):
        await live.push_event("add", hook="#nobody")


async def test_what_the_server_pushes_is_given_once_and_in_order(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    assert {"from": "join"} == await live.pushed("hello")

    server.on["event"] = answering(diff={"e": [["a", 1], ["b", 2], ["a", 3]]})
    await live.click("#n")
    assert [2, 1, 3] == [await live.pushed(each) for each in ("b", "a", "a")]
    with pytest.raises(StepTimeout, match="the server to push 'a'"):
        await live.pushed("a", timeout=0.01)


async def test_a_push_that_is_still_to_come_is_waited_for(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")

    def late(talk: Talk, said: Said) -> None:
        talk.reply(said)
        talk.push(said, "diff", {"e": [["late", "news"]]})

    server.on["event"] = late
    await live.click("#n")
    assert "news" == await live.pushed("late")
