"""A page over long polling: the same user, the same views, other requests."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pytest_liveview_load.errors import ConnectionFailed, ConnectionLost, StepTimeout
from pytest_liveview_load.liveview.client.longpoll import LongPoll
from pytest_liveview_load.liveview.client.network import Failure, Network
from pytest_liveview_load.liveview.client.settings import TransportName
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.polling import PATH, Polling, body
from tests.liveview.client.scripted_server import (
    Answer,
    Hang,
    Said,
    ScriptedServer,
    Talk,
    never,
)
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio


@pytest.fixture
def transport() -> TransportName:
    return "longpoll"


@pytest.fixture
def polling(server: ScriptedServer) -> Polling:
    server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "1"})
    return Polling(server)


@pytest.fixture
async def network(
    server: ScriptedServer, transport: TransportName
) -> AsyncIterator[Network]:
    chosen = replace(settings(server.url), transport=transport)
    async with Network(chosen) as network:
        yield network


async def test_a_page_lives_over_polls(
    server: ScriptedServer, live: Visitor, polling: Polling, measured: Measured
) -> None:
    page = server.pages["/counter"]
    cookie = {"set-cookie": "a=1; path=/"}
    server.pages["/counter"] = lambda asked: replace(page(asked), headers=cookie)
    await live.visit("/counter")
    await live.click("#inc")

    assert "1" == live.text("#count")
    assert server.upgrades == []
    assert ["connect", "join", "mount", "visit", "event"] == [
        metric
        for metric, _ in measured.timings
        if metric not in ("dial", "dead_render")
    ]
    first, *rest = polling.asked
    assert first.method == "GET"
    assert first.target.startswith(f"{PATH}?_csrf_token=the-csrf-token&")
    assert first.target.endswith("vsn=2.0.0&")  # as Ajax.appendParams with a null token
    assert "application/json" == first.headers["accept"]
    assert {"a=1"} == {asked.headers["cookie"] for asked in polling.asked}
    # Encoded as encodeURIComponent does.
    assert all(each.target.endswith("&token=a%20token%2F0%2B%3D") for each in rest)
    posts = [each for each in rest if each.method == "POST"]
    assert {"application/x-ndjson"} == {each.headers["content-type"] for each in posts}
    assert {server.url} == {each.headers["origin"] for each in posts}


async def test_what_is_sent_in_one_moment_goes_in_one_post(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    button = [["push", {"event": "one"}], ["push", {"event": "two"}]]
    shown = json.dumps(button).replace('"', "&quot;")
    server.on["phx_join"] = lambda talk, said: talk.reply(
        said, rendered={"s": [f'<b id="both" phx-click="{shown}"></b>']}
    )
    await live.visit("/counter")
    await live.click("#both")

    assert ["one", "two"] == [
        json.loads(line)[4]["event"] for line in polling.bodies[-1].split("\n")
    ]


async def test_more_than_a_hundred_messages_take_more_posts(
    server: ScriptedServer, network: Network, polling: Polling
) -> None:
    server.on["event"] = never
    longpoll = longpoll_on(server, network)
    polling.open()
    longpoll.token = polling.sessions[0].token
    longpoll.attach(Ears())
    for number in range(250):
        longpoll.send(json.dumps([None, str(number), "lv:x", "event", {}]).encode())
    await server.until(lambda: len(server.said) == 250)

    assert [100, 100, 50] == [len(each.split("\n")) for each in polling.bodies]
    assert [str(number) for number in range(250)] == [said.ref for said in server.said]
    longpoll.close()


async def test_an_error_of_the_receiver_ends_the_session(
    server: ScriptedServer, network: Network, polling: Polling
) -> None:
    longpoll, ears = longpoll_on(server, network), Ears()
    polling.open()
    (session,) = polling.sessions
    longpoll.token = session.token
    session.raw("anything")
    longpoll.attach(ears)
    assert longpoll.polling is not None

    with pytest.raises(ValueError, match="anything"):
        await longpoll.polling

    assert ["a message could not be taken"] == ears.gone


async def test_bytes_go_as_base64(server: ScriptedServer, network: Network) -> None:
    longpoll = longpoll_on(server, network)

    longpoll.send_binary(b"\x00\xff")

    assert ["AP8="] == longpoll.outbox


async def test_a_poll_without_news_is_followed_by_another(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    await live.visit("/counter")
    (session,) = polling.sessions
    await server.until(lambda: session.polls)
    before = len(polling.asked)
    session.expire()
    await server.until(lambda: len(polling.asked) > before and session.polls)

    await live.click("#inc")

    assert "1" == live.text("#count")


GONE = {
    "the session is gone": ("GET", body(status=410), "code 3410: session_gone"),
    "it is not allowed any more": ("GET", body(status=403), "code 1008: forbidden"),
    "the server is in trouble": (
        "GET",
        body(status=500),
        "code 1011: a poll was answered with 500",
    ),
    "a message is not taken": (
        "POST",
        body(status=410),
        "code 1011: a message was answered with 410",
    ),
    "an answer is none": (
        "POST",
        Answer("<html>", 502),
        "code 1011: the long poll was refused (HTTP 502)",
    ),
}


@pytest.mark.parametrize(("method", "answer", "told"), GONE.values(), ids=GONE)
async def test_a_session_that_ends_is_told_and_mended(
    server: ScriptedServer,
    live: Visitor,
    polling: Polling,
    measured: Measured,
    method: str,
    answer: Answer,
    told: str,
) -> None:
    await live.visit("/counter")
    polling.say[method] = answer
    if method == "GET":
        server.on["inc"] = lambda talk, said: polling.sessions[0].expire()

    with pytest.raises(ConnectionLost) as caught:
        await live.click("#inc")
    polling.say.clear()
    server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "2"})
    await live.click("#inc")

    assert told in str(caught.value)
    assert "2" == live.text("#count")
    assert 2 == len(polling.sessions)
    assert 1 == measured.counts["reconnects"]
    assert ["CounterLive"] == measured.labels("rejoin")


async def test_a_page_that_is_left_polls_no_more(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    await live.visit("/counter")
    (session,) = polling.sessions
    await server.until(lambda: session.polls)
    asked = len(polling.asked)

    await live.leave()
    session.expire()
    await live.visit("/counter")

    assert [] == [
        each for each in polling.asked[asked:] if polling.session_of(each) is session
    ]


REFUSED = {
    "no such path": (Answer("<html>", 404), "is `longpoll: true` in the endpoint's"),
    "its origin": (Answer("", 403), "check_origin, which has to allow {url} "),
    "in the body": (body(status=403), "check_origin, which has to allow {url} "),
    "something else": (Answer("hello"), "(HTTP 200): what answers there is no long"),
    "no session": (body(status=500), "was refused (HTTP 500): the app failed"),
    "a login": (
        Answer("", 302, {"location": "/login?to=x"}),
        "was refused (HTTP 302 to /login): no browser follows",
    ),
    "a proxy": (Answer("", 504), "(HTTP 504): what stands in front of the app"),
    "nobody knows": (Answer("", 418), "the long poll was refused (HTTP 418)"),
    "no HTTP": (Answer("", headers={"content-length": "9"}), "the answer is no HTTP"),
}


@pytest.mark.parametrize(("answer", "told"), REFUSED.values(), ids=REFUSED)
async def test_a_first_poll_that_is_refused_says_why(
    server: ScriptedServer, live: Visitor, polling: Polling, answer: Answer, told: str
) -> None:
    polling.first = answer

    with pytest.raises(ConnectionFailed) as caught:
        await live.visit("/counter")

    assert told.format(url=server.url) in str(caught.value)
    assert f"{server.url}{PATH}" in str(caught.value)


async def test_an_origin_that_may_not_post_fails_at_once(
    server: ScriptedServer, live: Visitor, polling: Polling, measured: Measured
) -> None:
    polling.say["POST"] = body(status=403)

    with pytest.raises(ConnectionFailed, match="check_origin, which has to allow"):
        await live.visit("/counter")

    (first, *rest) = polling.asked
    assert "origin" not in first.headers  # a browser's has none either
    assert [each.method for each in rest].count("POST") == 1
    assert 1 == len(polling.sessions)
    assert "reconnects" not in measured.counts
    polling.say.clear()
    await live.visit("/counter")
    await live.click("#inc")


async def test_sessions_that_nobody_knows_are_explained(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    polling.say["GET"] = body(status=410)

    with pytest.raises(ConnectionLost) as caught:
        await live.visit("/counter", timeout=0.5)

    told = str(caught.value)
    assert "code 3410: session_gone); " in told
    assert "in a row ended before the server said anything" in told
    assert "a balancer has to send a session to one of them" in told


async def test_a_first_poll_without_answer_is_given_up(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    def hang(_: object) -> Answer:
        raise Hang

    server.pages[PATH] = hang
    patient = replace(settings(server.url), transport="longpoll", connect_timeout=0.1)
    async with Network(patient) as impatient:
        live = user_on(impatient, measured)
        with pytest.raises(ConnectionFailed, match=r"no long poll within 0\.1s"):
            await live.visit("/counter")


# Falling back


@pytest.mark.parametrize("transport", ["auto"])
async def test_auto_polls_where_websockets_are_refused_and_remembers_it(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    server.refuse_upgrade = Answer("", 403)
    await live.visit("/counter")
    await live.click("#inc")
    await live.visit("/counter")

    assert "0" == live.text("#count")
    assert 1 == len(server.upgrades)
    assert 2 == len(polling.sessions)


@pytest.mark.parametrize("transport", ["auto"])
async def test_auto_is_a_websocket_where_there_is_one(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    await live.visit("/counter")

    assert 1 == len(server.upgrades)
    assert polling.asked == []


@pytest.mark.parametrize("transport", ["websocket"])
async def test_a_refused_websocket_alone_is_no_reason_to_poll(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    server.refuse_upgrade = Answer("", 403)

    with pytest.raises(ConnectionFailed, match="the websocket was refused"):
        await live.visit("/counter")

    assert polling.asked == []


async def test_what_comes_after_the_page_was_left_is_for_nobody(
    server: ScriptedServer, live: Visitor, polling: Polling
) -> None:
    def leave(talk: Talk, said: Said) -> None:
        talk.push(said, "redirect", {"to": "/plain"})
        talk.push(said, "diff", {"0": "too late"})

    server.pages["/plain"] = lambda _: Answer("<title>Plain</title>")
    server.on["leave"] = leave
    await live.visit("/counter")
    (session,) = polling.sessions

    await live.push("leave")

    assert "Plain" == live.title
    assert [] == session.waiting  # both came in one poll


class Ears:
    """A receiver that cannot take anything."""

    def __init__(self) -> None:
        self.gone: list[str] = []

    def message_received(self, data: bytes, arrived: float) -> None:
        raise ValueError(data)

    def connection_gone(self, code: int, reason: str, at: float) -> None:
        self.gone.append(reason)

    def connection_failed(self, error: Failure, at: float) -> None:
        self.gone.append(error.reason)


def longpoll_on(server: ScriptedServer, network: Network) -> LongPoll:
    url = f"{server.url}{PATH}?vsn=2.0.0"
    return LongPoll(url, network.http_client(), network.spawn)


async def test_a_poll_that_is_never_answered_ends_the_session(
    server: ScriptedServer,
    live: Visitor,
    polling: Polling,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "pytest_liveview_load.liveview.client.longpoll.POLL_TIMEOUT", 0.05
    )
    await live.visit("/counter")
    server.on["inc"] = lambda talk, said: None

    with pytest.raises((ConnectionLost, StepTimeout), match="code 1005: timeout"):
        await live.click("#inc")
