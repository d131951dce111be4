"""What a page shows while a reply is awaited, and that nothing of it is left afterwards."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError, UploadError, ViewCrashed
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accepting,
    never,
)
from tests.liveview.client.upload_app import UploadApp

pytestmark = pytest.mark.anyio

PAGE = """<form id="f" phx-change="changed" phx-submit="saved">
<input id="name" name="name" value="x"><select id="role" name="role"><option>a</select>
<button id="save" name="by" value="save" phx-disable-with="Saving">Save</button>
<button id="draft">Draft</button></form>
<button id="inc" phx-click="inc" phx-disable-with="Wait">Go</button>
<b id="bare" phx-click="inc" phx-keydown="down">b</b>
<p id="both" phx-click='[["push",{"event":"inc","loading":"#note"}]]'>p</p>
<a id="link" data-phx-link="patch" data-phx-link-state="push" href="/counter?n=1">l</a>
<i id="hooked" phx-hook="Any">h</i><i id="note" class="note">n</i><u id="news">"""
CONTENT = {"0": "", "s": [PAGE, "</u>"]}
MARKS = "[data-phx-ref-src], [data-phx-disabled], [data-phx-readonly], [disabled]"

Gesture = Callable[[Visitor], Coroutine[Any, Any, Any]]

# What is done, and what then shows that the reply is awaited: a selector of each.
GESTURES: dict[str, tuple[Gesture, list[str]]] = {
    "a click": (
        lambda live: live.click("#inc"),
        ["#inc.phx-click-loading[disabled][data-phx-ref-loading='0']"],
    ),
    "a key": (lambda live: live.press("a", "#bare"), ["#bare.phx-keydown-loading"]),
    "a change": (
        lambda live: live.fill("#name", "y"),
        ["#name.phx-change-loading:not([readonly])", "#f.phx-change-loading"],
    ),
    "a submit": (
        lambda live: live.click("#save"),
        [
            "#f.phx-submit-loading:not([data-phx-ref-lock])",
            "#save.phx-submit-loading[disabled][data-phx-disabled='false']",
            "#draft[disabled]:not(.phx-submit-loading)",
            "#name[readonly][data-phx-readonly='false']",
            "#role:not([readonly]):not([data-phx-ref-src])",
        ],
    ),
    "a patch": (lambda live: live.click("#link"), ["#link.phx-click-loading"]),
    "JS.push with loading": (
        lambda live: live.click("#both"),
        ["#both.phx-click-loading", "#note.note.phx-click-loading"],
    ),
    "a hook": (
        lambda live: live.push_event("inc", hook="#hooked"),
        ["#hooked.phx-hook-loading[data-phx-ref-lock='0']"],
    ),
}


@pytest.fixture(autouse=True)
def page(server: ScriptedServer) -> None:
    server.on["phx_join"] = accepting(CONTENT)


@pytest.fixture
def app(page: None, server: ScriptedServer) -> UploadApp:
    return UploadApp(server)


@asynccontextmanager
async def unanswered(
    server: ScriptedServer, live: Visitor, gesture: Gesture
) -> AsyncIterator[tuple[Talk, Said]]:
    """Do something to which the server's answer comes when the block has ended."""
    server.on["event"] = server.on["live_patch"] = never
    before = len(server.said)
    step = asyncio.create_task(gesture(live))
    await server.until(lambda: len(server.said) > before)
    talk, said = server.talks[-1], server.said[-1]
    yield talk, said
    talk.reply(said)
    await step


@pytest.mark.parametrize(("gesture", "shown"), GESTURES.values(), ids=GESTURES)
async def test_the_page_shows_what_is_awaited_until_it_has_come(
    server: ScriptedServer, live: Visitor, gesture: Gesture, shown: list[str]
) -> None:
    await live.visit("/counter")
    before = live.html("#f")
    async with unanswered(server, live, gesture):
        assert shown == [each for each in shown if live.has(each)]
    assert not live.has(MARKS)
    assert not live.has("[class*=loading]")
    assert before == live.html("#f")


