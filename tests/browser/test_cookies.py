"""Which cookies Chromium keeps and sends: our jar is asked the same."""

import socket

import pytest

from benchmarks.chromium import Tab
from tests.liveview.client.cookie_cases import COOKIES, CookieCase
from tests.liveview.client.scripted_server import Answer, ScriptedServer, scripted

pytestmark = [pytest.mark.browser, pytest.mark.anyio]


def own_address() -> str:
    """Return this machine's own address that is no loopback one; skip without any."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))  # sends nothing
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(probe.getsockname()[0])


@pytest.mark.parametrize("case", COOKIES.values(), ids=COOKIES)
async def test_chromium_keeps_what_the_jar_keeps(tab: Tab, case: CookieCase) -> None:
    at, to = case.at, case.to
    if "MACHINE" in at:
        machine = own_address()
        at, to = at.replace("MACHINE", machine), to.replace("MACHINE", machine)
    await tab.call("Network.clearBrowserCookies")
    async with scripted(host="0.0.0.0") as server:
        for text in case.set_cookies:
            await visited(tab, server, at, {"set-cookie": text})
        told = await visited(tab, server, to, {})

    assert case.told == told


async def visited(
    tab: Tab, server: ScriptedServer, place: str, headers: dict[str, str]
) -> str:
    """Open a page that answers with `headers`; return the cookies that it was told."""
    host, _, path = place.partition("/")
    port = server.url.rpartition(":")[2]
    server.pages[f"/{path}"] = lambda _: Answer(headers=headers, drop=True)
    server.asked.clear()
    await tab.go("about:blank")
    await tab.go(f"http://{host}:{port}/{path}")
    await tab.until(f"location.host == '{host}:{port}'")
    await tab.until("document.readyState == 'complete'")
    asked = next(each for each in server.asked if each.path == f"/{path}")
    return asked.headers.get("cookie", "")
