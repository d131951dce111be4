"""Who may join what, and what the others are told."""

import asyncio

import httpx
import pytest
import websockets

from tests.roost.process import RoostProcess, running_roost
from tests.roost.raw_browser import connected, dead_page

pytestmark = pytest.mark.anyio

PAGES = {
    "/counter": "Counter",
    "/function_components": "Function components",
    "/live_components": "Live components",
    "/keyed": "Keyed",
    "/ticker?every=60000": "Ticker",
    "/chat?room=a&user=b": "Chat",
    "/async?delay=60000": "Async",
    "/stream_async?delay=60000": "Stream async",
    "/upload": "Upload",
    "/faults": "Faults",
    "/nested": "Nested",
    "/nested/two": "Nested two",
    "/hooks": "Hooks",
    "/portal": "Portal",
    "/fields": "Fields",
    "/form": "Form",
    "/streams": "Streams",
    "/nav/a": "Nav A page 1",
    "/nav/b": "Nav B",
    "/nav/b/7": "Nav B",
    "/other": "Other",
    "/crash": "Crash",
}


@pytest.mark.parametrize(("path", "title"), PAGES.items(), ids=PAGES)
async def test_each_page_renders_dead_and_joins(
    path: str, title: str, http: httpx.AsyncClient
) -> None:
    page = await dead_page(http, path)
    assert f'<title data-suffix=" - Roost">{title} - Roost</title>' in page.html

    async with connected(page) as socket:
        view = await socket.join(page)

    assert "ok" == view.joined["status"]
    response = view.joined["response"]
    assert "1.2.10" == response["liveview_version"]
    assert title == response["rendered"]["t"]
    statics = response["rendered"]["p"][str(response["rendered"]["s"])]
    assert '<main id="main">' in "".join(statics)


async def test_a_session_that_was_not_signed_here_is_stale(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page) as socket:
        payload = {**page.join_payload(), "session": page.session[:-2] + "xx"}
        ref = await socket.send("4", page.topic, "phx_join", payload)
        reply = await socket.receive()

    stale = {"response": {"reason": "stale"}, "status": "error"}
    assert ["4", ref, page.topic, "phx_reply", stale] == reply


async def test_a_session_of_another_view_is_stale(http: httpx.AsyncClient) -> None:
    page, another = await dead_page(http, "/counter"), await dead_page(http, "/counter")
    async with connected(page) as socket:
        payload = {**page.join_payload(), "session": another.session}
        await socket.send("4", page.topic, "phx_join", payload)
        reply = await socket.receive()

    assert {"reason": "stale"} == reply[4]["response"]


async def test_without_the_pages_csrf_token_a_socket_has_no_session(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page, csrf_token="x" * 56) as socket:
        view = await socket.join(page)

    assert {"response": {"reason": "stale"}, "status": "error"} == view.joined


async def test_another_live_session_is_unauthorized(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/nav/a")
    other = str(httpx.URL(page.url).join("/other"))
    async with connected(page) as socket:
        view = await socket.join(page, navigate=other)

    assert {"response": {"reason": "unauthorized"}, "status": "error"} == view.joined


async def test_a_url_of_another_view_is_unauthorized(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page) as socket:
        payload = {**page.join_payload(), "url": str(httpx.URL(page.url).join("/form"))}
        await socket.send("4", page.topic, "phx_join", payload)
        reply = await socket.receive()

    assert {"reason": "unauthorized"} == reply[4]["response"]


async def test_navigating_tells_the_container(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/nav/a")
    async with connected(page) as socket:
        view = await socket.join(page)
        await view.send("phx_leave", {})
        assert "phx_close" == (await socket.receive())[3]
        assert "phx_reply" == (await socket.receive())[3]
        target = str(httpx.URL(page.url).join("/nav/b?from=test"))
        view = await socket.join(page, navigate=target)

    assert ["div", {}] == view.joined["response"]["container"]
    assert "test" == view.joined["response"]["rendered"]["2"]["0"]


async def test_several_views_share_a_socket(http: httpx.AsyncClient) -> None:
    first, second = await dead_page(http, "/counter"), await dead_page(http, "/counter")
    async with connected(second) as socket:
        one = await socket.join(first)
        two = await socket.join(second)
        by = {"by": "1"}
        await one.click("inc", by)
        await one.click("inc", by)
        diff = (await two.click("inc", by))["diff"]

    assert "1" == diff["2"]["0"]


async def test_joining_again_closes_the_first_view(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page) as socket:
        first = await socket.join(page)
        ref = await socket.send(None, page.topic, "phx_join", page.join_payload())
        closed, reply = await socket.receive(), await socket.receive()

    close = [first.join_ref, first.join_ref, page.topic, "phx_close", {}]
    assert close == closed
    assert [ref, "ok"] == [reply[1], reply[4]["status"]]


async def test_heartbeats_are_answered(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page) as socket:
        ref = await socket.send(None, "phoenix", "heartbeat", {})
        reply = await socket.receive()

    ok = {"response": {}, "status": "ok"}
    assert [None, ref, "phoenix", "phx_reply", ok] == reply


async def test_a_silent_socket_is_closed() -> None:
    with running_roost("--idle-timeout", "0.05") as roost:
        async with httpx.AsyncClient(base_url=roost.url) as http:
            page = await dead_page(http, "/counter")
        async with connected(page) as socket:
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.receive()

    assert closed.value.rcvd is not None
    assert 1002 == closed.value.rcvd.code


NO_MESSAGES = {
    "no JSON": "not json",
    "no array": '{"event":"phx_join"}',
    "too short": "[]",
    "a join of nothing": '["4","4","lv:x","phx_join",null]',
    "binary without an upload": b"\x00\x01",
}


@pytest.mark.parametrize("message", NO_MESSAGES.values(), ids=NO_MESSAGES)
async def test_a_message_that_is_none_closes_the_socket(
    message: str | bytes, http: httpx.AsyncClient
) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page) as socket:
        await socket.websocket.send(message)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.receive()

    assert closed.value.rcvd is not None
    assert 1011 == closed.value.rcvd.code


async def test_another_origin_is_refused(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connected(page, origin="http://evil.test"):
            pass

    assert 403 == refused.value.response.status_code


async def test_our_own_origin_is_welcome(
    http: httpx.AsyncClient, roost: RoostProcess
) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page, origin=roost.url) as socket:
        assert "ok" == (await socket.join(page)).joined["status"]


async def test_a_hundred_people_count_for_themselves(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter")

    async def person(clicks: int) -> str:
        async with connected(page) as socket:
            view = await socket.join(page)
            for _ in range(clicks):
                diff = await view.click("inc", {"by": "1"})
        return str(diff["diff"]["2"]["0"])

    counts = await asyncio.gather(*(person(1 + n % 5) for n in range(100)))

    assert [str(1 + n % 5) for n in range(100)] == counts


async def test_messages_are_written_as_phoenix_writes_them(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/counter")
    async with connected(page) as socket:
        await socket.websocket.send('[null,"7","phoenix","heartbeat",{}]')
        text = await socket.websocket.recv()

    assert '[null,"7","phoenix","phx_reply",{"response":{},"status":"ok"}]' == text
