"""Further users in one test: each their own person, all gone when the first one is."""

import asyncio
from typing import Any

import pytest

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Said,
    ScriptedServer,
    Talk,
    dead_render,
)
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio


@pytest.fixture
def chat(server: ScriptedServer) -> ScriptedServer:
    """A room: what one says, all are told; each browser has a cookie of its own."""
    joined: list[tuple[Talk, Said]] = []
    count = iter(range(9))

    def join(talk: Talk, said: Said) -> None:
        joined.append((talk, said))
        rendered = {"0": "", "s": ["<p>", "</p>"]}
        talk.reply(said, rendered=rendered, liveview_version="1.2.10")

    def say(talk: Talk, said: Said) -> None:
        for other, as_joined in joined:
            text = {"0": said.payload["value"]["text"]}
            other.send(as_joined.join_ref, None, as_joined.topic, "diff", text)
        talk.reply(said)

    server.on["phx_join"] = join
    server.on["say"] = say
    server.pages["/chat"] = lambda asked: Answer(
        dead_render("/chat", "ChatLive"),
        headers={}
        if "cookie" in asked.headers
        else {"set-cookie": f"visitor={next(count)}; path=/"},
    )
    return server


async def test_what_one_says_the_other_is_told(
    chat: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    alice, bob = await live.spawn(2)
    await asyncio.gather(*(each.visit("/chat") for each in (live, alice, bob)))

    await alice.push("say", {"text": "hello bob"})
    await bob.until(lambda: "hello bob" in bob.text("p"), label="told")

    assert "hello bob" == live.text("p")
    assert ["told"] == measured.labels("settle")
    assert 3 == measured.counts["mounts"]


async def test_each_is_somebody_else(chat: ScriptedServer, live: Visitor) -> None:
    alice, bob = await live.spawn(2)
    (carol,) = await bob.spawn()
    everybody = (live, alice, bob, carol)
    for each in everybody:
        await each.visit("/chat")
        await each.visit("/chat")

    assert [0, 1_000_000, 2_000_000, 3_000_000] == [each.id for each in everybody]
    assert {f"visitor={number}" for number in range(4)} == {
        asked.headers["cookie"] for asked in chat.asked if "cookie" in asked.headers
    }
    assert 4 == len({each.rng.random() for each in everybody})


async def test_all_end_with_the_first(chat: ScriptedServer, live: Visitor) -> None:
    (alice,) = await live.spawn()
    await alice.visit("/chat")
    await live.visit("/chat")

    await live.leave()

    assert alice._tab.page is None
    (again,) = await live.spawn()
    assert alice.id == again.id
    assert again is not alice


async def test_one_who_leaves_takes_nobody_along(
    chat: ScriptedServer, live: Visitor
) -> None:
    alice, bob = await live.spawn(2)
    await bob.visit("/chat")

    await alice.close()
    await bob.push("say", {"text": "still here"})

    assert "still here" == bob.text("p")


async def test_the_same_seed_brings_the_same_people(live: Visitor) -> None:
    state = live.rng.getstate()
    first = [each.rng.random() for each in await live.spawn(2)]
    live.rng.setstate(state)

    assert first == [each.rng.random() for each in await live.spawn(2)]


@pytest.mark.parametrize("count", [0, -1, True, 1.5, "2"])
async def test_nobody_is_no_number_of_users(live: Visitor, count: Any) -> None:
    with pytest.raises(UnitError, match="is not a number of users, 1 or more"):
        await live.spawn(count)
