"""One user's session: calls beside the page, logging out, being sent away."""

import pytest

from pytest_liveview_load.errors import (
    ConnectionFailed,
    ConnectionLost,
    StepTimeout,
)
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Asked,
    Said,
    ScriptedServer,
    Talk,
    accept,
    dead_render,
    never,
)
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio


# live.http


def told_back(asked: Asked) -> Answer:
    said = f"{asked.method} {asked.headers.get('cookie', '')} {asked.body}"
    return Answer(said, headers={"set-cookie": "api=2; path=/"})


async def test_calls_share_the_cookies_of_the_page_both_ways(
    server: ScriptedServer, live: Visitor
) -> None:
    cookie = {"set-cookie": "page=1; path=/"}
    page = server.pages["/counter"]
    server.pages["/counter"] = lambda asked: Answer(page(asked).body, headers=cookie)
    server.pages["/api"] = told_back
    await live.visit("/counter")

    first = await live.http.get("/api")
    second = await live.http.post("/api", json={"a": 1}, headers={"cookie": "own=3"})
    await live.visit("/counter")

    assert "GET page=1 " == first.text
    assert 'POST page=1; api=2; own=3 {"a":1}' == second.text
    assert "page=1; api=2" == server.asked[-1].headers["cookie"]
    assert {"page": "1", "api": "2"} == dict(live.http.cookies)


async def test_a_cookie_that_the_page_changes_is_the_calls_too(
    server: ScriptedServer, live: Visitor
) -> None:
    values = iter("12")
    server.pages["/counter"] = lambda _: Answer(
        dead_render("/counter", "CounterLive"),
        headers={"set-cookie": f"session={next(values)}; path=/"},
    )
    server.pages["/api"] = told_back
    await live.visit("/counter")
    await live.http.get("/api")
    await live.visit("/counter")

    assert "GET session=2; api=2 " == (await live.http.get("/api")).text


async def test_calls_go_over_the_users_own_connection(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    server.pages["/api"] = told_back
    ann, bob = user_on(network, measured), user_on(network, measured)

    for live in (ann, bob, ann):
        assert (await live.http.get("/api")).status_code == 200

    assert [1, 2, 1] == [asked.connection for asked in server.asked]
    assert ["GET  ", "GET  ", "GET api=2 "] == [
        told_back(asked).body for asked in server.asked
    ]
    assert ann.http is ann.http


async def test_calls_are_httpx_in_every_other_way(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/away"] = lambda _: Answer("", 302, {"location": "/api?a=1"})
    server.pages["/api"] = told_back
    server.pages["/wrong"] = lambda _: Answer("no", 404)

    followed = await live.http.get("/away", follow_redirects=True)
    wrong = await live.http.get("/wrong")
    sent = await live.http.post("/api", files={"file": b"the content"})

    assert f"{server.url}/api?a=1" == str(followed.url)
    assert 404 == wrong.status_code
    assert "the content" in sent.text
    assert followed.elapsed.total_seconds() >= 0


async def test_calls_go_to_no_other_host(live: Visitor) -> None:
    with pytest.raises(ConnectionFailed, match="where virtual users do not go"):
        await live.http.get("http://elsewhere.test/api?secret=1")


async def test_a_call_without_an_answer_is_a_step_without_one(
    server: ScriptedServer, measured: Measured
) -> None:
    async def silence(_: Asked) -> Answer:
        await server.until(lambda: False)
        raise AssertionError

    server.slow_pages["/api"] = silence
    async with Network(settings(server.url, timeout=0.1)) as network:
        live = user_on(network, measured)
        with pytest.raises(StepTimeout, match=r"GET http://.*/api was not done"):
            await live.http.get("/api")


# Logging out


def logged_out(server: ScriptedServer, code: int) -> None:
    """Let "logout" close the socket, after which every page is the login's."""

    def close(talk: Talk, said: Said) -> None:
        server.pages["/counter"] = lambda _: Answer("", 302, {"location": "/login"})
        server.on["phx_join"] = lambda talk, said: talk.reply(
            said, "error", redirect={"to": "/login"}
        )
        server.pages["/login"] = lambda _: Answer(
            "<title>Log in</title><p id='flash-error' role='alert'>Log in first</p>"
        )
        talk.close(code)

    server.on["logout"] = close


@pytest.mark.parametrize("code", [1001, 1000])
async def test_a_logout_that_closes_the_socket_leads_to_the_login(
    server: ScriptedServer, live: Visitor, measured: Measured, code: int
) -> None:
    logged_out(server, code)
    await live.visit("/counter")

    with pytest.raises(ConnectionLost, match=f"code {code}"):
        await live.push("logout")
    await live.until(lambda: live.title == "Log in")

    assert "/login" == live.path
    assert {"error": "Log in first"} == live.flash
    joins = {1001: 2, 1000: 1}  # a normal closure is for good: the page is loaded anew
    assert joins[code] == len(server.heard("phx_join"))


async def test_a_closure_that_nobody_awaits_costs_the_next_step_only_time(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.talks[0].close(1000)
    await server.until(lambda: len(server.heard("phx_join")) == 2)

    await live.click("#inc")

    assert 2 == len(server.asked)  # loaded anew
    assert [0, 0] == [
        said.payload["params"]["_mounts"] for said in server.heard("phx_join")
    ]


async def test_a_page_that_was_left_is_not_loaded_again(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.on["phx_leave"] = never
    (talk,) = server.talks
    await live.leave()
    talk.close(1000)
    await live.visit("/counter")

    assert 2 == len(server.asked)


async def test_on_mount_sends_a_stranger_elsewhere(
    server: ScriptedServer, live: Visitor
) -> None:
    def join(talk: Talk, said: Said) -> None:
        stranger = said.topic == "lv:phx-counter"
        away = {"to": "/login", "flash": "the-flash"}
        if stranger:
            talk.reply(said, "error", redirect=away)
        else:
            accept(talk, said)

    server.on["phx_join"] = join
    server.page("/login", view="LoginLive")

    await live.visit("/counter")

    assert "/login" == live.path
    assert "__phoenix_flash__=the-flash" == server.asked[-1].headers["cookie"]
