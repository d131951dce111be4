"""Views within views: who may join them, and when they end."""

import re
from typing import Any

import httpx
import pytest

from tests.roost.raw_browser import DeadPage, Socket, View, connected, dead_page, found

pytestmark = pytest.mark.anyio


async def join_child(
    socket: Socket, page: DeadPage, dom_id: str, session: str
) -> dict[str, Any]:
    payload = page.join_payload()
    del payload["url"]
    ref = await socket.send(
        "child", f"lv:{dom_id}", "phx_join", {**payload, "session": session}
    )
    reply = await socket.receive()
    assert ["child", ref, f"lv:{dom_id}", "phx_reply"] == reply[:4]
    answer: dict[str, Any] = reply[4]
    return answer


def session_of(dom_id: str, joined: View) -> str:
    rendered = str(joined.joined["response"]["rendered"])
    return found(f'id="{dom_id}" data-phx-session="([^"]+)"', rendered)


async def test_a_dead_child_has_no_session_and_a_sticky_one_has(
    http: httpx.AsyncClient,
) -> None:
    html = (await dead_page(http, "/nested")).html

    sessions = r'id="(sticky-player|child-left|grandchild)" data-phx-session="(\w*)'
    assert [
        ("sticky-player", "SFMyNTY"),
        ("child-left", ""),
        ("grandchild", ""),
    ] == re.findall(sessions, html)
    assert 'data-phx-parent-id="child-left"' in html
    assert "grand: 100" in html


async def test_children_end_with_their_parent_and_sticky_ones_do_not(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/nested")
    sticky = found('id="sticky-player" data-phx-session="([^"]+)"', page.html)
    async with connected(page) as socket:
        view = await socket.join(page)
        session = session_of("child-left", view)
        child = await join_child(socket, page, "child-left", session)
        player = await join_child(socket, page, "sticky-player", sticky)
        await view.send("phx_leave", {})
        ended = sorted([(await socket.receive())[2:4] for _ in range(3)])
        click = {"type": "click", "event": "play", "value": {}}
        await socket.send("child", "lv:sticky-player", "event", click)
        played = await socket.receive()

    assert ["ok", "ok"] == [child["status"], player["status"]]
    assert [
        ["lv:child-left", "phx_close"],
        [page.topic, "phx_close"],
        [page.topic, "phx_reply"],
    ] == ended
    assert {"diff": {"1": "1"}} == played[4]["response"]


async def test_a_child_of_a_parent_that_is_gone_is_stale(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/nested")
    async with connected(page) as socket:
        session = session_of("child-left", await socket.join(page))
    async with connected(page) as socket:
        await socket.join(page)
        answer = await join_child(socket, page, "child-left", session)

    assert {"response": {"reason": "stale"}, "status": "error"} == answer


async def test_a_childs_session_opens_no_other_view(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/nested")
    async with connected(page) as socket:
        session = session_of("child-left", await socket.join(page))
        answer = await join_child(socket, page, "child-right", session)

    assert {"response": {"reason": "stale"}, "status": "error"} == answer
