"""Frames that nobody can read, and sockets that close, die or never open."""

import asyncio

import pytest

from pytest_liveview_load.errors import (
    ConnectionFailed,
    ConnectionLost,
    ProtocolError,
    StepTimeout,
)
from pytest_liveview_load.liveview.client import socket as socket_module
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.protocol.wire import Frame
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Handler,
    Hang,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    never,
)
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio


# Frames


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("not json", "not a Phoenix frame"),
        ('["4","8","lv:phx-counter"]', "not a Phoenix frame"),
        ('["4","8","lv:phx-counter","phx_reply",{"status":"ok"}]', "not a reply"),
        (
            '["4","8","lv:phx-counter","phx_reply",{"status":"ok","response":7}]',
            "not a LiveView reply",
        ),
    ],
    ids=["no JSON", "arity", "no response", "no reply"],
)
async def test_a_frame_that_nobody_can_read_is_quoted(
    server: ScriptedServer, live: Visitor, sent: str, told: str
) -> None:
    server.on["inc"] = lambda talk, _: talk.raw(sent)
    await live.visit("/counter")

    with pytest.raises(ProtocolError) as caught:
        await live.click("#inc")

    assert told in str(caught.value)
    assert caught.value.frame in sent


async def test_a_diff_that_fits_no_tree_is_told_to_who_looks(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["inc"] = lambda talk, said: talk.reply(
        said, diff={"0": {"1": {"2": "x"}}}
    )
    await live.visit("/counter")
    await live.click("#inc")

    with pytest.raises(ProtocolError):
        live.text("#count")


async def test_a_diff_that_must_be_looked_at_is_told_to_its_step(
    server: ScriptedServer, live: Visitor
) -> None:
    tree = {"0": 1, "s": ["<div>", "</div>"], "c": {"1": {"s": ["<i></i>"], "r": 1}}}
    server.on["phx_join"] = accepting(tree)
    server.on["inc"] = lambda talk, said: talk.reply(
        said, diff={"0": {"1": {"2": "x"}}}
    )
    await live.visit("/counter")

    with pytest.raises(ProtocolError):
        await live.push("inc")


async def test_a_join_without_a_tree_is_told(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = lambda talk, said: talk.reply(said)

    with pytest.raises(ProtocolError, match="join's reply without a rendered tree"):
        await live.visit("/counter", timeout=1)


# The socket


def closing(code: int, reason: str) -> Handler:
    return lambda talk, _: talk.close(code, reason)


async def test_a_socket_that_closes_under_a_step_is_told_and_mended(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["leave-me"] = closing(1001, "going away")
    await live.visit("/counter")

    with pytest.raises(ConnectionLost) as caught:
        await live.push("leave-me")
    await live.click("#inc")

    assert str(caught.value) == (
        "the connection was lost during event 'leave-me': "
        "the server closed the websocket (code 1001: going away)"
    )
    assert len(server.asked) == 1  # the page stays
    assert [said.payload["params"]["_mounts"] for said in server.heard("phx_join")] == [
        0,
        1,
    ]
    assert measured.counts["reconnects"] == 1
    assert measured.labels("rejoin") == ["CounterLive"]


async def test_a_socket_that_breaks_off_between_steps_costs_the_next_only_time(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.talks[0].hang_up()
    await server.until(lambda: len(server.heard("phx_join")) == 2)

    await live.click("#inc")

    assert len(server.heard("inc")) == 1


async def test_a_server_that_dies_is_told_when_the_deadline_comes(
    server: ScriptedServer, live: Visitor
) -> None:
    def die(talk: Talk, _: Said) -> None:
        server.refuse_upgrade = Answer("down", 503)
        talk.hang_up()

    server.on["die"] = die
    await live.visit("/counter")
    with pytest.raises(ConnectionLost, match=r"code 1006"):
        await live.push("die")

    with pytest.raises(ConnectionLost) as caught:
        await live.click("#inc", timeout=0.2)

    told = str(caught.value)
    assert told.startswith("the connection was lost during click('#inc'): the server ")
    assert "cannot connect to ws://127.0.0.1:" in told
    assert "HTTP 503" in told
    await live.leave()


async def test_an_unanswered_heartbeat_ends_the_connection(
    server: ScriptedServer, network: Network, live: Visitor, measured: Measured
) -> None:
    server.on["heartbeat"] = never
    await live.visit("/counter")
    turns = len(network.heartbeats.slots)

    for _ in range(turns):
        network.heartbeats.turn()
    await server.until(lambda: server.heard("heartbeat"))
    for _ in range(turns):
        network.heartbeats.turn()
    await server.until(lambda: len(server.heard("phx_join")) == 2)
    await live.click("#inc")

    (beat,) = server.heard("heartbeat")
    assert beat == Said(None, "8", "phoenix", "heartbeat", {})
    assert measured.counts["reconnects"] == 1


async def test_answered_heartbeats_keep_the_connection(
    server: ScriptedServer, network: Network, live: Visitor
) -> None:
    await live.visit("/counter")

    for beats in (1, 2, 3):
        for _ in range(len(network.heartbeats.slots)):
            network.heartbeats.turn()
        await live.push("fence")  # its reply comes after the heartbeat's
        assert len(server.heard("heartbeat")) == beats
    assert len(server.upgrades) == 1


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer("", 403), "): most often the endpoint's check_origin, which has to "),
        (Answer("", 404), '): there is no LiveView socket at this path: is `socket "/'),
        (Answer("oops", 500), "): the app failed: its log has the exception"),
        (Answer("", 401), "): something in front of the app wants a user here: "),
        (Answer("", 429), "): something in front of the app limits how many "),
        (Answer("", 502), "): what stands in front of the app does not reach it: "),
        (Answer("", 503), "): what stands in front of the app does not reach it: "),
        (Answer("", 400), "): most often a proxy in front of the app that does not "),
        (Answer("", 426), "): most often a proxy in front of the app that does not "),
        (Answer("<p>"), "): most often a proxy in front of the app that does not pass"),
        (
            Answer("", 302, {"location": "https://app.test/login?token=1"}),
            " to https://app.test/login): no browser follows a socket's redirect: ",
        ),
        (Answer("", 418), ")"),
    ],
    ids=lambda value: str(getattr(value, "status", "")),
)
async def test_a_refused_upgrade_says_why(
    server: ScriptedServer, live: Visitor, answer: Answer, cause: str
) -> None:
    server.refuse_upgrade = answer

    with pytest.raises(ConnectionFailed) as caught:
        await live.visit("/counter")

    address = server.url.replace("http", "ws")
    assert str(caught.value).startswith(
        f"cannot connect to {address}/live/websocket: the websocket was refused "
        f"(HTTP {answer.status}{cause}"
    )
    assert "csrf" not in str(caught.value)
    assert "token" not in str(caught.value)


class Silent(Answer):
    def encoded(self) -> bytes:
        raise Hang


async def test_an_upgrade_that_is_never_answered_names_the_proxy(
    server: ScriptedServer, live: Visitor
) -> None:
    server.refuse_upgrade = Silent()

    with pytest.raises(StepTimeout) as caught:
        await live.visit("/counter", timeout=0.2)

    assert (
        f"waiting for the websocket of {server.url}/counter (is there a proxy "
        in str(caught.value)
    )


async def test_connections_that_are_closed_at_once_are_explained(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = lambda talk, said: talk.hang_up()

    with pytest.raises(ConnectionLost) as caught:
        await live.visit("/counter", timeout=0.5)

    told = str(caught.value)
    assert "the server closed the websocket (code 1006: " in told
    assert " in a row ended before the server said anything, most often for a " in told
    assert "proxy or firewall in between that lets no websocket live" in told


async def test_too_little_memory_for_a_message_fails_the_step_with_the_cause(
    server: ScriptedServer, live: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(_: bytes) -> Frame:
        raise MemoryError

    handler = asyncio.get_running_loop().get_exception_handler()
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    await live.visit("/counter")
    with monkeypatch.context() as patched:
        patched.setattr(socket_module, "decode", no_memory)
        with pytest.raises(ConnectionLost, match="has no memory left") as caught:
            await live.click("#inc")
    asyncio.get_running_loop().set_exception_handler(handler)

    assert isinstance(caught.value.__cause__, MemoryError)
    await live.visit("/counter")
    await live.click("#inc")
