"""Views that crash, stop or cannot be joined: one clear message each, nothing hangs."""

from dataclasses import replace

import pytest

from pytest_liveview_load.errors import (
    ConnectionLost,
    JoinFailed,
    ProtocolError,
    StepTimeout,
    ViewCrashed,
)
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import Delays
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accept,
    never,
    refusing,
)
from tests.liveview.conftest import Measured, settings, user_on

pytestmark = pytest.mark.anyio


def crash(talk: Talk, said: Said) -> None:
    talk.crash(said)


# The view


async def test_a_crash_is_told_to_the_step_and_the_view_rejoins(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    server.on["raise"] = crash
    server.on["inc"] = lambda talk, said: talk.reply(said, diff={"0": "1"})
    await live.visit("/counter")

    with pytest.raises(ViewCrashed) as caught:
        await live.push("raise")
    await live.click("#inc")

    assert str(caught.value) == (
        "CounterLive crashed on the server during event 'raise' (channel_crash): "
        "the app's log has the exception"
    )
    joins = server.heard("phx_join")
    assert [join.join_ref for join in joins] == ["4", "9"]
    assert [join.payload["params"]["_mounts"] for join in joins] == [0, 1]
    assert joins[1].payload["url"] == f"{server.url}/counter"
    assert live.text("#count") == "1"
    assert measured.labels("rejoin") == ["CounterLive"]
    assert measured.labels("mount") == ["/counter"]


async def test_a_crash_between_two_steps_is_told_to_the_next(
    server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/counter")
    (join,) = server.said
    server.talks[0].crash(join)
    await server.until(lambda: len(server.heard("phx_join")) == 2)

    with pytest.raises(
        ViewCrashed, match="CounterLive crashed on the server during no"
    ):
        await live.click("#inc")
    await live.click("#inc")


async def test_a_mount_that_crashes_three_times_ends_the_visit(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = crash

    with pytest.raises(
        ViewCrashed, match="CounterLive crashed on the server during its"
    ):
        await live.visit("/counter")

    server.on["phx_join"] = accept
    await live.visit("/counter")
    assert len(server.heard("phx_join")) == 4


async def test_a_mount_that_crashes_once_ends_well(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def crash_once(talk: Talk, said: Said) -> None:
        server.on["phx_join"] = accept
        talk.crash(said)

    server.on["phx_join"] = crash_once

    await live.visit("/counter")
    await live.click("#inc")

    assert measured.counts["recovered_mounts"] == 1
    assert measured.counts["reconnects"] == 1
    assert measured.labels("mount") == ["/counter"]


async def test_a_channel_that_the_server_stops_is_lost_for_good(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["stop"] = lambda talk, said: talk.push(said, "phx_close", {})
    await live.visit("/counter")

    for step in ("event 'stop'", "click('#inc')"):
        with pytest.raises(ConnectionLost) as caught:
            await (live.push("stop") if "stop" in step else live.click("#inc"))
        assert str(caught.value) == (
            f"the connection was lost during {step}: the server closed the view (phx_close)"
        )


async def test_a_refused_event_is_quoted(server: ScriptedServer, live: Visitor) -> None:
    server.on["inc"] = lambda talk, said: talk.reply(
        said, "error", reason="unmatched topic"
    )
    await live.visit("/counter")

    with pytest.raises(ProtocolError, match=r"refused 'inc': .*unmatched topic"):
        await live.click("#inc")


# Joining


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ("unauthorized", "log in first"),
        ("stale", "session token on the page is not the server's"),
    ],
)
async def test_a_join_that_is_refused_after_fresh_pages_fails(
    server: ScriptedServer, live: Visitor, reason: str, advice: str
) -> None:
    server.on["phx_join"] = refusing(reason=reason)

    with pytest.raises(JoinFailed) as caught:
        await live.visit("/counter")

    assert f"refused to join CounterLive: '{reason}' after 3 page loads" in str(
        caught.value
    )
    assert advice in str(caught.value)
    assert len(server.asked) == 3
    # As the browser: the refused view is left, then the page's own topic.
    events = [(said.topic, said.event) for said in server.said[:3]]
    assert events == [
        ("lv:phx-counter", "phx_join"),
        ("lv:phx-counter", "phx_leave"),
        ("lv:", "phx_leave"),
    ]


async def test_a_stale_session_is_cured_by_one_page_load(
    server: ScriptedServer, live: Visitor
) -> None:
    def first_stale(talk: Talk, said: Said) -> None:
        again = len(server.heard("phx_join")) > 1
        (accept if again else refusing(reason="stale"))(talk, said)

    server.on["phx_join"] = first_stale

    await live.visit("/counter")

    assert len(server.asked) == 2
    assert live.text("#count") == "0"


async def test_a_mount_that_raises_is_tried_again_and_then_fails(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = refusing(reason="join crashed")

    with pytest.raises(
        JoinFailed, match=r"'join crashed'.*Its mount raised: the app's log"
    ):
        await live.visit("/counter")

    assert len(server.asked) == 3


async def test_a_mount_that_raises_once_is_there_after_a_page_load(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def raise_once(talk: Talk, said: Said) -> None:
        server.on["phx_join"] = accept
        refusing(reason="join crashed")(talk, said)

    server.on["phx_join"] = raise_once

    await live.visit("/counter")

    assert len(server.asked) == 2
    assert measured.counts["recovered_mounts"] == 1
    assert measured.counts["reconnects"] == 1


async def test_a_retry_that_cannot_fit_the_deadline_is_not_waited_for(
    server: ScriptedServer, measured: Measured
) -> None:
    server.on["phx_join"] = refusing(reason="join crashed")
    slow = replace(settings(server.url), delays=Delays(reload=(60.0, 60.0)))

    async with Network(slow) as network:
        with pytest.raises(JoinFailed, match="'join crashed'"):
            await user_on(network, measured).visit("/counter")

    assert len(server.asked) == 1


async def test_a_mount_that_redirects_to_itself_is_a_loop(
    server: ScriptedServer, live: Visitor
) -> None:
    away = {"kind": "push", "to": "/counter"}
    server.on["phx_join"] = refusing(live_redirect=away)

    with pytest.raises(JoinFailed, match=r"redirected 20 times.*/counter.*loop\?"):
        await live.visit("/counter")


async def test_a_join_without_answer_times_out_by_name(
    server: ScriptedServer, live: Visitor
) -> None:
    server.on["phx_join"] = never

    with pytest.raises(
        StepTimeout,
        match=r"visit\('/counter'\).*waiting for CounterLive of http.*/counter to join",
    ):
        await live.visit("/counter", timeout=0.2)
