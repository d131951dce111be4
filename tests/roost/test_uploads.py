"""Files: what is refused while it is being sent, and what ends with its view."""

from typing import Any

import httpx
import pytest

from tests.roost.raw_browser import Socket, View, connected, dead_page, found

pytestmark = pytest.mark.anyio


def chunk(join_ref: str, ref: str, topic: str, data: bytes) -> bytes:
    strings = [text.encode() for text in (join_ref, ref, topic, "chunk")]
    return bytes([0, *map(len, strings)]) + b"".join(strings) + data


async def preflight(view: View, html: str, size: int) -> dict[str, Any]:
    """Announce one text file and ask leave for it."""
    upload = found('data-phx-upload-ref="([^"]+)"', html)
    file = {"ref": "0", "name": "a.txt", "size": size, "type": "text/plain"}
    form = {"type": "form", "event": "validate", "value": "note=", "meta": {}}
    await view.push("event", {**form, "uploads": {upload: [file]}})
    answer: dict[str, Any]
    answer = await view.push("allow_upload", {"ref": upload, "entries": [file]})
    return answer


def upload_html(view: View) -> str:
    return str(view.joined["response"]["rendered"])


async def send_chunk(socket: Socket, ref: str, data: bytes) -> Any:
    await socket.websocket.send(chunk("u1", ref, "lvu:0", data))
    reply = await socket.receive()
    assert ["u1", ref, "lvu:0", "phx_reply"] == reply[:4]
    return reply[4]


async def test_more_bytes_than_were_announced_are_refused(
    http: httpx.AsyncClient,
) -> None:
    page = await dead_page(http, "/upload")
    async with connected(page) as socket:
        view = await socket.join(page)
        answer = await preflight(view, upload_html(view), 4)
        join = {"token": answer["entries"]["0"]}
        await socket.send("u1", "lvu:0", "phx_join", join)
        joined = await socket.receive()
        stored = await send_chunk(socket, "c1", b"1234")
        refused = await send_chunk(socket, "c2", b"5")

    ok = {"response": {}, "status": "ok"}
    assert [ok, ok] == [joined[4], stored]
    limit = {"limit": 1_000_000, "reason": "file_size_limit_exceeded"}
    assert {"response": limit, "status": "error"} == refused


async def test_a_forged_token_joins_no_upload(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/upload")
    async with connected(page) as socket:
        await socket.join(page)
        await socket.send("u1", "lvu:0", "phx_join", {"token": page.session})
        reply = await socket.receive()

    assert {"response": {"reason": "invalid_token"}, "status": "error"} == reply[4]


async def test_a_cancelled_file_is_sent_no_further(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/upload")
    async with connected(page) as socket:
        view = await socket.join(page)
        answer = await preflight(view, upload_html(view), 4)
        join = {"token": answer["entries"]["0"]}
        await socket.send("u1", "lvu:0", "phx_join", join)
        await socket.receive()
        cancel = {"type": "click", "event": "cancel", "value": {"ref": "0"}}
        await view.send("event", cancel)
        closed, cancelled = await socket.receive(), await socket.receive()
        late = await send_chunk(socket, "c1", b"1234")

    assert ["lvu:0", "phx_close"] == closed[2:4]
    assert {"k": {"kc": 0}} == cancelled[4]["response"]["diff"]["2"]["3"]
    assert {"response": {"reason": "unmatched topic"}, "status": "error"} == late
