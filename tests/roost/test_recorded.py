"""Roost answers recorded frames as Phoenix LiveView 1.2.10 answered them."""

import json
from typing import Any

import httpx
import pytest

from tests.roost.raw_browser import DeadPage, connected, dead_page, found
from tests.roost.replaying import SIGNED, recording

PAGES = (
    "counter",
    "streams",
    "nav",
    "nav_redirects",
    "crash",
    "crash_mount",
    "crash_mount_raise",
    "crash_slow_mount",
    "secret_unauthorized",
)
# What a page leaves out on purpose; its module says why.
LEFT_OUT = {"counter": ' phx-value-from="plain"'}


def with_own_tokens(message: list[Any], page: DeadPage) -> list[Any]:
    payload = message[4]
    if message[3] == "phx_join" and payload["session"].startswith(SIGNED):
        payload["session"], payload["static"] = page.session, page.static
        payload["params"]["_csrf_token"] = page.csrf_token
    return message


def comparable(value: Any) -> Any:
    """Leave out what must differ: whole trees (our layout has fewer links) and signatures."""
    if isinstance(value, dict):
        return {
            key: comparable(each)
            for key, each in value.items()
            if key not in ("rendered", "flash")
        }
    return [comparable(each) for each in value] if isinstance(value, list) else value


@pytest.mark.anyio
@pytest.mark.parametrize("name", PAGES)
async def test_each_reply_is_the_recorded_one(
    name: str, http: httpx.AsyncClient
) -> None:
    recorded = recording(name)
    origin, _, path = recorded["url"].partition("4100")
    page = await dead_page(http, path)
    old_id = found('<div id="(phx-[^"]+)" data-phx-main', recorded["http_html"])
    base = str(http.base_url).rstrip("/")

    async with connected(page) as socket:
        for frame in recorded["frames"]:
            if "text" not in frame:
                continue  # the end of the recording
            text = frame["text"].replace(old_id, page.view_id)
            message = json.loads(text.replace(f"{origin}4100", base))
            if frame["dir"] == "out":
                step = frame["step"]
                await socket.websocket.send(json.dumps(with_own_tokens(message, page)))
                continue
            try:
                received = await socket.receive()
            except TimeoutError:
                pytest.fail(f"{step}: no answer, but Phoenix sent {message}")
            assert (step, comparable(message)) == (step, comparable(received))


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["counter", "streams", "nav", "crash"])
async def test_the_page_is_the_recorded_one(name: str, http: httpx.AsyncClient) -> None:
    recorded = recording(name)
    origin, _, path = recorded["url"].partition("4100")
    page = await dead_page(http, path)
    base = str(http.base_url).rstrip("/")

    main = r'(?s)<main id="main">(.*)</main>'
    phoenix = found(main, recorded["http_html"]).replace(f"{origin}4100", base)
    assert phoenix.replace(LEFT_OUT.get(name, "\0"), "") == found(main, page.html)
