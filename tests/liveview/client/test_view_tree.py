"""Several live views on one page, as the real client's frames have it."""

import asyncio
from typing import Any

import pytest

from pytest_liveview_load.errors import (
    ConnectionLost,
    JoinFailed,
    StepTimeout,
    ViewCrashed,
)
from pytest_liveview_load.liveview.page.loading import SERVER_ERROR
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Answer,
    Handler,
    Said,
    ScriptedServer,
    Talk,
    accepting,
    dead_render,
    never,
)
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

MAIN = "lv:phx-nest"
CHILD = "lv:child"
NAVIGATE = (
    '<a id="n" href="/other" data-phx-link="redirect" data-phx-link-state="push">n</a>'
)
BUTTON = "<button id='{0}' phx-click='{0}'>{0}</button>"


def place(view_id: str, parent: str = "phx-nest", session: str = "of-the-join") -> str:
    """Return a nested view's element as a parent's tree has it."""
    return (
        f'<div id="{view_id}" data-phx-view="{view_id.title()}Live" data-phx-static="" '
        f'data-phx-session="{session}" data-phx-parent-id="{parent}"></div>'
    )


def sticky(session: str = "of-the-place", static: str = "") -> str:
    return (
        '<div id="player" data-phx-view="PlayerLive" data-phx-sticky '
        f'data-phx-session="{session}" data-phx-static="{static}"></div>'
    )


def tree(*dynamics: str) -> dict[str, Any]:
    """Return a rendered tree: the dynamics, one after the other."""
    named: dict[str, Any] = {str(index): each for index, each in enumerate(dynamics)}
    return named | {"s": [""] * (len(dynamics) + 1)}


CONTENTS = {
    MAIN: tree("main ", BUTTON.format("toggle") + NAVIGATE, place("child")),
    CHILD: tree("child ", BUTTON.format("inc"), ""),
    "lv:grand": tree("grand ", BUTTON.format("deep")),
    "lv:player": tree("player ", BUTTON.format("play")),
}


def join(contents: dict[str, Any], **handlers: Handler) -> Handler:
    """Return what accepts each topic's join with its tree; `handlers` are by view id."""

    def accept(talk: Talk, said: Said) -> None:
        handler = handlers.get(said.topic.removeprefix("lv:"))
        (handler or accepting(contents[said.topic]))(talk, said)

    return accept


def outline(server: ScriptedServer, since: int = 0) -> list[tuple[str, str]]:
    """Return event and topic of what was said."""
    return [(said.event, said.topic) for said in server.said[since:]]


def replying(**response: Any) -> Handler:
    return lambda talk, said: talk.reply(said, **response)


def joins_of(server: ScriptedServer, topic: str) -> list[Any]:
    return [said.payload for said in server.heard("phx_join") if said.topic == topic]


@pytest.fixture(autouse=True)
def nest(server: ScriptedServer) -> None:
    server.page(
        "/nest",
        view="NestLive",
        body='<div id="child" data-phx-session="" data-phx-static="dead-static" '
        'data-phx-parent-id="phx-nest">dead</div>',
    )
    server.on["phx_join"] = join(CONTENTS)


