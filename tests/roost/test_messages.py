"""Messages within the server: who hears them, and until when."""

from urllib.parse import urlencode

import httpx
import pytest

from tests.roost.raw_browser import Message, Socket, connected, dead_page

pytestmark = pytest.mark.anyio


async def say(socket: Socket, topic: str, join_ref: str, text: str) -> None:
    value = urlencode({"msg[text]": text})
    payload = {"type": "form", "event": "send", "value": value, "meta": {}}
    await socket.send(join_ref, topic, "event", payload)


def heard(messages: list[Message]) -> list[str]:
    return [
        row["2"]
        for message in messages
        if message[3] == "diff"
        for row in message[4]["2"].get("4", {}).get("k", {}).values()
        if isinstance(row, dict)
    ]


async def test_a_room_is_heard_by_those_in_it_alone(http: httpx.AsyncClient) -> None:
    here = await dead_page(http, "/chat?room=here&user=ann")
    there = await dead_page(http, "/chat?room=there&user=bob")
    async with connected(here) as socket:
        ann, bob = await socket.join(here), await socket.join(there)
        await say(socket, ann.topic, ann.join_ref, "hello <b>")
        own = [await socket.receive(), await socket.receive()]
        await say(socket, bob.topic, bob.join_ref, "anybody?")
        others = [await socket.receive(), await socket.receive()]

    assert ["hello &lt;b&gt;"] == heard(own)
    assert ["anybody?"] == heard(others)
    assert {bob.topic} == {message[2] for message in others}


async def test_one_who_left_hears_nothing(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/chat?room=left&user=ann")
    other = await dead_page(http, "/chat?room=left&user=bob")
    async with connected(page) as socket:
        ann = await socket.join(page)
        bob = await socket.join(other)
        joined = await socket.receive()
        await ann.send("phx_leave", {})
        left = [await socket.receive(), await socket.receive()]
        await say(socket, bob.topic, bob.join_ref, "gone?")
        after = [await socket.receive(), await socket.receive()]

    assert {"2": {"2": "bob joined"}} == joined[4]
    assert {"phx_close", "phx_reply"} == {message[3] for message in left}
    assert {bob.topic} == {message[2] for message in after}


async def test_a_ticker_stops_with_its_view(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/ticker?every=5")
    async with connected(page) as socket:
        view = await socket.join(page)
        await socket.receive()
        ref = await view.send("phx_leave", {})
        while (await socket.receive())[1] != ref:
            pass
        await socket.send(None, "phoenix", "heartbeat", {})
        last = await socket.receive()

    assert "phoenix" == last[2]
