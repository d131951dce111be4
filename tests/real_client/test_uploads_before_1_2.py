"""Uploads before LiveView 1.2: a file input does not tell which of its files are refused."""

from pathlib import Path

import pytest

from pytest_liveview_load.errors import UploadError
from tests.real_client.browser import Browser
from tests.real_client.sent_messages import Overheard, messages
from tests.real_client.side_by_side import agree, our_user
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.node, pytest.mark.anyio]

INPUT = "input[type=file]"


@pytest.mark.parametrize("client_line", ["1.1", "1.0"], indirect=True)
async def test_a_refused_file_is_told_of_at_the_submit(
    roost: RoostProcess,
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    overheard = Overheard(monkeypatch)
    file = tmp_path / "wrong.exe"
    file.write_bytes(b"MZ")
    async with our_user(roost.url) as live:
        browser.open(f"{roost.url}/upload")
        await live.visit("/upload")
        await agree(live, browser, "open")
        browser.choose(INPUT, file)
        await live.upload(INPUT, file)
        await agree(live, browser, "choose")
        browser.perform("click #upload-save")
        with pytest.raises(UploadError) as told:
            await live.click("#upload-save")
        await agree(live, browser, "submit")
        browser.perform("click #cancel-0")
        await live.click("#cancel-0")
        await agree(live, browser, "cancel")

    assert "not_accepted" == told.value.reason
    assert messages(browser.said()) == messages(overheard.said)
