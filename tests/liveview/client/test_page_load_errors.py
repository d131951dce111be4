"""Pages that cannot be had: each says why."""

import pytest

from pytest_liveview_load.errors import (
    ConnectionFailed,
    PageError,
    StepTimeout,
)
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Asked,
    Hang,
    ScriptedServer,
)
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio


# The page


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Answer("<h1>No  route</h1>", 404),
            r"/x answered HTTP 404: <h1>No route</h1>$",
        ),
        (Answer("boom" * 100, 500), r"/x answered HTTP 500: (boom)+…$"),
        (Answer("", 302, {"location": "/x"}), r"redirected more than 20 times.*loop\?"),
        (
            Answer("", 302, {"location": "https://login.example.com/in?token=secret"}),
            r"redirects to https://login\.example\.com/in, another host",
        ),
    ],
    ids=["404", "500", "loop", "other host"],
)
async def test_a_page_that_cannot_be_had_is_a_page_error(
    server: ScriptedServer, live: Visitor, answer: Answer, told: str
) -> None:
    server.pages["/x"] = lambda _: answer

    with pytest.raises(PageError, match=told):
        await live.visit("/x")


async def test_a_page_that_never_comes_times_out_by_its_url(
    server: ScriptedServer, live: Visitor
) -> None:
    def hang(_: Asked) -> Answer:
        raise Hang

    server.pages["/x"] = hang

    with pytest.raises(StepTimeout) as caught:
        await live.visit("/x", timeout=0.05)

    assert str(caught.value).startswith(
        "visit('/x') was not done within 0.05s: "
        f"still waiting for GET {server.url}/x. Every step takes timeout="
    )
    await live.visit("/counter")


@pytest.mark.parametrize("path", ["http://[", 5])
async def test_what_is_no_path_is_quoted(live: Visitor, path: str) -> None:
    with pytest.raises(ConnectionFailed) as caught:
        await live.visit(path)

    assert str(caught.value) == f"cannot connect to {path!r}: it is no path of a page"


async def test_nobody_at_the_port_is_a_failed_connection(
    server: ScriptedServer, measured: Measured
) -> None:
    async with Network(settings("http://127.0.0.1:9")) as network:
        live = user_on(network, measured)
        with pytest.raises(ConnectionFailed) as caught:
            await live.visit("/counter")

    assert str(caught.value) == (
        "cannot connect to http://127.0.0.1:9/counter: nobody listens on port 9 "
        "(connection refused). Is the app running there?"
    )


async def test_an_unknown_name_is_a_failed_connection(measured: Measured) -> None:
    async with Network(settings("http://no-such-host.invalid")) as network:
        live = user_on(network, measured)
        with pytest.raises(
            ConnectionFailed, match=r"'no-such-host\.invalid' is unknown"
        ):
            await live.visit("/counter")


async def test_a_link_to_another_host_is_not_followed(
    server: ScriptedServer, live: Visitor
) -> None:
    server.pages["/out"] = lambda _: Answer('<a href="http://example.com/x">out</a>')
    await live.visit("/out")

    with pytest.raises(ConnectionFailed, match=r"another host than 127\.0\.0\.1"):
        await live.click("a")