async def test_a_child_joins_with_its_parents_session_and_the_dead_static(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/nest")

    assert outline(server) == [("phx_join", MAIN), ("phx_join", CHILD)]
    assert server.said[1].payload == {
        "params": {"_csrf_token": "the-csrf-token", "_mounts": 0, "_mount_attempts": 0},
        "session": "of-the-join",
        "static": "dead-static",
        "sticky": False,
    }
    assert [said.ref for said in server.said] == ["4", "10"]
    assert live.text("#child") == "child inc"
    assert live.attr("#child", "data-phx-static") == "dead-static"


async def test_an_event_goes_to_the_view_that_owns_the_element(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["inc"] = replying(diff={"2": "one"})
    await live.visit("/nest")

    await live.click("#inc")
    await live.click("#toggle")
    await live.push("raw", target="#inc")

    assert outline(server, 2) == [("event", CHILD), ("event", MAIN), ("event", CHILD)]
    assert live.text("#child") == "child inc one"
    assert [(name, view) for name, view, *_ in measured.events] == [
        ("inc", "ChildLive"),
        ("toggle", "NestLive"),
        ("raw", "ChildLive"),
    ]


async def test_a_parents_diff_leaves_the_childs_content_alone(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["inc"] = replying(diff={"0": "counted "})
    again = place("child", session="another-token")
    server.on["toggle"] = replying(diff={"0": "new ", "2": again})
    await live.visit("/nest")
    await live.click("#inc")

    await live.click("#toggle")

    assert len(server.heard("phx_join")) == 2
    assert live.text("#phx-nest") == "new toggle n counted inc"
    assert live.attr("#child", "data-phx-session") == "of-the-join"


async def test_a_mount_ends_when_all_that_is_nested_has_joined(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    contents = CONTENTS | {CHILD: tree("child ", place("grand", "child"))}
    server.on["phx_join"] = join(contents)

    await live.visit("/nest")

    order = [each for each in measured.timings if each[0] in ("join", "mount", "visit")]
    assert order == [
        ("join", "NestLive"),
        ("join", "ChildLive"),
        ("join", "GrandLive"),
        ("mount", "/nest"),
        ("visit", "/nest"),
    ]
    assert measured.counts["mounts"] == 1
    assert joins_of(server, "lv:grand")[0]["static"] is None


async def test_a_visit_that_waits_for_a_nested_view_names_it(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = join(CONTENTS, child=never)

    with pytest.raises(StepTimeout, match=r"ChildLive of .*/nest to join"):
        await live.visit("/nest", timeout=0.2)


async def test_a_late_child_has_no_static_and_is_there_when_the_step_ends(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["phx_join"] = join(
        CONTENTS | {MAIN: tree("", BUTTON.format("toggle"), "")}
    )
    server.on["toggle"] = replying(diff={"2": place("child", session="late")})
    await live.visit("/nest")

    await live.click("#toggle")

    assert live.text("#child") == "child inc"
    (payload,) = joins_of(server, CHILD)
    assert (payload["session"], payload["static"]) == ("late", None)
    assert measured.labels("join") == ["NestLive", "ChildLive"]
    assert measured.labels("mount") == ["/nest"]


async def test_a_removed_child_leaves_its_channel_after_its_own_children(
    server: ScriptedServer, live: Visitor
) -> None:
    contents = CONTENTS | {CHILD: tree("child ", place("grand", "child"))}
    server.on["phx_join"] = join(contents)
    server.on["toggle"] = replying(diff={"2": ""})
    await live.visit("/nest")

    await live.click("#toggle")
    await live.push("fence")

    assert outline(server, 3) == [
        ("event", MAIN),
        ("phx_leave", "lv:grand"),
        ("phx_leave", CHILD),
        ("event", MAIN),
    ]
    assert not live.has("#child")


async def test_a_child_that_comes_again_joins_again(
    server: ScriptedServer, live: Visitor
) -> None:
    shown = iter(["", place("child", session="second")])
    server.on["toggle"] = lambda talk, said: talk.reply(said, diff={"2": next(shown)})
    await live.visit("/nest")

    await live.click("#toggle")
    await live.click("#toggle")

    first, second = joins_of(server, CHILD)
    assert (first["static"], second["static"]) == ("dead-static", None)
    assert second["session"] == "second"
    assert live.text("#child") == "child inc"


async def test_the_crash_of_a_child_is_told_to_its_step_and_leaves_the_parent_alone(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["inc"] = lambda talk, said: talk.crash(said)
    await live.visit("/nest")

    with pytest.raises(ViewCrashed, match="ChildLive crashed"):
        await live.click("#inc")
    await live.click("#toggle")
    server.on["inc"] = replying(diff={"0": "back "})
    await live.click("#inc")

    assert [each["_mounts"] for each in map(params_of, joins_of(server, CHILD))] == [
        0,
        1,
    ]
    assert len(joins_of(server, MAIN)) == 1
    assert joins_of(server, CHILD)[1]["static"] == "dead-static"
    assert live.text("#child") == "back inc"
    assert measured.labels("rejoin") == ["ChildLive"]


async def test_a_nested_view_without_a_name_is_told_by_its_id(
    server: ScriptedServer, live: Visitor
) -> None:
    unnamed = place("child").replace('data-phx-view="ChildLive"', "")
    contents = CONTENTS | {MAIN: tree("main ", "", unnamed)}
    server.on["phx_join"] = join(contents)
    server.on["inc"] = lambda talk, said: talk.crash(said)
    await live.visit("/nest")

    with pytest.raises(ViewCrashed, match=r"^child crashed on the server during"):
        await live.click("#inc")


def refused(talk: Talk, said: Said) -> None:
    talk.reply(said, "error", reason="join crashed")


def params_of(payload: Any) -> dict[str, Any]:
    found: dict[str, Any] = payload["params"]
    return found


async def test_the_crash_of_a_parent_takes_its_children_along_and_brings_them_back(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/nest")
    server.talks[0].crash(server.said[0])
    await server.until(lambda: len(joins_of(server, CHILD)) == 2)

    with pytest.raises(ViewCrashed, match="NestLive crashed"):
        await live.click("#inc")
    await live.click("#inc")

    assert outline(server, 2) == [
        ("phx_leave", CHILD),
        ("phx_join", MAIN),
        ("phx_join", CHILD),
        ("event", CHILD),
    ]
    again = joins_of(server, CHILD)[1]
    assert (params_of(again)["_mounts"], again["static"]) == (1, None)
    assert measured.labels("rejoin") == ["NestLive"]


async def test_a_lost_socket_rejoins_the_roots_and_they_their_children(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["inc"] = lambda talk, said: talk.hang_up()
    await live.visit("/nest")

    with pytest.raises(ConnectionLost):
        await live.click("#inc")
    await live.click("#toggle")

    assert outline(server, 3) == [
        ("phx_join", MAIN),
        ("phx_join", CHILD),
        ("event", MAIN),
    ]
    # The click was "11"; the child's leave, which nobody could be sent, took "12".
    assert [said.ref for said in server.said[3:]] == ["13", "16", "17"]
    assert measured.labels("rejoin") == ["NestLive"]


async def test_what_was_typed_in_a_child_is_sent_again_when_its_parent_comes_back(
    server: ScriptedServer, live: Visitor
) -> None:
    form = '<form id="f" phx-change="validate"><input id="q" name="q"></form>'
    server.on["phx_join"] = join(CONTENTS | {CHILD: tree(form)})
    await live.visit("/nest")
    await live.fill("#q", "typed")
    server.talks[0].crash(server.said[0])
    await server.until(lambda: len(server.heard("validate")) == 2)

    again = server.heard("validate")[1]
    assert (again.topic, again.payload["value"]) == (CHILD, "q=typed")


async def test_a_refused_child_is_tried_three_times(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = join(
        CONTENTS,
        child=lambda talk, said: talk.reply(said, "error", reason="join crashed"),
    )

    with pytest.raises(JoinFailed, match="'join crashed' after 3 attempts"):
        await live.visit("/nest")

    tried = [params_of(each)["_mount_attempts"] for each in joins_of(server, CHILD)]
    assert tried == [0, 1, 2]


async def test_a_parent_whose_child_fails_for_good_in_the_first_mount_still_answers(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["phx_join"] = join(CONTENTS, child=refused)
    server.on["toggle"] = replying(diff={"0": "toggled "})

    with pytest.raises(JoinFailed, match="ChildLive"):
        await live.visit("/nest")
    answered = await live.push("toggle")
    await live.push("fence")

    assert answered is None
    assert [("event", MAIN)] * 2 == outline(server)[-2:]
    assert live.text("#child") == "dead"  # as joins are shown together
    assert live.attr("[data-phx-main]", "class") == SERVER_ERROR
    assert live.attr("#child", "class") == SERVER_ERROR
    assert measured.labels("mount") == []
    assert live.path == "/nest"


async def test_such_a_page_is_whole_again_after_a_reconnect(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = join(CONTENTS, child=refused)
    with pytest.raises(JoinFailed):
        await live.visit("/nest")
    server.on["phx_join"] = join(CONTENTS)

    await live.reconnect()
    await live.until("#inc")

    assert live.text("#child") == "child inc"
    assert live.attr("[data-phx-main]", "class") == "phx-connected"


async def test_the_next_patch_tries_a_child_again_for_which_nobody_waits(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = join(
        CONTENTS | {MAIN: tree("", BUTTON.format("toggle"), "")}, child=refused
    )
    server.on["toggle"] = replying(diff={"2": place("child")})
    await live.visit("/nest")
    with pytest.raises(JoinFailed):
        await live.click("#toggle")

    await live.click("#toggle")
    await server.until(lambda: len(joins_of(server, CHILD)) == 6)
    await live.push("fence")

    server.on["phx_join"] = join(CONTENTS)
    await live.click("#toggle")
    await live.until("#inc")


async def test_a_child_that_is_refused_once_joins_the_second_time(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def second_time(talk: Talk, said: Said) -> None:
        if len(joins_of(server, CHILD)) == 1:
            talk.reply(said, "error", reason="join crashed")
        else:
            accepting(CONTENTS[CHILD])(talk, said)

    server.on["phx_join"] = join(CONTENTS, child=second_time)

    await live.visit("/nest")

    assert live.text("#child") == "child inc"
    assert measured.labels("mount") == ["/nest"]
    assert (1, 1) == (
        measured.counts["reconnects"],
        measured.counts["recovered_mounts"],
    )


@pytest.mark.parametrize("who", [MAIN, CHILD])
async def test_a_mount_in_which_a_view_crashes_once_ends_well(
    server: ScriptedServer, live: Visitor, measured: Measured, who: str
) -> None:
    crashed: list[Said] = []

    def joining_child(talk: Talk, said: Said) -> None:
        if crashed:
            accepting(CONTENTS[CHILD])(talk, said)
            return
        # A child that is linked to its parent takes it along.
        crashed.append(said)
        talk.crash(said if who == CHILD else server.said[0])

    server.on["phx_join"] = join(CONTENTS, child=joining_child)

    await live.visit("/nest")

    assert live.text("#phx-nest") == "main toggle n child inc"
    assert measured.labels("mount") == ["/nest"]
    assert (1, 1) == (
        measured.counts["reconnects"],
        measured.counts["recovered_mounts"],
    )
    assert 1 == measured.counts["mounts"]


async def test_a_late_child_that_crashes_once_costs_its_step_only_time(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def second_time(talk: Talk, said: Said) -> None:
        if len(joins_of(server, CHILD)) == 1:
            talk.crash(said)
        else:
            accepting(CONTENTS[CHILD])(talk, said)

    server.on["phx_join"] = join(
        CONTENTS | {MAIN: tree("", BUTTON.format("toggle"), "")}, child=second_time
    )
    server.on["toggle"] = replying(diff={"2": place("child")})
    await live.visit("/nest")

    await live.click("#toggle")

    assert live.text("#child") == "child inc"
    assert 1 == measured.counts["recovered_mounts"]


async def test_a_late_child_that_is_refused_fails_its_step_and_not_the_page(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = join(
        CONTENTS | {MAIN: tree("", BUTTON.format("toggle"), "")},
        child=lambda talk, said: talk.reply(said, "error", reason="join crashed"),
    )
    server.on["toggle"] = replying(diff={"2": place("child")})
    await live.visit("/nest")

    with pytest.raises(JoinFailed, match="ChildLive"):
        await live.click("#toggle")
    await live.push("fence")

    assert outline(server)[-2:] == [("phx_leave", CHILD), ("event", MAIN)]
    assert live.attr("[data-phx-main]", "class") == SERVER_ERROR  # for good


async def test_a_child_that_was_refused_shows_it_until_it_joins(
    server: ScriptedServer, live: Visitor
) -> None:
    refused = iter((True,))

    def once(talk: Talk, said: Said) -> None:
        if next(refused, False):
            talk.reply(said, "error", reason="join crashed")

    server.on["phx_join"] = join(CONTENTS, child=once)
    visit = asyncio.create_task(live.visit("/nest"))
    await server.until(lambda: len(joins_of(server, CHILD)) == 2)
    assert live.attr("#child", "class") == SERVER_ERROR
    accepting(CONTENTS[CHILD])(server.talks[0], server.said[-1])
    await visit
    assert live.attr("#child", "class") == "phx-connected"


async def test_a_stale_child_loads_the_page_anew(
    server: ScriptedServer, live: Visitor
) -> None:
    def stale_once(talk: Talk, said: Said) -> None:
        if len(joins_of(server, CHILD)) == 1:
            talk.reply(said, "error", reason="stale")
        else:
            accepting(CONTENTS[CHILD])(talk, said)

    server.on["phx_join"] = join(CONTENTS, child=stale_once)

    await live.visit("/nest")

    assert [asked.path for asked in server.asked] == ["/nest", "/nest"]
    assert live.text("#child") == "child inc"


async def test_a_child_may_send_the_page_elsewhere(
    server: ScriptedServer, live: Visitor
) -> None:
    server.page("/other", view="OtherLive")

    def navigate(talk: Talk, said: Said) -> None:
        server.on["phx_join"] = accepting(tree("other"))
        talk.reply(said, live_redirect={"kind": "push", "to": "/other"})

    server.on["inc"] = navigate
    await live.visit("/nest")

    await live.click("#inc")

    assert outline(server, 3) == [
        ("phx_leave", CHILD),
        ("phx_leave", MAIN),
        ("phx_join", MAIN),
    ]
    assert (live.path, live.text("#phx-nest")) == ("/other", "other")


async def test_a_sticky_view_outlives_a_navigation_and_sends_no_url(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.page("/nest", view="NestLive", body=sticky("of-the-page", "dead-static"))
    shown = tree("main ", NAVIGATE, sticky("of-the-join"))
    server.on["phx_join"] = join(CONTENTS | {MAIN: shown})
    server.on["play"] = replying(diff={"0": "playing "})
    await live.visit("/nest")
    await live.click("#play")

    await live.click("#n")
    await live.click("#play")

    assert outline(server) == [
        ("phx_join", MAIN),
        ("phx_join", "lv:player"),
        ("event", "lv:player"),
        ("phx_leave", MAIN),
        ("phx_join", MAIN),
        ("event", "lv:player"),
    ]
    first = server.said[1]
    assert first.ref == "7"
    assert first.payload.keys() == {"params", "session", "static", "sticky"}
    assert (first.payload["session"], first.payload["static"]) == (
        "of-the-page",
        "dead-static",
    )
    assert live.text("#player") == "playing play"
    assert live.attr("#player", "data-phx-session") == "of-the-join"
    assert measured.labels("mount") == ["/nest", "/other"]


async def test_a_sticky_view_that_the_next_page_does_not_show_is_left(
    server: ScriptedServer, live: Visitor
) -> None:
    server.page("/nest", view="NestLive", body=sticky("of-the-page"))
    shown = tree("main ", NAVIGATE, sticky())
    server.on["phx_join"] = join(CONTENTS | {MAIN: shown})
    await live.visit("/nest")
    server.on["phx_join"] = accepting(tree("other"))

    await live.click("#n")
    await live.push("fence")

    assert outline(server, 2) == [
        ("phx_leave", MAIN),
        ("phx_join", MAIN),
        ("phx_leave", "lv:player"),
        ("event", MAIN),
    ]
    assert not live.has("#player")


async def test_a_sticky_view_that_a_navigation_brings_joins_then(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = join(CONTENTS | {MAIN: tree("main ", NAVIGATE)})
    await live.visit("/nest")
    shown = tree("main ", NAVIGATE, sticky())
    server.on["phx_join"] = join(CONTENTS | {MAIN: shown})

    await live.click("#n")

    assert outline(server, 2) == [("phx_join", MAIN), ("phx_join", "lv:player")]
    assert joins_of(server, "lv:player")[0]["static"] is None
    assert live.text("#player") == "player play"


async def test_roots_join_in_the_order_of_the_page(
    server: ScriptedServer, live: Visitor
) -> None:
    page = dead_render("/nest", "NestLive", "dead")
    aside = (
        '<p id="aside" data-phx-session="of-the-aside" data-phx-view="AsideLive"></p>'
    )
    page = page.replace("<body>", f"<body>{sticky('first')}{aside}")
    server.pages["/nest"] = lambda _: Answer(page)
    contents = CONTENTS | {MAIN: tree("main ", NAVIGATE), "lv:aside": tree("aside")}
    server.on["phx_join"] = join(contents)

    await live.visit("/nest")
    await live.push("fence")

    assert [(said.topic, said.ref) for said in server.said] == [
        ("lv:player", "4"),
        ("lv:aside", "7"),
        (MAIN, "10"),
        (MAIN, "14"),
    ]
    urls = [said.payload.get("url") for said in server.heard("phx_join")]
    assert urls == [None, f"{server.url}/nest", f"{server.url}/nest"]
    assert live.text("body") == "player play aside main n"


async def test_a_navigation_takes_away_a_sticky_view_beside_the_main_one(
    server: ScriptedServer, live: Visitor
) -> None:
    page = dead_render("/nest", "NestLive").replace("<body>", f"<body>{sticky('1st')}")
    server.pages["/nest"] = lambda _: Answer(page)
    server.on["phx_join"] = join(CONTENTS | {MAIN: tree("main ", NAVIGATE)})
    await live.visit("/nest")
    await live.push("stays")

    await live.click("#n")
    await live.push("fence")

    assert outline(server, 2) == [
        ("event", MAIN),
        ("phx_leave", MAIN),
        ("phx_join", MAIN),
        ("phx_leave", "lv:player"),
        ("event", MAIN),
    ]
    assert not live.has("#player")


async def test_a_place_that_cannot_be_a_view_of_its_own_is_left_alone(
    server: ScriptedServer, live: Visitor
) -> None:
    odd = place("") + place("phx-nest") + place("child", parent="child")
    contents = CONTENTS | {CHILD: tree("child ", place("child", parent="child"))}
    server.on["phx_join"] = join(contents | {MAIN: tree("main ", odd, place("child"))})

    await live.visit("/nest")

    assert outline(server) == [("phx_join", MAIN), ("phx_join", CHILD)]


async def test_links_in_a_child_move_the_main_view(
    server: ScriptedServer, live: Visitor
) -> None:
    patch = '<a id="p" href="/nest?page=2" data-phx-link="patch">p</a>'
    server.on["phx_join"] = join(CONTENTS | {CHILD: tree("child ", patch)})
    await live.visit("/nest")

    await live.click("#p")

    assert outline(server, 2) == [("live_patch", MAIN)]
    assert live.path == "/nest?page=2"


async def test_leaving_for_another_page_leaves_every_view(
    server: ScriptedServer, live: Visitor
) -> None:
    server.page("/nest", view="NestLive", body=sticky("of-the-page"))
    link = '<a id="away" href="/counter">away</a>'
    server.on["phx_join"] = join(
        CONTENTS | {MAIN: tree(link, place("child"), sticky())}
    )
    await live.visit("/nest")
    server.on["phx_join"] = accepting(tree("counter"))

    await live.click("#away")

    assert outline(server, 3)[:4] == [
        ("phx_leave", CHILD),
        ("phx_leave", MAIN),
        ("phx_leave", "lv:player"),
        ("phx_leave", "lv:"),
    ]


async def test_a_child_that_the_server_closed_hears_no_more_events(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["inc"] = lambda talk, said: talk.push(said, "phx_close", {})
    await live.visit("/nest")

    for _ in range(2):  # the first is under way when the channel ends
        with pytest.raises(ConnectionLost, match="phx_close"):
            await live.click("#inc")
    await live.click("#toggle")

    assert outline(server, 2) == [("event", CHILD), ("event", MAIN)]
