"""One user's steps against a scripted server: what is sent, shown and recorded."""

import pytest

from pytest_liveview_load.errors import (
    ElementError,
    NotLiveView,
    StepError,
)
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Asked,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    dead_render,
)
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.anyio


def counting(talk: Talk, said: Said) -> None:
    talk.counted = getattr(talk, "counted", 0) + 1  # type: ignore[attr-defined]
    talk.reply(said, diff={"0": str(talk.counted), "t": f"Count {talk.counted}"})  # type: ignore[attr-defined]


async def test_a_visit_is_a_get_a_socket_and_a_join(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter?from=test")

    (asked,) = server.asked
    (upgrade,) = server.upgrades
    (join,) = server.said
    assert (asked.method, asked.target) == ("GET", "/counter?from=test")
    assert upgrade.path.startswith(
        "/live/websocket?_csrf_token=the-csrf-token&_mounts=0"
    )
    assert upgrade.headers["Origin"] == server.url
    assert join == Said(
        "4",
        "4",
        "lv:phx-counter",
        "phx_join",
        {
            "url": f"{server.url}/counter?from=test",
            "params": {
                "_csrf_token": "the-csrf-token",
                "_mounts": 0,
                "_mount_attempts": 0,
            },
            "session": "SFMyNTY.g2gGbQ.sig",
            "static": None,
            "sticky": False,
        },
    )
    assert measured.timings == [
        ("dial", ""),
        ("dead_render", "/counter"),
        ("connect", ""),
        ("join", "CounterLive"),
        ("mount", "/counter"),
        ("visit", "/counter"),
    ]
    assert measured.counts == {"mounts": 1}
    assert live.path == "/counter?from=test"
    assert live.url == f"{server.url}/counter?from=test"


async def test_a_click_pushes_and_shows_the_diff(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["inc"] = counting
    await live.visit("/counter")

    await live.click("#inc")
    await live.click("#inc")

    payload = {"type": "click", "event": "inc", "value": {"value": ""}}
    pushed = [Said("4", ref, "lv:phx-counter", "event", payload) for ref in ("8", "9")]
    assert server.heard("inc") == pushed
    assert live.text("#count") == "2"
    assert live.title == "Count 2"
    assert live.all("b, button") == ["2", ""]
    assert live.attr("button", "phx-click") == "inc"
    assert live.attr("button", "missing") is None
    assert live.html("#count") == '<b id="count">2</b>'
    assert live.has("b", text="2")
    assert not live.has("b", text="3")
    assert measured.events == [("inc", "CounterLive", "click", "")] * 2
    sizes = [size for size in measured.sizes if size[0] == "diff_bytes"]
    assert [name for _, name, _ in sizes] == ["inc", "inc"]


async def test_sizes_are_the_bytes_on_the_wire(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    server.on["inc"] = lambda talk, _: talk.raw(
        '["4","8","lv:phx-counter","phx_reply",{"response":{"diff":{"0":"é"}},"status":"ok"}]'
    )

    await live.click("#inc")

    assert live.text("#count") == "é"
    frame = len(
        '["4","8","lv:phx-counter","phx_reply",{"response":{"diff":{"0":"é"}},"status":"ok"}]'.encode()
    )
    assert ("diff_bytes", "inc", frame) in measured.sizes
    assert ("received_bytes", "", frame) in measured.sizes


async def test_what_the_server_pushes_unasked_is_shown_and_labelled(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def push(talk: Talk, said: Said) -> None:
        talk.push(said, "diff", {"0": "pushed"})
        talk.reply(said)

    server.on["inc"] = push
    await live.visit("/counter")

    await live.click("#inc")

    assert live.text("#count") == "pushed"
    assert measured.counts["pushes"] == 1
    assert [name for metric, name, _ in measured.sizes if metric == "diff_bytes"] == [
        "*push",
        "inc",
    ]


async def test_a_raw_push_returns_what_the_server_replied(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["ask"] = lambda talk, said: talk.reply(said, diff={"r": {"answer": 42}})
    await live.visit("/counter")

    assert await live.push("ask", {"of": "life"}) == {"answer": 42}
    assert await live.push("inc") is None

    (ask,) = server.heard("ask")
    assert ask.payload == {"type": "hook", "event": "ask", "value": {"of": "life"}}
    assert measured.events[0] == ("ask", "CounterLive", "hook", "")


async def test_a_page_without_a_live_view_can_be_visited_and_left_by_its_form(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    form = (
        '<title>Log in</title><form id="login" action="/session" method="post">'
        '<input name="_csrf_token" type="hidden" value="token-of-the-form">'
        '<label for="name">Name</label><input id="name" name="name">'
        '<button id="go">Go</button></form>'
    )
    seen: list[Asked] = []

    def session(asked: Asked) -> Answer:
        seen.append(asked)
        headers = {"location": "/counter", "set-cookie": "key=ann; path=/; HttpOnly"}
        return Answer("", 302, headers)

    server.pages["/login"] = lambda _: Answer(form)
    server.pages["/session"] = session
    await live.visit("/login")
    with pytest.raises(
        NotLiveView, match=r"push\('x'\) needs a live view.*logged in\?"
    ):
        await live.push("x")

    await live.fill(label="Name", value="Ann Lee")
    await live.submit("#login")

    (posted,) = seen
    assert posted.method == "POST"
    assert posted.body == "_csrf_token=token-of-the-form&name=Ann+Lee"
    assert posted.headers["referer"] == f"{server.url}/login"
    assert posted.headers["origin"] == server.url
    assert live.path == "/counter"
    assert server.asked[-1].headers["cookie"] == "key=ann"
    assert server.upgrades[-1].headers["Cookie"] == "key=ann"
    assert measured.labels("visit") == ["/login", "/counter"]


async def test_typing_is_one_event_a_character(
    server: ScriptedServer, live: Visitor
) -> None:
    form = '<form id="f" phx-change="change"><input id="q" name="q"></form>'
    server.on["phx_join"] = accepting({"s": [form]})
    await live.visit("/counter")

    await live.type("#q", "abc")

    values = [said.payload["value"] for said in server.heard("change")]
    assert values == ["q=a", "q=ab", "q=abc"]


async def test_an_element_that_is_not_there_is_named_with_its_nearest(
    live: Visitor,
) -> None:
    await live.visit("/counter")

    with pytest.raises(ElementError) as caught:
        await live.click("#ink")

    assert "'#ink' matches nothing" in str(caught.value)
    assert '<button id="inc"' in str(caught.value)


async def test_without_a_page_a_step_says_visit_first(live: Visitor) -> None:
    first = r"await live\.visit\(path\)` first"
    with pytest.raises(StepError, match=rf"click\('#inc'\) needs a page: .*{first}"):
        await live.click("#inc")
    with pytest.raises(StepError, match=first):
        live.text("#inc")


async def test_a_traceback_says_who_and_where(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/plain"] = lambda _: Answer("<h1>Plain</h1>")
    assert repr(live) == "<Visitor 0 on no page>"
    await live.visit("/counter?step=2")
    assert repr(live) == "<Visitor 0 on /counter (CounterLive)>"
    await live.visit("/plain")
    assert repr(live) == "<Visitor 0 on /plain>"
    await live.leave()  # as at the end of a test, before pytest prints it
    assert repr(live) == "<Visitor 0 last on /plain>"


async def test_leaving_closes_the_socket_and_keeps_the_cookies(
    server: ScriptedServer, live: Visitor
) -> None:
    page = server.pages["/counter"]
    cookie = {"set-cookie": "key=1; path=/"}
    server.pages["/counter"] = lambda asked: Answer(page(asked).body, 200, cookie)
    await live.visit("/counter")

    await live.leave()
    await live.visit("/counter")

    assert [said.event for said in server.said] == ["phx_join", "phx_join"]
    assert len(server.upgrades) == 2
    assert "referer" not in server.asked[-1].headers
    assert server.asked[-1].headers["cookie"] == "key=1"
    await live.close()
    await live.visit("/counter")
    assert "cookie" not in server.asked[-1].headers


async def test_users_of_one_network_do_not_share_cookies(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    page = server.pages["/counter"]
    server.pages["/counter"] = lambda asked: Answer(
        page(asked).body, 200, {"set-cookie": f"key={len(server.asked)}"}
    )
    one, other = user_on(network, measured), user_on(network, measured)

    for user in (one, other, one, other):
        await user.visit("/counter")

    cookies = [asked.headers.get("cookie", "") for asked in server.asked]
    assert cookies == ["", "", "key=1", "key=2"]


async def test_users_who_share_a_page_click_for_themselves(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    mine = {"0": "1", "s": ['<button id="inc" phx-click="inc" phx-value-by="', '">']}
    server.on["phx_join"] = accepting(mine)
    server.pages["/counter"] = lambda asked: Answer(
        dead_render(f"/{len(server.asked):012d}", "CounterLive")
    )
    one, other = user_on(network, measured), user_on(network, measured)

    for user in (one, other):
        await user.visit("/counter")
        await user.click("#inc")
        await user.click("#inc")

    topics = [said.topic for said in server.heard("inc")]
    assert topics == ["lv:phx-000000000001"] * 2 + ["lv:phx-000000000002"] * 2
    assert [said.payload["value"] for said in server.heard("inc")] == [
        {"by": "1", "value": ""}
    ] * 4


async def test_a_click_after_filling_a_form_is_not_taken_from_others(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    form = (
        '<form phx-change="change"><input id="q" name="q" phx-blur="left">'
        '</form><button id="inc" phx-click="inc">'
    )
    server.on["phx_join"] = accepting({"s": [form]})
    one, other = user_on(network, measured), user_on(network, measured)
    await one.visit("/counter")
    await one.click("#inc")
    await other.visit("/counter")
    await other.fill("#q", "x")

    await other.click("#inc")

    assert len(server.heard("left")) == 1
    assert len(server.heard("inc")) == 2
