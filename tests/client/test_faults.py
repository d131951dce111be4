"""What goes wrong between a user and the app: one clear message each, and nothing hangs."""

import pytest

from pytest_liveview_load.client.live_user import LiveUser
from pytest_liveview_load.client.network import Network
from pytest_liveview_load.errors import (
    ConnectionFailed,
    ConnectionLost,
    JoinFailed,
    PageError,
    ProtocolError,
    StepTimeout,
    ViewCrashed,
)
from tests.client.conftest import Measured, settings, user_on
from tests.client.scripted_server import (
    Answer,
    Asked,
    Handler,
    Hang,
    Said,
    ScriptedServer,
    Talk,
    accept,
    never,
    refusing,
)

pytestmark = pytest.mark.anyio


def crash(talk: Talk, said: Said) -> None:
    talk.crash(said)


# The view


async def test_a_crash_is_told_to_the_step_and_the_view_rejoins(
    server: ScriptedServer, live: LiveUser, measured: Measured
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
    server: ScriptedServer, live: LiveUser
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


async def test_a_channel_that_the_server_stops_is_lost_for_good(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.on["stop"] = lambda talk, said: talk.push(said, "phx_close", {})
    await live.visit("/counter")

    for step in ("event 'stop'", "click('#inc')"):
        with pytest.raises(ConnectionLost) as caught:
            await (live.push("stop") if "stop" in step else live.click("#inc"))
        assert str(caught.value) == (
            f"the connection was lost during {step}: the server closed the view (phx_close)"
        )


async def test_a_refused_event_is_quoted(
    server: ScriptedServer, live: LiveUser
) -> None:
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
    server: ScriptedServer, live: LiveUser, reason: str, advice: str
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
    server: ScriptedServer, live: LiveUser
) -> None:
    def first_stale(talk: Talk, said: Said) -> None:
        again = len(server.heard("phx_join")) > 1
        (accept if again else refusing(reason="stale"))(talk, said)

    server.on["phx_join"] = first_stale

    await live.visit("/counter")

    assert len(server.asked) == 2
    assert live.text("#count") == "0"


async def test_a_mount_that_raises_is_tried_again_and_then_fails(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.on["phx_join"] = refusing(reason="join crashed")

    with pytest.raises(
        JoinFailed, match=r"'join crashed'.*Its mount raised: the app's log"
    ):
        await live.visit("/counter")

    assert len(server.asked) == 3


async def test_a_retry_that_cannot_fit_the_deadline_is_not_waited_for(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.on["phx_join"] = refusing(reason="join crashed")

    with pytest.raises(JoinFailed, match="'join crashed'"):
        await live.visit("/counter", timeout=0.009)


async def test_a_mount_that_redirects_to_itself_is_a_loop(
    server: ScriptedServer, live: LiveUser
) -> None:
    away = {"kind": "push", "to": "/counter"}
    server.on["phx_join"] = refusing(live_redirect=away)

    with pytest.raises(JoinFailed, match=r"redirected 20 times.*/counter.*loop\?"):
        await live.visit("/counter")


async def test_a_join_without_answer_times_out_by_name(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.on["phx_join"] = never

    with pytest.raises(
        StepTimeout,
        match=r"visit\('/counter'\).*waiting for CounterLive of http.*/counter to join",
    ):
        await live.visit("/counter", timeout=0.2)


# Frames


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("not json", "not a Phoenix frame"),
        ('["4","8","lv:phx-counter"]', "not a Phoenix frame"),
        ('["4","8","lv:phx-counter","phx_reply",{"status":"ok"}]', "not a reply"),
        (
            '["4","8","lv:phx-counter","phx_reply",{"status":"ok","response":7}]',
            "not a LiveView reply",
        ),
    ],
    ids=["no JSON", "arity", "no response", "no reply"],
)
async def test_a_frame_that_nobody_can_read_is_quoted(
    server: ScriptedServer, live: LiveUser, sent: str, told: str
) -> None:
    server.on["inc"] = lambda talk, _: talk.raw(sent)
    await live.visit("/counter")

    with pytest.raises(ProtocolError) as caught:
        await live.click("#inc")

    assert told in str(caught.value)
    assert caught.value.frame in sent


async def test_a_diff_that_fits_no_tree_is_told_to_who_looks(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.on["inc"] = lambda talk, said: talk.reply(
        said, diff={"0": {"1": {"2": "x"}}}
    )
    await live.visit("/counter")
    await live.click("#inc")

    with pytest.raises(ProtocolError):
        live.text("#count")


async def test_a_join_without_a_tree_is_told(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.on["phx_join"] = lambda talk, said: talk.reply(said)

    with pytest.raises(ProtocolError, match="join's reply without a rendered tree"):
        await live.visit("/counter", timeout=1)


# The socket


def closing(code: int, reason: str) -> Handler:
    return lambda talk, _: talk.close(code, reason)


async def test_a_socket_that_closes_under_a_step_is_told_and_mended(
    server: ScriptedServer, live: LiveUser, measured: Measured
) -> None:
    server.on["leave-me"] = closing(1001, "going away")
    await live.visit("/counter")

    with pytest.raises(ConnectionLost) as caught:
        await live.push("leave-me")
    await live.click("#inc")

    assert str(caught.value) == (
        "the connection was lost during event 'leave-me': "
        "the server closed the websocket (code 1001: going away)"
    )
    assert len(server.asked) == 1  # the page stays
    assert [said.payload["params"]["_mounts"] for said in server.heard("phx_join")] == [
        0,
        1,
    ]
    assert measured.counts["reconnects"] == 1
    assert measured.labels("rejoin") == ["CounterLive"]


async def test_a_socket_that_breaks_off_between_steps_costs_the_next_only_time(
    server: ScriptedServer, live: LiveUser
) -> None:
    await live.visit("/counter")
    server.talks[0].hang_up()
    await server.until(lambda: len(server.heard("phx_join")) == 2)

    await live.click("#inc")

    assert len(server.heard("inc")) == 1


async def test_a_server_that_dies_is_told_when_the_deadline_comes(
    server: ScriptedServer, live: LiveUser
) -> None:
    def die(talk: Talk, _: Said) -> None:
        server.refuse_upgrade = Answer("down", 503)
        talk.hang_up()

    server.on["die"] = die
    await live.visit("/counter")
    with pytest.raises(ConnectionLost, match=r"code 1006"):
        await live.push("die")

    with pytest.raises(ConnectionLost) as caught:
        await live.click("#inc", timeout=0.2)

    told = str(caught.value)
    assert told.startswith("the connection was lost during click('#inc'): the server ")
    assert "cannot connect to ws://127.0.0.1:" in told
    assert "HTTP 503" in told
    await live.leave()


async def test_an_unanswered_heartbeat_ends_the_connection(
    server: ScriptedServer, network: Network, live: LiveUser, measured: Measured
) -> None:
    server.on["heartbeat"] = never
    await live.visit("/counter")
    turns = len(network.heartbeats.slots)

    for _ in range(turns):
        network.heartbeats.turn()
    await server.until(lambda: server.heard("heartbeat"))
    for _ in range(turns):
        network.heartbeats.turn()
    await server.until(lambda: len(server.heard("phx_join")) == 2)
    await live.click("#inc")

    (beat,) = server.heard("heartbeat")
    assert beat == Said(None, "8", "phoenix", "heartbeat", {})
    assert measured.counts["reconnects"] == 1


async def test_answered_heartbeats_keep_the_connection(
    server: ScriptedServer, network: Network, live: LiveUser
) -> None:
    await live.visit("/counter")

    for beats in (1, 2, 3):
        for _ in range(len(network.heartbeats.slots)):
            network.heartbeats.turn()
        await live.push("fence")  # its reply comes after the heartbeat's
        assert len(server.heard("heartbeat")) == beats
    assert len(server.upgrades) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer("Forbidden", 403), ("HTTP 403", "check_origin", "http://127.0.0.1:")),
        (Answer("", 404), ("HTTP 404", "Phoenix.LiveView.Socket")),
        (Answer("oops", 500), ("the websocket was refused (HTTP 500)",)),
    ],
    ids=["403", "404", "500"],
)
async def test_a_refused_upgrade_says_why(
    server: ScriptedServer, live: LiveUser, answer: Answer, words: tuple[str, ...]
) -> None:
    server.refuse_upgrade = answer

    with pytest.raises(ConnectionFailed) as caught:
        await live.visit("/counter")

    for word in words:
        assert word in str(caught.value)
    assert "csrf" not in str(caught.value)


# The page


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            Answer("<h1>No  route</h1>", 404),
            r"/x answered HTTP 404: <h1>No route</h1>$",
        ),
        (Answer("boom" * 100, 500), r"/x answered HTTP 500: (boom)+…$"),
        (Answer("", 302, {"location": "/x"}), r"redirected more than 20 times.*loop\?"),
        (
            Answer("", 302, {"location": "https://login.example.com/in?token=secret"}),
            r"redirects to https://login\.example\.com/in, another host",
        ),
    ],
    ids=["404", "500", "loop", "other host"],
)
async def test_a_page_that_cannot_be_had_is_a_page_error(
    server: ScriptedServer, live: LiveUser, answer: Answer, told: str
) -> None:
    server.pages["/x"] = lambda _: answer

    with pytest.raises(PageError, match=told):
        await live.visit("/x")


