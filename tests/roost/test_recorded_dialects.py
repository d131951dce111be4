"""Roost in an earlier LiveView's dialect says what real Phoenix was recorded to say.

Trees travel in 0.20 as in 1.0, so that recordings of 0.20 count where nothing else differs
(it knows no order of streams, nor `chunk_timeout`, and a sticky view joins otherwise).
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from roost.dialect import V1_0
from roost.diff import full_tree

from tests.replay.recording import BINARY, Sent, Tab, recordings, tabs_of
from tests.roost.process import RoostProcess, running_roost
from tests.roost.raw_browser import connected, dead_page, found
from tests.roost.replaying import MAIN, Replay, comparable
from tests.roost.tree_reader import read

SAME_TREES = ("1.0.19", "0.20.17")
PAGES = [
    ("1.1", "1.1.33", "counter"),
    ("1.1", "1.1.33", "keyed"),
    ("1.1", "1.1.33", "streams"),
    ("1.1", "1.1.33", "upload"),
    ("1.0", "1.0.19", "counter"),
    ("1.0", "1.0.19", "streams"),
    ("1.0", "1.0.19", "upload"),
    ("1.0", "0.20.17", "crash"),
    ("1.0", "0.20.17", "hooks"),
    ("1.0", "0.20.17", "live_components"),
]
# What Roost's page leaves out on purpose; its module says why.
LEFT_OUT = ' phx-value-from=\\"plain\\"'


@pytest.fixture(scope="module")
def line(request: pytest.FixtureRequest) -> str:
    """The line of LiveView whose dialect Roost speaks."""
    return str(request.param)


@pytest.fixture(scope="module")
def roost(line: str) -> Iterator[RoostProcess]:
    with running_roost("--liveview", line) as process:
        yield process


def raw(tab: Tab) -> dict[str, Any]:
    """Return a browser's tab in the form of the raw recordings."""
    page = tab.exchanges[0]
    frames: list[dict[str, Any]] = []
    for frame in tab.frames:
        if frame.text.startswith(BINARY):
            said = {"binary_b64": frame.text.removeprefix(BINARY)}
        else:
            text = frame.text.replace("0.20.17", V1_0.liveview_version)
            said = {"text": text.replace(LEFT_OUT, "")}
        step = tab.steps[min(frame.step, len(tab.steps) - 1)].sentence
        direction = "out" if isinstance(frame, Sent) else "in"
        frames.append({"dir": direction, "step": step, **said})
    url = f"http://{tab.netloc}{page.target}"
    return {"url": url, "http_html": page.body, "frames": frames}


@pytest.mark.anyio
@pytest.mark.parametrize(("line", "version", "name"), PAGES, indirect=["line"])
async def test_roost_tells_the_recorded_news(
    version: str, name: str, http: httpx.AsyncClient
) -> None:
    for tab in tabs_of(version, name):
        page = await dead_page(http, tab.exchanges[0].target)
        async with connected(page) as socket:
            recorded = raw(tab)
            replay = Replay(recorded, page, socket)
            for frame in recorded["frames"]:
                await replay.play(frame)

        assert "" != replay.step


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("line", "version", "name"),
    [each for each in PAGES if each[2] in ("streams", "keyed", "upload")],
    indirect=["line"],
)
async def test_the_dead_page_is_the_recorded_one(
    version: str, name: str, http: httpx.AsyncClient
) -> None:
    exchange = tabs_of(version, name)[0].exchanges[0]
    page = await dead_page(http, exchange.target)

    phoenix = found(MAIN, exchange.body)
    assert comparable(phoenix) == comparable(found(MAIN, page.html))


def joined(version: str, page: str) -> Iterator[dict[str, Any]]:
    """Yield every tree that a page was joined with, without the title and events."""
    for tab in tabs_of(version, page):
        for frame in tab.frames:
            if '"rendered":' in frame.text:
                tree = json.loads(frame.text)[4]["response"]["rendered"]
                yield {key: tree[key] for key in tree if key not in ("t", "e")}


@pytest.mark.parametrize(
    ("version", "page"), [each for each in recordings() if each[0] in SAME_TREES]
)
def test_a_tree_is_encoded_as_it_was_recorded(version: str, page: str) -> None:
    trees = list(joined(version, page))
    assert trees
    for tree in trees:
        again = full_tree(*read(tree), dialect=V1_0)
        assert tree == json.loads(json.dumps(again))


@pytest.mark.anyio
@pytest.mark.parametrize("line", ["1.0"], indirect=True)
async def test_what_1_0_has_no_word_for_is_not_served(http: httpx.AsyncClient) -> None:
    assert 404 == (await http.get("/portal")).status_code
