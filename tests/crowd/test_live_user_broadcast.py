"""What one user sends and others see, at the bytes of real sockets."""

import asyncio
import json

import pytest

from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.errors import StepTimeout, SyncError, UnitError
from tests.liveview.client.scripted_server import Said, ScriptedServer, Talk
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio


@pytest.fixture
def chat(server: ScriptedServer) -> ScriptedServer:
    """A room: what one says, all are told, and a message is repeated when it is typed."""
    server.page("/chat")
    joined: dict[tuple[Talk, str], Said] = {}

    def join(talk: Talk, said: Said) -> None:
        joined[talk, said.topic] = said
        talk.reply(said, rendered={"0": "", "s": ["<p>", "</p>"]})

    def tell(talk: Talk, said: Said) -> None:
        for (other, topic), as_joined in joined.items():
            text = {"0": said.payload["value"]["text"]}
            other.send(as_joined.join_ref, None, topic, "diff", text)
        talk.reply(said)

    server.on["phx_join"] = join
    server.on["say"] = tell
    server.on["type"] = lambda talk, said: talk.reply(
        said, diff={"0": said.payload["value"]["text"]}
    )
    return server


async def three(live: LiveUser) -> tuple[LiveUser, LiveUser, LiveUser]:
    """Return three users in the room, the first of whom watches nothing yet."""
    bob, eve = await live.spawn(2)
    await asyncio.gather(*(each.visit("/chat") for each in (live, bob, eve)))
    return live, bob, eve


async def say(live: LiveUser) -> str:
    async with live.broadcast("message") as sent:
        await live.push("type", {"text": sent.token})
        await live.push("say", {"text": f"<b>{sent.token}</b>!"})
    return sent.token


def socket_listener(live: LiveUser) -> object:
    page = live._tab.page
    assert page is not None
    assert page.socket is not None
    return page.socket.listener


async def test_those_who_watch_are_measured_and_see_it(
    chat: ScriptedServer, live: LiveUser, measured: Measured
) -> None:
    ann, bob, eve = await three(live)
    for each in (ann, bob, eve):
        each.watch("message")

    token = await say(ann)
    first, second = await bob.seen("message"), await eve.seen("message")

    assert ["message"] * 2 == measured.labels("fanout")  # her own is not measured
    assert (token, ann.id) == (first.token, first.sender)
    assert token == second.token
    assert 0 < first.seconds < 5
    assert token in bob.text("p")


async def test_who_neither_sends_nor_watches_has_nobody_reading_along(
    chat: ScriptedServer, live: LiveUser
) -> None:
    ann, bob, eve = await three(live)
    bob.watch("message")
    async with ann.broadcast("message"):
        assert [True, True, False] == [
            socket_listener(each) is not None for each in (ann, bob, eve)
        ]

    assert socket_listener(ann) is None

    await bob.leave()
    await bob.visit("/chat")
    assert socket_listener(bob) is None


async def test_watching_goes_on_over_a_page_load_and_a_lost_connection(
    chat: ScriptedServer, live: LiveUser
) -> None:
    ann, bob, _ = await three(live)
    bob.watch("message")
    await bob.visit("/chat")
    await say(ann)
    await bob.seen("message")

    await bob.drop()
    await bob.until(lambda: bob.has("p"))
    token = await say(ann)

    assert token == (await bob.seen("message")).token


async def test_several_broadcasts_at_once_are_told_apart(
    chat: ScriptedServer, live: LiveUser
) -> None:
    ann, bob, eve = await three(live)
    eve.watch("message")

    tokens = await asyncio.gather(say(ann), say(bob), say(ann))
    seen = [await eve.seen("message") for _ in range(3)]

    assert sorted(tokens) == sorted(each.token for each in seen)


async def test_what_does_not_come_is_a_time_out(
    chat: ScriptedServer, live: LiveUser
) -> None:
    await live.visit("/chat")

    with pytest.raises(StepTimeout, match=r"seen\('message'\).*none is under way"):
        await live.seen("message", timeout="10ms")


async def test_who_does_not_see_it_in_time_is_missing(
    chat: ScriptedServer, live: LiveUser, measured: Measured
) -> None:
    ann, bob, eve = await three(live)
    bob.watch("message")
    eve.watch("message")
    counted = asyncio.Event()
    count = measured.count

    def counting(metric: str, at: float, n: int = 1) -> None:
        count(metric, at, n)
        if measured.counts.get("missing_receivers") == 2:
            counted.set()

    measured.count = counting  # type: ignore[method-assign]
    async with ann.broadcast("message", timeout="10ms"):
        pass

    async with asyncio.timeout(5):
        await counted.wait()
    assert [] == measured.labels("fanout")


async def test_a_block_that_raises_has_sent_nothing(
    chat: ScriptedServer, live: LiveUser
) -> None:
    ann, bob, _ = await three(live)
    bob.watch("message")

    with pytest.raises(ZeroDivisionError):
        async with ann.broadcast("message"):
            raise ZeroDivisionError

    assert {} == ann._run.sync.broadcasts.under_way  # type: ignore[attr-defined]


async def test_a_message_over_http_is_measured_from_the_beginning_of_the_block(
    chat: ScriptedServer, live: LiveUser
) -> None:
    ann, bob, _ = await three(live)
    bob.watch("message")
    began = ann.clock()

    async with ann.broadcast("message") as sent:
        before = ann.clock() - began
        # As if a POST had told the app: the frame comes from elsewhere.
        listener = bob._tab.message_listener
        assert listener is not None
        message = json.dumps([None, None, "t", "diff", sent.token]).encode()
        listener.received(message, began + 9)
    seen = await bob.seen("message")

    assert 9 - before <= seen.seconds <= 9


async def test_what_is_given_must_make_sense(live: LiveUser) -> None:
    with pytest.raises(SyncError, match=r"watch\(''\): a name is text"):
        live.watch("")
    with pytest.raises(SyncError, match=r"broadcast\(5\): a name is text"):
        async with live.broadcast(5):  # type: ignore[arg-type]
            pass
    with pytest.raises(UnitError, match="'soon' is not a duration"):
        await live.seen("message", timeout="soon")
    assert live._tab.message_listener is None
