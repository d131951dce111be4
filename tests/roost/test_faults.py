"""Faults on demand: what a browser is left with after each of them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import websockets

from tests.roost.raw_browser import DEADLINE, Socket, View, connected, dead_page

pytestmark = pytest.mark.anyio

CLICK = {"type": "click", "value": {}}


@asynccontextmanager
async def faulty(
    http: httpx.AsyncClient, path: str = "/faults"
) -> AsyncIterator[tuple[Socket, View]]:
    page = await dead_page(http, path)
    async with connected(page) as socket:
        yield socket, await socket.join(page)


async def closed_after(
    socket: Socket, view: View, event: str
) -> websockets.ConnectionClosed:
    """Ask for a fault and return how the connection ended."""
    await view.send("event", {**CLICK, "event": event})
    while True:
        try:
            await socket.receive()
        except websockets.ConnectionClosed as closed:
            return closed


async def answers(socket: Socket) -> bool:
    """Tell whether a heartbeat is answered, waiting a moment for it."""
    await socket.websocket.send(json.dumps([None, "h", "phoenix", "heartbeat", {}]))
    try:
        async with asyncio.timeout(0.3):
            while json.loads(await socket.websocket.recv())[1] != "h":
                pass
    except TimeoutError:
        return False
    return True


async def test_a_cut_connection_says_nothing(http: httpx.AsyncClient) -> None:
    async with faulty(http) as (socket, view):
        closed = await closed_after(socket, view, "cut")

    assert closed.rcvd is None


async def test_a_server_that_goes_away_says_so(http: httpx.AsyncClient) -> None:
    async with faulty(http) as (socket, view):
        closed = await closed_after(socket, view, "close")

    assert closed.rcvd is not None
    assert websockets.CloseCode.GOING_AWAY == closed.rcvd.code


async def test_bytes_that_are_no_frame_break_the_protocol(
    http: httpx.AsyncClient,
) -> None:
    async with faulty(http) as (socket, view):
        closed = await closed_after(socket, view, "bad_frame")

    assert closed.sent is not None
    assert websockets.CloseCode.PROTOCOL_ERROR == closed.sent.code


async def test_garbage_is_a_whole_frame_that_is_no_json(
    http: httpx.AsyncClient,
) -> None:
    async with faulty(http) as (socket, view):
        await view.send("event", {**CLICK, "event": "garbage"})
        with pytest.raises(json.JSONDecodeError):
            await socket.receive()
        await socket.receive()  # the event's answer
        counted = await view.click("inc")

    assert {"diff": {"2": {"0": "1"}}} == counted


@pytest.mark.parametrize("event", ["half_open", "truncated"])
async def test_a_connection_can_stay_open_and_dead(
    event: str, http: httpx.AsyncClient
) -> None:
    async with faulty(http) as (socket, view):
        await view.send("event", {**CLICK, "event": event})
        async with asyncio.timeout(DEADLINE):
            while await answers(socket):  # until the view's turn has come
                pass
        pong = await socket.websocket.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(pong, 0.2)
        still_open = socket.websocket.state is websockets.State.OPEN
        socket.websocket.transport.abort()  # it answers no close frame either

    assert still_open


async def test_a_stalled_event_holds_up_no_other(http: httpx.AsyncClient) -> None:
    async with faulty(http) as (_, view):
        await view.send("event", {**CLICK, "event": "stall"})
        counted = await view.click("inc")

    assert {"diff": {"2": {"0": "1"}}} == counted


async def test_any_event_of_any_page_can_be_stalled(http: httpx.AsyncClient) -> None:
    async with faulty(http, "/counter?stall=inc") as (_, view):
        await view.send("event", {**CLICK, "event": "inc", "value": {"by": "1"}})
        answer = await view.click("dec", {"by": "1"})

    # What the stalled event changed comes with the next answer.
    assert "0" not in answer["diff"]["2"]
    assert "by" in answer["diff"]["2"]["1"]


async def test_a_join_can_be_stalled(http: httpx.AsyncClient) -> None:
    page = await dead_page(http, "/counter?stall=phx_join")
    async with connected(page) as socket:
        await socket.send("4", page.topic, "phx_join", page.join_payload())
        await socket.send(None, "phoenix", "heartbeat", {})
        first = await socket.receive()

    assert "phoenix" == first[2]
