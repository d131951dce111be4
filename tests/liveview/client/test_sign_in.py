"""Cookies and headers of one user, and logins that go through another host."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from pytest_liveview_load.errors import (
    ConnectionFailed,
    JoinFailed,
    PageError,
    SettingError,
)
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Asked,
    ScriptedServer,
    dead_render,
    refusing,
)
from tests.liveview.conftest import Measured, user_on

pytestmark = pytest.mark.anyio

HOME = "app.test"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every name below `test` be this machine's."""
    resolved = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        below_test = str(host).endswith(".test")
        return resolved("127.0.0.1" if below_test else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def at(server: ScriptedServer, host: str) -> str:
    return f"http://{host}:{server.url.rpartition(':')[2]}"


def settings(server: ScriptedServer, **given: Any) -> ClientSettings:
    return ClientSettings(url=at(server, HOME), timeout=5, **given)


@pytest.fixture
async def allowed(server: ScriptedServer) -> AsyncIterator[Network]:
    async with Network(settings(server, allow=("*.idp.test",))) as network:
        yield network


def moved(to: str, cookie: str = "") -> Answer:
    told = {"set-cookie": cookie} if cookie else {}
    return Answer("", 302, {"location": to, **told})


# Cookies


async def test_a_user_reads_sets_and_clears_cookies(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/set"] = lambda _: Answer(headers={"set-cookie": "a=1; path=/"})
    live.cookies["theme"] = "dark"
    await live.visit("/set")
    await live.visit("/counter")

    assert dict(live.cookies) == {"theme": "dark", "a": "1"}
    assert server.asked[-1].headers["cookie"] == "theme=dark; a=1"
    assert server.upgrades[-1].headers["cookie"] == "theme=dark; a=1"

    live.cookies.clear()
    await live.visit("/counter")
    assert "cookie" not in server.asked[-1].headers


async def test_users_have_cookies_of_their_own(
    server: ScriptedServer, network: Network, measured: Measured
) -> None:
    ann, bob = user_on(network, measured), user_on(network, measured)
    ann.cookies["name"] = "ann"

    await bob.visit("/counter")

    assert dict(bob.cookies) == {}
    assert "cookie" not in server.asked[-1].headers


async def test_calls_beside_the_page_see_and_change_the_same_cookies(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/api"] = lambda asked: Answer(
        asked.headers.get("cookie", ""), headers={"set-cookie": "told=2; path=/"}
    )
    live.cookies["mine"] = "1"
    live.http.cookies.set("theirs", "x")

    first = await live.http.get("/api")
    again = await live.http.get("/api", headers={"cookie": "mine=9"})

    assert first.text == "mine=1; theirs=x"
    assert again.text == "theirs=x; told=2; mine=9"
    assert dict(live.cookies) == {"mine": "1", "theirs": "x", "told": "2"}
    assert dict(live.http.cookies) == dict(live.cookies)

    live.http.cookies.delete("mine")
    assert dict(live.cookies) == {"theirs": "x", "told": "2"}
    live.http.cookies.clear()
    assert dict(live.cookies) == {}


# Headers


async def test_a_users_headers_go_with_pages_sockets_and_calls(
    server: ScriptedServer, measured: Measured
) -> None:
    given = (("X-Tenant", "all"), ("X-Run", "1"))
    server.pages["/api"] = lambda _: Answer("")
    async with Network(ClientSettings(url=server.url, headers=given)) as network:
        ann, bob = user_on(network, measured), user_on(network, measured)
        ann.headers["x-tenant"] = "anns"
        ann.headers["User-Agent"] = "ann/1"
        await ann.visit("/counter")
        await ann.http.get("/api")
        await bob.visit("/counter")
        page, call, bobs = (asked.headers for asked in server.asked)
        upgrade = server.upgrades[0].headers
        await ann.close()
        await bob.close()

    for sent in (page, call, upgrade):
        seen = sent["x-tenant"], sent["x-run"], sent["user-agent"]
        assert seen == ("anns", "1", "ann/1")
    assert (bobs["x-tenant"], bobs["x-run"]) == ("all", "1")


async def test_headers_are_set_as_a_whole_and_taken_back(
    server: ScriptedServer, live: Visitor
) -> None:
    live.headers["X-A"] = "1"
    live.headers = {"Authorization": "Bearer s3cret"}
    await live.visit("/counter")
    assert server.asked[-1].headers["authorization"] == "Bearer s3cret"
    assert "x-a" not in server.asked[-1].headers
    assert "s3cret" not in repr(live.headers)

    del live.headers["authorization"]
    await live.visit("/counter")
    assert "authorization" not in server.asked[-1].headers


@pytest.mark.parametrize(
    ("name", "value"), [("X A", "1"), ("Cookie", "a=1"), ("X-A", "\r\n"), ("X-A", 1)]
)
async def test_what_is_no_header_is_refused(
    live: Visitor, name: str, value: str
) -> None:
    with pytest.raises(SettingError):
        live.headers[name] = value


# Other hosts


async def test_a_login_through_an_allowed_host_is_followed_with_its_cookies(
    server: ScriptedServer, allowed: Network, measured: Measured
) -> None:
    app, idp = at(server, HOME), at(server, "login.idp.test")
    sent: list[tuple[str, str, str]] = []

    def page(answer: Answer) -> Any:
        def serve(asked: Asked) -> Answer:
            host = asked.headers["host"].partition(":")[0]
            key = asked.headers.get("authorization", "")
            sent.append((f"{host}{asked.path}", asked.headers.get("cookie", ""), key))
            return answer

        return serve

    form = (
        f'<form action="{idp}/check" method="post"><input name="p"><button>in</button>'
    )
    server.pages["/private"] = page(moved(f"{idp}/login", "wanted=private; path=/"))
    server.pages["/login"] = page(
        Answer(form, headers={"set-cookie": "sso=1; path=/; domain=idp.test"})
    )
    server.pages["/check"] = page(moved(f"{app}/callback?code=9"))
    server.pages["/callback"] = page(moved("/home", "session=ann; path=/"))
    server.pages["/home"] = page(Answer(dead_render("/home", "HomeLive")))
    live = user_on(allowed, measured)
    live.headers["Authorization"] = "Bearer for the app"

    await live.visit("/private")
    assert live.url == f"{idp}/login"
    await live.fill("input", "secret")
    await live.click("button")

    token = "Bearer for the app"
    assert sent == [
        ("app.test/private", "", token),
        ("login.idp.test/login", "", ""),
        ("login.idp.test/check", "sso=1", ""),
        ("app.test/callback", "wanted=private", token),
        ("app.test/home", "wanted=private; session=ann", token),
    ]
    assert live.url == f"{app}/home"
    assert server.upgrades[-1].headers["Cookie"] == "wanted=private; session=ann"
    assert dict(live.cookies) == {"wanted": "private", "session": "ann"}
    await live.close()


async def test_a_host_that_is_not_allowed_is_named_with_the_setting(
    server: ScriptedServer, allowed: Network, measured: Measured
) -> None:
    server.pages["/private"] = lambda _: moved("https://other.test/login?token=x")
    live = user_on(allowed, measured)

    with pytest.raises(PageError, match=r"liveview_allow \(other\.test\)$"):
        await live.visit("/private")
    with pytest.raises(
        ConnectionFailed, match=r"liveview_allow = other\.test lets them"
    ):
        await live.http.get("https://other.test/api")


async def test_another_name_of_this_machine_is_where_users_may_go(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/there"] = lambda _: moved(f"{at(server, 'localhost')}/counter")

    await live.visit("/there")

    assert live.url == f"{at(server, 'localhost')}/counter"
    assert live.text("#count") == "0"


# Secure cookies over http


async def test_a_session_that_no_browser_keeps_is_named_where_the_join_is_refused(
    server: ScriptedServer, allowed: Network, measured: Measured
) -> None:
    server.on["phx_join"] = refusing(reason="stale")
    server.pages["/counter"] = lambda _: Answer(
        dead_render("/counter", "CounterLive"),
        headers={"set-cookie": "_shop_key=s3cret; path=/; Secure"},
    )
    live = user_on(allowed, measured)

    with pytest.raises(JoinFailed) as caught:
        await live.visit("/counter")

    told = str(caught.value)
    assert "no browser keeps the cookie '_shop_key', which is Secure" in told
    assert "came over http from app.test" in told
    assert "s3cret" not in told
    assert len(server.asked) == 1
    await live.close()


async def test_and_where_a_form_is_refused(
    server: ScriptedServer, allowed: Network, measured: Measured
) -> None:
    server.pages["/login"] = lambda asked: (
        Answer("invalid CSRF", 403)
        if asked.method == "POST"
        else Answer(
            '<form action="/login" method="post"><button>in</button></form>',
            headers={"set-cookie": "_shop_key=1; path=/; Secure"},
        )
    )
    live = user_on(allowed, measured)
    await live.visit("/login")

    with pytest.raises(PageError, match=r"HTTP 403: invalid CSRF \(no browser keeps"):
        await live.click("button")
    await live.close()


async def test_over_loopback_a_secure_cookie_is_sent(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/set"] = lambda _: Answer(
        headers={"set-cookie": "_shop_key=1; path=/; Secure"}
    )
    await live.visit("/set")
    await live.visit("/counter")

    assert server.asked[-1].headers["cookie"] == "_shop_key=1"
    assert server.upgrades[-1].headers["Cookie"] == "_shop_key=1"
