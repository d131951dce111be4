"""Roost as a process: a ready line, a clean end."""

import signal

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


def test_a_second_server_cannot_believe_the_first_ones_cookies() -> None:
    with running_roost() as first, running_roost() as second:
        cookie = httpx.get(f"{first.url}/counter").cookies["_roost_key"]
        response = httpx.get(f"{second.url}/counter", cookies={"_roost_key": cookie})

    assert cookie != response.cookies["_roost_key"]
