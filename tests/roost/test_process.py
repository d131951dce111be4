"""Roost as a process: a ready line, a clean end."""

import signal
from pathlib import Path

import httpx
import pytest

from tests.roost.process import DEADLINE, running_roost
from tests.roost.raw_browser import connected, dead_page


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running_roost() as roost:
        assert 200 == httpx.get(f"{roost.url}/counter").status_code
        roost.process.send_signal(number)
        assert 0 == roost.process.wait(DEADLINE)


@pytest.mark.anyio
async def test_it_ends_though_someone_is_connected() -> None:
    with running_roost() as roost:
        async with httpx.AsyncClient(base_url=roost.url) as http:
            page = await dead_page(http, "/counter")
        async with connected(page) as socket:
            await socket.join(page)
            roost.process.terminate()
            assert 0 == roost.process.wait(DEADLINE)


def test_the_real_client_is_served_from_a_folder_of_it(tmp_path: Path) -> None:
    package = tmp_path / "phoenix" / "priv" / "static"
    package.mkdir(parents=True)
    (package / "phoenix.min.js").write_text("var Phoenix")
    with running_roost("--vendor", str(tmp_path)) as roost:
        script = httpx.get(f"{roost.url}/vendor/phoenix/phoenix.min.js")
        missing = httpx.get(f"{roost.url}/vendor/live_view/phoenix_live_view.js")

    assert ("var Phoenix", 404) == (script.text, missing.status_code)
    assert "text/javascript; charset=utf-8" == script.headers["content-type"]


def test_a_second_server_cannot_believe_the_first_ones_cookies() -> None:
    with running_roost() as first, running_roost() as second:
        cookie = httpx.get(f"{first.url}/counter").cookies["_roost_key"]
        response = httpx.get(f"{second.url}/counter", cookies={"_roost_key": cookie})

    assert cookie != response.cookies["_roost_key"]
