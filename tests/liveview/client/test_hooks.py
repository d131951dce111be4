"""A Python class stands in for a page's hook; a test can speak and listen as one."""

from typing import Any

import pytest

from pytest_liveview_load.errors import (
    CallError,
    ElementError,
    StepTimeout,
    ViewCrashed,
)
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
    """Keeps what happens to it; what it pushes without a server goes nowhere."""

    heard: list[Any]

    def mounted(self) -> None:
        self.heard = [("mounted", self.attr("data-n"))]
        self.push_event("ready", {"n": 1}, self.heard.append)
        LIVING.append(self)

    def updated(self) -> None:
        self.heard.append(("updated", self.attr("data-n")))

    def destroyed(self) -> None:
        self.heard.append("destroyed")

    def disconnected(self) -> None:
        self.heard.append("disconnected")
        self.push_event("gone")

    def reconnected(self) -> None:
        self.heard.append("reconnected")
        self.push_event("back")

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


CLICKED = """<button id="act" phx-hook="Ear" phx-click="act">text alone</button>
<div id="around" phx-hook="Ear"><b id="bound" phx-click="bound">text</b></div>
<input id="field" name="field" phx-blur="left"><p id="shown">{}</p>"""


class Ear(Hook):
    """Tells of clicks on elements in it, and keeps what comes back."""

    def dispatched(self, event: str, detail: Any) -> None:
        if self.id == "around":
            self.push_event("heard", on_reply=self.again)

    def again(self, reply: Any) -> None:
        if reply == "once more":
            self.push_event("again")


def told(server: ScriptedServer) -> list[str]:
    return [each["event"] for each in pushed(server)]


async def test_what_is_bound_is_pushed_also_where_a_hook_hears_of_the_click(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting({"s": [CLICKED]})
    server.on["event"] = answering()
    live.hooks["Ear"] = Ear
    await live.visit("/counter")

    await live.click("#field")
    await live.click("#act")
    await live.click("#bound")

    assert ["left", "act", "heard", "bound"] == told(server)


async def test_a_click_waits_for_all_that_a_hook_pushes_because_of_it(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting({"0": "", "s": CLICKED.split("{}")})

    def answer(talk: Talk, said: Said) -> None:
        diff = {"r": "once more"} if said.payload["event"] == "heard" else {"0": "new"}
        talk.reply(said, diff=diff)

    server.on["event"] = answer
    live.hooks["Ear"] = Ear
    await live.visit("/counter")

    await live.click("#around")

    assert ["heard", "again"] == told(server)
    assert "new" == live.text("#shown")


async def test_it_waits_also_where_two_replies_come_at_once(
    server: ScriptedServer, live: Visitor
) -> None:
    class Two(Hook):
        def dispatched(self, event: str, detail: Any) -> None:
            self.push_event("one")
            self.push_event("two", on_reply=lambda _: self.push_event("three"))

    waiting: list[Said] = []

    def answer(talk: Talk, said: Said) -> None:
        waiting.append(said)
        if len(waiting) > 1:
            for each in waiting:
                talk.reply(each, diff={})

    server.on["event"] = answer
    live.hooks["Chart"] = Two
    await live.visit("/counter")

    await live.click("#in")

    assert ["one", "two", "three"] == told(server)


async def test_a_click_that_awaits_its_reply_reaches_no_hook(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting({"s": [CLICKED]})
    live.hooks["Ear"] = Ear
    server.on["event"] = lambda talk, said: None
    await live.visit("/counter")
    with pytest.raises(StepTimeout):
        await live.click("#bound", timeout=0.01)

    with pytest.raises(ElementError, match="ignores events until the reply"):
        await live.click("#bound")
    assert ["heard", "bound"] == told(server)


async def test_live_navigation_destroys_hooks_and_mounts_others_of_the_same_ids(
    server: ScriptedServer, live: Visitor
) -> None:
    link = (
        '<a id="go" data-phx-link="redirect" data-phx-link-state="push" href="/x">x</a>'
    )
    server.on["phx_join"] = accepting({"s": [CHART.format(0) + link]})
    server.on["event"] = answering(diff={})
    live.hooks["Chart"] = Chart
    await live.visit("/counter")

    await live.click("#go")

    first, second = LIVING
    assert [("mounted", "0"), None, "destroyed"] == first.heard
    assert [("mounted", "0"), None] == second.heard


async def test_a_hook_outlives_its_views_crash_and_hears_of_it(
    server: ScriptedServer, live: Visitor
) -> None:
    live.hooks["Chart"] = Chart
    server.on["event"] = answering(diff={})
    await live.visit("/counter")
    (chart,) = LIVING
    chart.heard.clear()

    server.talks[0].crash(server.said[0])
    await server.until(lambda: "back" in told(server))
    with pytest.raises(ViewCrashed):
        await live.click("#n")
    await live.reconnect()
    await server.until(lambda: told(server) == ["ready", "back", "back"])

    kept = [each for each in chart.heard if each != ("hello", {"from": "join"})]
    assert ["disconnected", "reconnected", "disconnected", "reconnected"] == kept
    assert [chart] == LIVING


RUN = """[["toggle_class",{"names":["on"]}],["push",{"event":"ran"}]]"""


async def test_a_hook_runs_commands_at_its_element_and_is_not_updated_by_them(
    server: ScriptedServer, live: Visitor
) -> None:
    chart = f"<div id='chart' phx-hook='Chart' data-run='{RUN}'></div>"
    server.on["phx_join"] = accepting({"0": "", "s": [chart + "<p id=q>", "</p>"]})
    server.on["event"] = answering(diff={})
    live.hooks["Chart"] = Chart
    await live.visit("/counter")
    (hook,) = LIVING
    hook.heard.clear()

    hook.exec_js(hook.attr("data-run"))
    hook.exec_js("""[["add_class",{"names":["q"]}]]""", to="#q")
    await live.push_event("anything")

    assert "on" == live.attr("#chart", "class")
    assert "q" == live.attr("#q", "class")
    assert [] == hook.heard
    ran: dict[str, Any] = {"type": None, "event": "ran", "value": {}}
    assert ran == {key: pushed(server)[1][key] for key in ran}


async def test_commands_that_nobody_clicked_patch_the_page(
    server: ScriptedServer, live: Visitor
) -> None:
    class Patches(Hook):
        def mounted(self) -> None:
            self.exec_js("""[["patch",{"href":"/counter?page=2","replace":false}]]""")

    live.hooks["Chart"] = Patches
    server.on["live_patch"] = answering(diff={"0": CHART.format(2)})

    await live.visit("/counter")

    assert "/counter?page=2" == live.path
    assert "2" == live.attr("#chart", "data-n")
    await live.back()
    assert "/counter" == live.path


@pytest.mark.parametrize("commands", [None, "go"])
async def test_what_are_no_commands_is_refused(
    server: ScriptedServer, live: Visitor, commands: Any
) -> None:
    class Runs(Hook):
        def mounted(self) -> None:
            self.exec_js(commands)

    live.hooks["Chart"] = Runs
    with pytest.raises(ElementError, match=f"was given {commands!r} to run"):
        await live.visit("/counter")