async def test_phx_disable_with_is_read_until_the_reply_has_come(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    async with unanswered(server, live, lambda live: live.click("#inc")):
        assert "Wait" == live.text("#inc")
    assert "Go" == live.text("#inc")


async def test_who_waits_for_a_loading_state_is_woken_by_it(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    seen = asyncio.create_task(live.until("#inc[disabled]"))
    await asyncio.sleep(0)
    async with unanswered(server, live, lambda live: live.click("#inc")):
        await seen


# What nobody can do while the first gesture is not answered, and why.
REFUSED: dict[str, tuple[Gesture, Gesture, str]] = {
    "click what is disabled": (
        lambda live: live.click("#inc"),
        lambda live: live.click("#inc"),
        "is disabled until a reply arrives",
    ),
    "click what waits": (
        lambda live: live.click("#bare"),
        lambda live: live.click("#bare"),
        "ignores events until the reply to its last one arrives",
    ),
    "submit again": (
        lambda live: live.submit("#f"),
        lambda live: live.submit("#f"),
        "ignores events until the reply to its last one arrives",
    ),
    "submit by another button": (
        lambda live: live.click("#save"),
        lambda live: live.click("#draft"),
        "is disabled until a reply arrives",
    ),
    "write what is sent": (
        lambda live: live.submit("#f"),
        lambda live: live.fill("#name", "z"),
        "is read-only",
    ),
}


@pytest.mark.parametrize(
    ("first", "second", "problem"), REFUSED.values(), ids=REFUSED.keys()
)
async def test_nobody_can(
    server: ScriptedServer,
    live: Visitor,
    first: Gesture,
    second: Gesture,
    problem: str,
) -> None:
    await live.visit("/counter")
    async with unanswered(server, live, first):
        sent = len(server.said)
        with pytest.raises(ElementError, match=problem):
            await second(live)
        assert sent == len(server.said)


async def test_a_second_push_says_what_it_would_without_the_first(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    async with unanswered(server, live, lambda live: live.click("#save")):
        server.on["changed"] = lambda talk, said: talk.reply(said)
        await live.select("#role", "a")
    (changed,) = server.heard("changed")
    assert "name=x&role=a" == changed.payload["value"]


async def test_what_is_locked_stays_as_it_was(
    server: ScriptedServer, live: Visitor
) -> None:
    content = {
        "0": "old",
        "1": "old",
        "s": ["<b id=b phx-click=b>", "</b><i id=i>", "</i>"],
    }
    server.on["phx_join"] = accepting(content)
    await live.visit("/counter")
    async with unanswered(server, live, lambda live: live.click("#b")) as (talk, said):
        talk.push(said, "diff", {"0": "new", "1": "new"})
        await live.until(lambda: "new" == live.text("#i"))
        assert "old" == live.text("#b")
    assert "new" == live.text("#b")


async def test_a_crash_leaves_the_marks_until_the_view_is_back(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.on["event"] = lambda talk, said: talk.crash(said)
    with pytest.raises(ViewCrashed):
        await live.click("#inc")
    assert "Wait" == live.text("#inc")
    await live.until(lambda: "Go" == live.text("#inc"))
    assert not live.has(MARKS)


async def test_the_marks_of_two_pushes_go_one_by_one(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    server.on["event"] = never
    both = asyncio.gather(live.click("#inc"), live.click("#bare"))
    await server.until(lambda: 2 == len(server.heard("inc")))

    def waiting() -> Iterator[str]:
        return (
            each for each in ("inc", "bare") if live.has(f"#{each}[data-phx-ref-src]")
        )

    assert ["inc", "bare"] == list(waiting())
    first, second = server.heard("inc")
    server.talks[-1].reply(first)
    await live.until(lambda: ["bare"] == list(waiting()))
    server.talks[-1].reply(second)
    await both
    assert [] == list(waiting())


@pytest.mark.parametrize("first", ["click", "until"])
@pytest.mark.parametrize("kind", ["patch", "redirect"])
async def test_who_waits_for_a_clicked_link_to_show_it_sees_it(
    server: ScriptedServer, live: Visitor, kind: str, first: str
) -> None:
    link = f'<a id="n" href="/counter?n" data-phx-link="{kind}" data-phx-link-state="push">'
    server.on["phx_join"] = accepting({"s": [f"{link}n</a>"]})
    await live.visit("/counter")
    server.on["phx_join"] = server.on["live_patch"] = never
    steps = [live.click("#n"), live.until("#n.phx-click-loading")]
    if first == "until":
        steps.reverse()

    tasks = [asyncio.create_task(step) for step in steps]
    await tasks[1 if first == "click" else 0]

    event = "live_patch" if kind == "patch" else "phx_join"
    await server.until(lambda: server.said[-1].event == event and server.said[1:])
    accepting({"s": ["there"]})(server.talks[-1], server.said[-1])
    await asyncio.gather(*tasks)
    assert not live.has(".phx-click-loading")


async def test_a_form_waits_from_the_first_byte_of_its_files_on(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"))
    server.on["allow_upload"] = never
    step = asyncio.create_task(live.submit("#f"))
    await server.until(lambda: server.heard("allow_upload"))
    (asked,) = server.heard("allow_upload")
    assert live.has("#f.phx-submit-loading")
    assert live.has("#doc[disabled][readonly][data-phx-disabled='false']")
    assert live.has("#save[disabled]")
    app.allow(server.talks[-1], asked)
    await step
    assert "note=" == server.heard("save")[0].payload["value"]
    assert not live.has(MARKS)


async def test_a_form_whose_files_are_refused_waits_no_longer(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"))
    server.on["allow_upload"] = lambda talk, said: talk.reply(
        said, error=[["0", "too_large"]], ref=said.payload["ref"]
    )
    with pytest.raises(UploadError):
        await live.submit("#f")
    assert not live.has(MARKS)
