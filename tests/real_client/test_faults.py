"""Roost failing on demand: both clients come back to the same page."""

import pytest

from pytest_liveview_load.errors import ConnectionLost, ViewCrashed
from tests.real_client.browser import Browser
from tests.real_client.sent_messages import Overheard, messages
from tests.real_client.side_by_side import agree, our_user
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.node, pytest.mark.anyio]

# What ends by itself: a half-open socket is noticed by a heartbeat, after half a minute.
FAULTS = {
    "crash": ViewCrashed,
    "cut": ConnectionLost,
    "close": ConnectionLost,
    "bad_frame": ConnectionLost,
}


async def test_both_clients_come_back(
    roost: RoostProcess, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    overheard = Overheard(monkeypatch)
    async with our_user(roost.url) as live:
        browser.open(f"{roost.url}/faults")
        await live.visit("/faults")
        await agree(live, browser, "open")
        for button, error in FAULTS.items():
            for _ in range(2):
                browser.perform("click #inc")
                await live.click("#inc")
                await agree(live, browser, f"click #inc before {button}")
            browser.perform(f"click #{button}")
            with pytest.raises(error):
                await live.click(f"#{button}")
            await live.until(lambda: live.text("#count") == "0")  # mounted anew
            await agree(live, browser, button)

    assert messages(browser.said()) == messages(overheard.said)
