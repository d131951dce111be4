"""Logging in and out, and who sees the secret."""

import httpx
import pytest
import websockets

from tests.roost.raw_browser import connected, dead_page, found

pytestmark = pytest.mark.anyio

TOKEN = 'name="_csrf_token" value="([^"]+)"'


async def log_in(http: httpx.AsyncClient, password: str = "roost") -> httpx.Response:
    form = (await http.get("/login")).text
    fields = {
        "_csrf_token": found(TOKEN, form),
        "user[name]": "ann",
        "user[password]": password,
    }
    return await http.post("/login", data=fields)


async def test_the_secret_sends_strangers_to_the_login(http: httpx.AsyncClient) -> None:
    response = await http.get("/secret")
    login = await http.get("/login")

    assert (302, "/login") == (response.status_code, response.headers["location"])
    assert '<p id="flash-error" role="alert">You must log in</p>' in login.text
    assert "flash-error" not in (await http.get("/login")).text


@pytest.mark.parametrize("token", [None, "", "x" * 56, "é" * 56, "short"])
async def test_a_login_without_its_csrf_token_is_refused(
    token: str | None, http: httpx.AsyncClient
) -> None:
    await http.get("/login")
    fields = {"user[name]": "ann", "user[password]": "roost"}
    response = await http.post(
        "/login", data=fields if token is None else {**fields, "_csrf_token": token}
    )

    assert 403 == response.status_code
    assert "invalid CSRF (Cross Site Request Forgery) token" in response.text


async def test_another_browsers_csrf_token_is_refused(http: httpx.AsyncClient) -> None:
    async with httpx.AsyncClient(base_url=http.base_url) as another:
        token = found(TOKEN, (await another.get("/login")).text)
    await http.get("/login")
    response = await http.post("/login", data={"_csrf_token": token})

    assert 403 == response.status_code


async def test_a_wrong_password_leads_back(http: httpx.AsyncClient) -> None:
    response = await log_in(http, password="wrong")

    assert (302, "/login") == (response.status_code, response.headers["location"])
    assert "Wrong name or password" in (await http.get("/login")).text


async def test_the_secret_greets_who_is_logged_in(http: httpx.AsyncClient) -> None:
    response = await log_in(http)
    page = await dead_page(http, "/secret")
    async with connected(page) as socket:
        view = await socket.join(page)
        peeked = await view.click("peek")

    assert (302, "/secret") == (response.status_code, response.headers["location"])
    assert '<span id="user">ann</span>' in page.html
    assert "Welcome ann" in page.html
    rendered = view.joined["response"]["rendered"]
    assert "ann" == rendered["2"]["0"]
    assert (
        "Welcome ann" == rendered["1"]["0"]["0"]["2"]
    )  # the dead render's flash, once more
    assert {"diff": {"2": {"1": "1"}}} == peeked


async def test_navigating_to_the_secret_is_unauthorized(
    http: httpx.AsyncClient,
) -> None:
    await log_in(http)
    page = await dead_page(http, "/nav/a")
    async with connected(page) as socket:
        secret = str(httpx.URL(page.url).join("/secret"))
        view = await socket.join(page, navigate=secret)

    assert {"response": {"reason": "unauthorized"}, "status": "error"} == view.joined


async def test_logging_out_closes_the_sockets(http: httpx.AsyncClient) -> None:
    await log_in(http)
    page = await dead_page(http, "/secret")
    csrf_token = found('data-csrf="([^"]+)"', page.html)
    async with connected(page) as socket:
        await socket.join(page)
        fields = {"_csrf_token": csrf_token, "_method": "delete"}
        response = await http.post("/logout", data=fields)
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.receive()

    assert (302, "/login") == (response.status_code, response.headers["location"])
    assert closed.value.rcvd is not None
    assert 1001 == closed.value.rcvd.code
    assert 302 == (await http.get("/secret")).status_code


async def test_a_forged_cookie_is_nobody(http: httpx.AsyncClient) -> None:
    await log_in(http)
    cookie = http.cookies["_roost_key"]
    http.cookies.clear()
    http.cookies["_roost_key"] = cookie[:-3] + "abc"

    assert 302 == (await http.get("/secret")).status_code


async def test_a_secret_left_open_by_a_stranger_redirects_in_mount(
    http: httpx.AsyncClient,
) -> None:
    await log_in(http)
    page = await dead_page(http, "/secret")
    http.cookies.clear()
    stranger = await dead_page(http, "/counter")
    async with connected(stranger) as socket:
        view = await socket.join(page)

    response = {"redirect": {"status": 302, "to": "/login"}}
    assert {"response": response, "status": "error"} == view.joined
