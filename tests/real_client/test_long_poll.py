"""The real client without websockets beside ours with long polls: same page, same requests.

What goes in one POST depends on when it is said; so a step begins when both have said all
that the one before it came to.
"""

from pathlib import Path

import pytest

from tests.real_client.browser import Browser
from tests.real_client.sent_messages import Overheard, all_told, bodies
from tests.real_client.side_by_side import agree, our_user
from tests.real_client.test_pages import PAGES, RECORDED, do
from tests.replay.page_hooks import PAGE_HOOKS
from tests.replay.recording import tabs_of
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.node, pytest.mark.anyio]

POLLED = {
    "1.2": [
        page for page in PAGES if page not in ("chat", "form")
    ],  # as they are typed
    "1.1": ["live_components", "nav", "portal"],
    "1.0": ["crash", "nested"],
}
FILE_SIZE = 20_000  # bytes: three chunks


@pytest.mark.parametrize("page", PAGES)
async def test_both_clients_poll_the_same(
    roost: RoostProcess,
    browser: Browser,
    overheard: Overheard,
    client_line: str,
    page: str,
) -> None:
    if page not in POLLED[client_line]:
        pytest.skip("other lines poll it")
    path, count = PAGES[page]
    async with our_user(roost.url, "longpoll") as live:
        live.hooks.update(PAGE_HOOKS)
        browser.open(roost.url + path, websockets=False)
        await live.visit(path)
        await agree(live, browser, "open")
        for step in tabs_of(RECORDED, page)[0].steps[1:][:count]:
            await do(live, browser, step.sentence)
            await agree(live, browser, step.sentence)
            await all_told(browser, overheard)

    assert bodies(browser.said()) == bodies(overheard.said)


async def test_both_clients_upload_in_posts(
    roost: RoostProcess, browser: Browser, overheard: Overheard, tmp_path: Path
) -> None:
    file = tmp_path / "long.bin"
    file.write_bytes(bytes(FILE_SIZE))
    async with our_user(roost.url, "longpoll") as live:
        browser.open(f"{roost.url}/upload", websockets=False)
        await live.visit("/upload")
        await agree(live, browser, "open")
        browser.choose("input[type=file]", file)
        await live.upload("input[type=file]", file)
        await agree(live, browser, "choose")
        await do(live, browser, "click #upload-save")
        await agree(live, browser, "save")

    assert bodies(browser.said()) == bodies(overheard.said)
