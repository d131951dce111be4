"""The tab's title: whichever view set it last has it, in each dialect's way."""

from typing import Any, Final

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    dead_render,
)

pytestmark = pytest.mark.anyio

CHILD_PLACE: Final = (
    '<div id="child" data-phx-view="ChildLive" data-phx-static="" '
    'data-phx-session="s" data-phx-parent-id="phx-nest"></div>'
)
NO_DEFAULT: Final = "<title data-suffix=' · App'>Dead · App</title>"
DEFAULT: Final = "<title data-default='App' data-suffix=' · App'>Dead · App</title>"

_Said = list[tuple[str, str]]

# The page's title element, the title of the two mounts, what is pushed then, and the
# version: what the tab is called.
TITLES: dict[str, tuple[str, str | None, str | None, _Said, str, str]] = {
    "a child's own": (NO_DEFAULT, "Main", "Child", [], "1.2.10", "Child · App"),
    "in 0.20 too": (NO_DEFAULT, "Main", "Child", [], "0.20.17", "Child · App"),
    "the main view's": (NO_DEFAULT, "Main", None, [], "1.2.10", "Main · App"),
    "the last pushed": (
        NO_DEFAULT,
        "Main",
        "Child",
        [("child", "One"), ("phx-nest", "Two")],
        "1.2.10",
        "Two · App",
    ),
    "the same once more": (
        NO_DEFAULT,
        "Main",
        "Child",
        [("phx-nest", "Two"), ("child", "Child")],
        "1.2.10",
        "Child · App",
    ),
    "a child's mount takes nothing": (
        DEFAULT,
        "Main",
        None,
        [],
        "1.1.33",
        "Main · App",
    ),
    "but in 1.0": (DEFAULT, "Main", None, [], "1.0.19", "App · App"),
    "the default, without any": (DEFAULT, None, None, [], "1.2.10", "App · App"),
    "not in 0.20": (DEFAULT, None, None, [], "0.20.17", "Dead · App"),
    "an empty one is the default": (
        DEFAULT,
        "Main",
        None,
        [("phx-nest", "")],
        "1.2.10",
        "App · App",
    ),
    "in 0.20 it is nothing": (
        DEFAULT,
        "Main",
        None,
        [("phx-nest", "")],
        "0.20.17",
        "Main · App",
    ),
    "or is nothing": (
        NO_DEFAULT,
        "Main",
        None,
        [("child", "")],
        "1.2.10",
        "Main · App",
    ),
    "white space is collapsed": (
        NO_DEFAULT,
        "  Main\n\t page ",
        None,
        [],
        "1.2.10",
        "Main page · App",
    ),
    "but for no-break spaces": (
        "<title>\n Dead\n  page </title>",
        None,
        "\u00a0a\u00a0 b\f",
        [],
        "1.2.10",
        "\u00a0a\u00a0 b",
    ),
    "also the dead render's": (
        "<title>\n Dead\n  page </title>",
        None,
        None,
        [],
        "1.2.10",
        "Dead page",
    ),
    "and nothing in 0.20": (
        DEFAULT,
        "Main",
        None,
        [("phx-nest", "")],
        "0.20.17",
        "Main · App",
    ),
}


def titled(title: str | None) -> dict[str, str]:
    return {} if title is None else {"t": title}


@pytest.mark.parametrize(
    ("element", "main", "child", "pushed", "version", "expected"),
    TITLES.values(),
    ids=TITLES.keys(),
)
async def test_the_title_is(
    server: ScriptedServer,
    live: Visitor,
    element: str,
    main: str | None,
    child: str | None,
    pushed: _Said,
    version: str,
    expected: str,
) -> None:
    page = dead_render("/nest", "NestLive", CHILD_PLACE)
    page = page.replace("<title>NestLive</title>", element)
    server.pages["/nest"] = lambda _: Answer(page)
    trees: dict[str, dict[str, Any]] = {
        "lv:phx-nest": {"0": CHILD_PLACE, "s": ["", ""], **titled(main)},
        "lv:child": {"0": "", "s": ["<i>", "</i>"], **titled(child)},
    }

    def accept(talk: Talk, said: Said) -> None:
        accepting(trees[said.topic], version)(talk, said)

    server.on["phx_join"] = accept
    await live.visit("/nest")
    joins = {said.topic.removeprefix("lv:"): said for said in server.said}
    for view, title in pushed:
        server.talks[0].push(joins[view], "diff", titled(title))
    server.talks[0].push(joins["child"], "diff", {"0": "told"})
    await live.until(lambda: "told" == live.text("#child"))
    assert expected == live.title
