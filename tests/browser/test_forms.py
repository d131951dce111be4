"""What Chromium does with forms by itself, without LiveView: our page is asked the same."""

import json
from typing import Final

import pytest

from benchmarks.chromium import Tab
from tests.liveview.page.enter_key import ENTER

pytestmark = [pytest.mark.browser, pytest.mark.anyio]

_COUNT_SUBMITS: Final = (
    "window.submits = 0; document.addEventListener('submit', event => {"
    " event.preventDefault(); window.submits++ })"
)


@pytest.mark.parametrize(("content", "submits"), ENTER.values(), ids=ENTER)
async def test_enter_submits_in_chromium(
    tab: Tab,
    content: str,
    submits: bool,
) -> None:
    await tab.go("about:blank")
    html = json.dumps(f"<form>{content}</form>")
    await tab.run(f"document.body.innerHTML = {html}; {_COUNT_SUBMITS}")
    await tab.run("document.querySelector('#a').focus()")

    await tab.press("Enter")

    assert await tab.run("window.submits") == submits
