"""While Roost takes its time to reply, both clients show what they wait for, the same way."""

import asyncio

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.real_client.browser import Browser, comparable
from tests.real_client.side_by_side import agree, our_user
from tests.replay.page import difference
from tests.replay.steps import perform
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.node, pytest.mark.anyio]

# 1.1's client says this of what has no such property, and Roost speaks 1.2 to it.
UNDEFINED = ' data-phx-readonly="undefined"'

# What is done on which page, and how what waits for the reply is found.
WAITING = {
    "click #inc": ("/counter?delay=800", "#inc.phx-click-loading"),
    "type 'x' into #user_bio": ("/form?delay=800", "#user_bio.phx-change-loading"),
    "click #save": ("/form?delay=800", "#save.phx-submit-loading"),
    "click #save-draft": ("/form?delay=800", "#save-draft.phx-submit-loading"),
}


def unlike(live: Visitor, browser: Browser) -> str:
    theirs, ours = browser.seen()["body"], live.html("body")
    told = [comparable(each).replace(UNDEFINED, "") for each in (theirs, ours)]
    return difference(*told)


@pytest.mark.parametrize("sentence", WAITING)
async def test_both_clients_show_what_they_wait_for(
    roost: RoostProcess, browser: Browser, sentence: str
) -> None:
    path, waiting = WAITING[sentence]
    async with our_user(roost.url) as live:
        browser.open(roost.url + path)
        await live.visit(path)
        await agree(live, browser, "open")
        step = asyncio.create_task(perform(live, sentence))
        await live.until(waiting)
        browser.perform(sentence)
        assert not unlike(live, browser)
        await step
        await agree(live, browser, sentence)