async def test_a_page_that_never_comes_times_out_by_its_url(
    server: ScriptedServer, live: LiveUser
) -> None:
    def hang(_: Asked) -> Answer:
        raise Hang

    server.pages["/x"] = hang
    with pytest.raises(ConnectionLost, match=r"GET http.*/x: the server hung up"):
        await live.visit("/x")


async def test_nobody_at_the_port_is_a_failed_connection(
    server: ScriptedServer, measured: Measured
) -> None:
    async with Network(settings("http://127.0.0.1:9")) as network:
        live = user_on(network, measured)
        with pytest.raises(ConnectionFailed) as caught:
            await live.visit("/counter")

    assert str(caught.value) == (
        "cannot connect to http://127.0.0.1:9/counter: nobody listens on port 9 "
        "(connection refused). Is the app running there?"
    )


async def test_an_unknown_name_is_a_failed_connection(measured: Measured) -> None:
    async with Network(settings("http://no-such-host.invalid")) as network:
        live = user_on(network, measured)
        with pytest.raises(
            ConnectionFailed, match=r"'no-such-host\.invalid' is unknown"
        ):
            await live.visit("/counter")


async def test_a_link_to_another_host_is_not_followed(
    server: ScriptedServer, live: LiveUser
) -> None:
    server.pages["/out"] = lambda _: Answer('<a href="http://example.com/x">out</a>')
    await live.visit("/out")

    with pytest.raises(ConnectionFailed, match=r"another host than 127\.0\.0\.1"):
        await live.click("a")
