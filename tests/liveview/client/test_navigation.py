"""Going from view to view and from page to page, as the real client's frames have it."""

from typing import Any

import pytest
from websockets.protocol import State

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Handler,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    refusing,
)
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

PATCH = '<a id="p" href="/counter?page=2" data-phx-link="patch" data-phx-link-state="push">p</a>'
NAVIGATE = (
    '<a id="n" href="/other" data-phx-link="redirect" data-phx-link-state="push">n</a>'
)
LINKS = {
    "0": "first",
    "s": [f"{PATCH}{NAVIGATE}<a id='full' href='/counter'>f</a><b>", "</b>"],
}


@pytest.fixture(autouse=True)
def linked(server: ScriptedServer) -> None:
    server.on["phx_join"] = accepting(LINKS)
    server.page("/other", view="OtherLive")


def outline(server: ScriptedServer) -> list[tuple[str, str | None, str | None]]:
    return [(said.event, said.join_ref, said.ref) for said in server.said]


def replying(**response: Any) -> Handler:
    return lambda talk, said: talk.reply(said, **response)


async def test_a_patch_stays_on_the_channel(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["live_patch"] = replying(diff={"0": "second"})
    await live.visit("/counter")

    await live.click("#p")

    assert outline(server) == [("phx_join", "4", "4"), ("live_patch", "4", "8")]
    assert server.said[-1].payload == {"url": f"{server.url}/counter?page=2"}
    assert (live.path, live.text("b")) == ("/counter?page=2", "second")
    assert measured.labels("patch") == ["/counter"]


async def test_navigation_leaves_and_joins_at_once_on_one_topic(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")
    server.on["phx_join"] = accepting({"s": ["<p>other</p>"]})

    await live.click("#n")

    assert outline(server)[1:] == [("phx_leave", "4", "8"), ("phx_join", "11", "11")]
    join = server.said[-1]
    assert join.topic == "lv:phx-counter"
    assert join.payload["redirect"] == f"{server.url}/other"
    assert join.payload["params"]["_live_referer"] == f"{server.url}/counter"
    assert "url" not in join.payload
    assert (live.path, live.text("p")) == ("/other", "other")
    assert len(server.asked) == 1
    assert measured.labels("navigate") == ["/other"]
    assert measured.labels("mount") == ["/counter", "/other"]
    assert measured.labels("visit") == ["/counter"]


@pytest.mark.parametrize(
    ("version", "flash"),
    [("1.2.10", {}), ("1.1.33", {"flash": None}), ("1.0.19", {"flash": None})],
)
async def test_what_a_link_leads_to_is_joined_with_its_version_s_flash(
    server: ScriptedServer, live: Visitor, version: str, flash: dict[str, None]
) -> None:
    # As historyRedirect(e, href, linkState, null, target), and 1.2's `flash ?? undefined`.
    server.on["phx_join"] = accepting(LINKS, version)
    await live.visit("/counter")

    await live.click("#n")

    payload = server.said[-1].payload
    assert flash == {key: payload[key] for key in payload if key == "flash"}


async def test_a_push_of_a_navigation_says_no_flash_where_the_server_said_none(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = accepting(LINKS, "1.1.33")
    await live.visit("/counter")

    def navigated(talk: Talk, said: Said) -> None:
        talk.push(server.said[0], "live_redirect", {"to": "/other", "kind": "push"})
        talk.reply(said)

    server.on["go"] = navigated
    await live.push("go")

    await server.until(lambda: len(server.heard("phx_join")) == 2)
    assert "flash" not in server.heard("phx_join")[-1].payload


async def test_a_reply_of_the_old_view_after_the_join_is_outdated(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    (old,) = server.said

    def join(talk: Talk, said: Said) -> None:
        accepting({"s": ["<p>other</p>"]})(talk, said)
        talk.push(old, "phx_close", {})
        talk.push(old, "diff", {"0": "of the old view"})

    server.on["phx_join"] = join
    await live.click("#n")
    await live.push("fence")

    assert live.text("p") == "other"


@pytest.mark.parametrize("how", ["reply", "push"])
async def test_push_navigate_is_part_of_the_step_that_caused_it(
    server: ScriptedServer, live: Visitor, measured: Measured, how: str
) -> None:
    to = {"kind": "push", "to": "/other", "flash": "the-flash"}

    def go(talk: Talk, said: Said) -> None:
        talk.push(said, "diff", {"e": []})
        if how == "reply":
            talk.reply(said, live_redirect=to)
        else:
            talk.push(said, "live_redirect", to)

    server.on["go"] = go
    await live.visit("/counter")

    await live.push("go")

    assert live.path == "/other"
    assert server.said[-1].payload["flash"] == "the-flash"
    assert measured.labels("navigate") == ["/other"]


async def test_push_patch_moves_the_address_before_the_reply(
    server: ScriptedServer, live: Visitor
) -> None:
    def go(talk: Talk, said: Said) -> None:
        talk.push(said, "live_patch", {"kind": "push", "to": "/counter?page=7"})
        talk.reply(said, diff={"0": "seventh"})

    server.on["go"] = go
    await live.visit("/counter")

    await live.push("go")

    assert (live.path, live.text("b")) == ("/counter?page=7", "seventh")


async def test_a_patch_that_belongs_to_another_view_becomes_navigation(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["live_patch"] = replying(link_redirect=True)
    await live.visit("/counter")

    await live.click("#p")

    assert [said.event for said in server.said[1:]] == [
        "live_patch",
        "phx_leave",
        "phx_join",
    ]
    assert live.path == "/counter?page=2"


async def test_what_the_server_patches_to_meanwhile_goes_before_the_link(
    server: ScriptedServer, live: Visitor
) -> None:
    def patched(talk: Talk, said: Said) -> None:
        if said.payload["url"].endswith("page=2"):
            talk.push(said, "live_patch", {"kind": "push", "to": "/counter?page=3"})
        talk.reply(said)

    server.on["live_patch"] = patched
    await live.visit("/counter")

    await live.click("#p")

    assert live.path == "/counter?page=3"
    await live.back()
    assert live.path == "/counter"  # page 2 was never in the address bar


async def test_what_the_server_patches_to_afterwards_comes_behind_the_link(
    server: ScriptedServer, live: Visitor
) -> None:
    def patched(talk: Talk, said: Said) -> None:
        talk.reply(said)
        if said.payload["url"].endswith("page=2") and len(server.said) == 2:
            talk.push(said, "live_patch", {"kind": "push", "to": "/counter?page=3"})

    server.on["live_patch"] = patched
    await live.visit("/counter")

    await live.click("#p")
    await live.push("fence")

    assert live.path == "/counter?page=3"
    await live.back()
    assert live.path == "/counter?page=2"


async def test_back_to_where_a_patch_link_led_elsewhere_asks_for_a_patch_first(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["live_patch"] = replying(link_redirect=True)
    await live.visit("/counter")
    await live.click("#p")

    await live.back()

    said = [said.event for said in server.said[4:]]
    assert said == ["live_patch", "phx_leave", "phx_join"]
    assert live.path == "/counter"


async def test_a_view_joins_again_where_it_was_asked_for_not_where_its_mount_patched_to(
    server: ScriptedServer, live: Visitor
) -> None:
    # As applyJoinPatch: the address bar moves, the view's own href does not.
    def mounted(talk: Talk, said: Said) -> None:
        to = {"kind": "push", "to": "/counter?page=9"}
        talk.reply(said, rendered=LINKS, liveview_version="1.2.10", live_patch=to)

    server.on["phx_join"] = mounted
    await live.visit("/counter")
    assert live.path == "/counter?page=9"

    await live.reconnect()

    assert server.said[-1].payload["url"] == f"{server.url}/counter"


async def test_a_redirect_is_a_page_load_with_the_flash_in_a_cookie(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["go"] = replying(redirect={"to": "/other", "flash": "the-flash"})
    await live.visit("/counter")

    await live.push("go")

    assert [(said.topic, said.event) for said in server.said[2:]] == [
        ("lv:phx-counter", "phx_leave"),
        ("lv:", "phx_leave"),
        ("lv:phx-other", "phx_join"),
    ]
    assert server.said[3][:2] == (None, "10")
    assert server.asked[-1].headers["cookie"] == "__phoenix_flash__=the-flash"
    assert server.asked[-1].headers["referer"] == f"{server.url}/counter"
    assert live.path == "/other"
    assert measured.labels("visit") == ["/counter", "/other"]


async def test_another_live_session_refuses_the_join_and_gets_a_page_load(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/counter")

    def join(talk: Talk, said: Said) -> None:
        strange = said.payload.get("redirect", "").endswith("/other")
        answer = refusing(reason="unauthorized") if strange else accepting(LINKS)
        answer(talk, said)

    server.on["phx_join"] = join
    await live.click("#n")

    assert [said.event for said in server.said[1:]] == [
        *("phx_leave", "phx_join", "phx_leave", "phx_leave", "phx_join"),
    ]
    assert [asked.target for asked in server.asked] == ["/counter", "/other"]
    assert live.path == "/other"
    assert measured.labels("navigate") == ["/other"]


@pytest.mark.parametrize(
    ("refusal", "loads"),
    [
        ({"redirect": {"to": "/other", "status": 302}}, 2),
        ({"live_redirect": {"to": "/other", "kind": "push"}}, 1),
    ],
    ids=["redirect", "live_redirect"],
)
async def test_a_mount_that_sends_elsewhere_is_followed(
    server: ScriptedServer, live: Visitor, refusal: dict[str, Any], loads: int
) -> None:
    def join(talk: Talk, said: Said) -> None:
        first = len(server.heard("phx_join")) == 1
        (refusing(**refusal) if first else accepting(LINKS))(talk, said)

    server.on["phx_join"] = join

    await live.visit("/counter")

    assert live.path == "/other"
    assert len(server.asked) == loads
    told = [(said.topic, said.event, said.join_ref, said.ref) for said in server.said]
    assert told[1:3] == [
        ("lv:phx-counter", "phx_leave", "4", "8"),
        ("lv:phx-counter", "phx_leave", "4", "9"),
    ]
    joined = ("lv:phx-counter", "phx_join", "12", "12")
    assert told[3] == (joined if loads == 1 else ("lv:", "phx_leave", None, "10"))


async def test_an_unasked_redirect_is_awaited_by_the_next_step(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    (join,) = server.said
    server.talks[0].push(join, "redirect", {"to": "/other"})
    await server.until(lambda: len(server.asked) == 2)

    await live.click("#n")

    assert server.said[-2].topic == "lv:phx-other"


async def test_a_form_that_triggers_its_action_is_submitted_over_http(
    server: ScriptedServer, live: Visitor
) -> None:
    form = [
        '<form id="f" action="/session" method="post" phx-submit="save"',
        '><input name="name" value="ann"><button>Log in</button></form>',
    ]
    server.on["phx_join"] = accepting({"0": "", "s": form})
    server.on["save"] = replying(diff={"0": " phx-trigger-action"})
    server.pages["/session"] = lambda _: Answer("", 302, {"location": "/other"})
    await live.visit("/counter")

    await live.submit("#f")

    assert [(asked.method, asked.body) for asked in server.asked[1:]] == [
        ("POST", "name=ann"),
        ("GET", ""),
    ]
    assert live.path == "/other"


@pytest.mark.parametrize("way", ["visit", "link", "redirect", "back"])
async def test_the_socket_of_a_page_is_closed_when_another_is_loaded(
    server: ScriptedServer, live: Visitor, way: str
) -> None:
    server.on["go"] = replying(redirect={"to": "/other"})
    if way == "back":
        await live.visit("/other")
    await live.visit("/counter")
    talk = server.talks[-1]

    if way == "visit":
        await live.visit("/other")
    elif way == "link":
        await live.click("#full")
    elif way == "redirect":
        await live.push("go")
    else:
        await live.back()

    await server.until(lambda: talk.protocol.close_rcvd)
    assert server.talks[-1].protocol.state is State.OPEN


async def test_back_over_a_patch_is_a_patch(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    await live.click("#p")

    await live.back()

    assert [said.event for said in server.said[1:]] == ["live_patch", "live_patch"]
    assert server.said[-1].payload == {"url": f"{server.url}/counter"}
    assert live.path == "/counter"


async def test_back_over_navigation_is_navigation(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    await live.click("#n")

    await live.back()

    assert server.said[-1].payload["redirect"] == f"{server.url}/counter"
    assert live.path == "/counter"
    assert len(server.asked) == 1


async def test_in_0_20_back_goes_to_an_entry_as_it_came_to_be(
    server: ScriptedServer, live: Visitor
) -> None:
    # Its popstate knows `type` alone, and a page's first entry has none.
    server.on["phx_join"] = accepting(LINKS, "0.20.17")
    await live.visit("/counter")
    await live.click("#p")
    await live.click("#n")
    told = len(server.said)

    await live.back()
    await live.back()

    said = [(said.event, said.payload) for said in server.said[told:]]
    assert [event for event, _ in said] == ["live_patch", "phx_leave", "phx_join"]
    assert said[0][1] == {"url": f"{server.url}/counter?page=2"}
    assert said[2][1]["redirect"] == f"{server.url}/counter"


async def test_back_over_a_page_load_is_a_page_load(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    await live.visit("/other")

    await live.back()

    assert [asked.path for asked in server.asked] == ["/counter", "/other", "/counter"]
    assert live.path == "/counter"


async def test_back_at_the_beginning_does_nothing(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")

    await live.back()

    assert [said.event for said in server.said] == ["phx_join"]
