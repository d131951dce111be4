"""Refs as a browser counts them, and what each frame of a channel means."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.channel import (
    Channel,
    Closed,
    Errored,
    Joined,
    JoinRefused,
    Pushed,
    Refs,
    Replied,
    heartbeat,
    leave_page,
)
from pytest_liveview_load.liveview.protocol.wire import Frame, decode, encode
from tests.liveview.protocol.recorded import VERSIONS, frames, pages

TOPIC = "lv:phx-1"


def heard(join_ref: str | None, ref: str | None, event: str, payload: object) -> Frame:
    return decode(encode(join_ref, ref, TOPIC, event, payload))


def reply(join_ref: str, ref: str, response: object, status: str = "ok") -> Frame:
    payload = {"status": status, "response": response}
    return heard(join_ref, ref, "phx_reply", payload)


def joined_channel() -> Channel:
    refs = Refs()
    channel = Channel(TOPIC, refs)
    message = channel.join({})
    refs.burn_for_connecting()
    assert isinstance(channel.receive(reply("4", message.ref, {})), Joined)
    return channel


# What is sent

# After a manual disconnect, LiveSocket binds its onClose anew in some releases.
OTHER_COUNTING = {
    *("connect_params", "form_recovery", "reconnect_twice", "recovery_fieldset"),
    "upload",
}
COUNTED = [
    (version, page)
    for version in VERSIONS
    for page in pages(version, "browser")
    if page not in OTHER_COUNTING
]


@pytest.mark.parametrize(("version", "page"), COUNTED)
def test_refs_are_those_that_a_browser_used(version: str, page: str) -> None:
    refs = Refs()
    channels: dict[str, Channel] = {}
    connected = False
    expected = []
    found = []
    for frame in frames(version, page, "browser"):
        if frame["dir"] == "open":
            refs, channels, connected = Refs(), {}, False
        if frame["dir"] == "in" and not connected:
            connected = True  # all roots of the page have sent their joins by now
            refs.burn_for_connecting()
        if frame["dir"] != "out" or "text" not in frame:
            continue
        join_ref, ref, topic, event, _ = json.loads(frame["text"])
        expected.append((join_ref, ref, event))
        if topic == "lv:":
            sent = leave_page(refs)
        elif event == "phx_join":
            # A crash rejoins the same channel; a navigation makes another.
            channel = channels.get(topic) or Channel(topic, refs)
            channels[topic] = channel
            sent = channel.join({})
        elif event == "phx_leave":
            sent = channels.pop(topic).leave()
        else:
            sent = channels[topic].push(event, {})
        said = decode(sent.data)
        found.append((said.join_ref, said.ref, said.event))

    assert expected == found


def test_the_first_join_is_4_and_the_next_push_8() -> None:
    refs = Refs()
    channel = Channel(TOPIC, refs)
    join = channel.join({})
    refs.burn_for_connecting()

    assert ("4", "8", "9") == (
        join.ref,
        channel.push("event", {}).ref,
        channel.leave().ref,
    )


def test_a_channel_after_the_first_burns_two_refs_and_a_rejoin_none() -> None:
    refs = Refs()
    first = Channel(TOPIC, refs)
    first.join({})
    refs.burn_for_connecting()
    first.leave()
    second = Channel(TOPIC, refs)

    assert ("11", "12", "13") == (
        second.join({}).ref,
        second.push("event", {}).ref,
        second.join({}).ref,
    )


def test_connecting_again_burns_the_dead_views_two_refs() -> None:
    refs = Refs()
    channel = Channel(TOPIC, refs)
    channel.join({})
    refs.burn_for_connecting()
    channel.push("event", {})
    refs.burn_for_reconnect()

    assert "11" == channel.join({}).ref  # as recorded of 0.20.17, form_recovery


@given(st.lists(st.sampled_from(["join", "push", "leave", "heartbeat", "new"])))
def test_no_two_messages_of_a_socket_share_a_ref(actions: list[str]) -> None:
    refs = Refs()
    channels = [Channel(TOPIC, refs)]
    seen = []
    for action in actions:
        if action == "new":
            channels.append(Channel(TOPIC, refs))
        elif action == "heartbeat":
            seen.append(heartbeat(refs).ref)
        elif action == "join":
            seen.append(channels[-1].join({}).ref)
        elif action == "leave":
            seen.append(channels[0].leave().ref)
        else:
            seen.append(channels[-1].push("event", {}).ref)

    assert len(seen) == len(set(seen))


def test_messages_of_the_socket_have_no_join_ref() -> None:
    refs = Refs()

    assert b'[null,"2","phoenix","heartbeat",{}]' == heartbeat(refs).data
    assert b'[null,"3","lv:","phx_leave",{}]' == leave_page(refs).data


def test_a_chunk_is_pushed_as_bytes() -> None:
    refs = Refs()
    channel = Channel("lvu:0", refs)
    channel.join({})
    refs.burn_for_connecting()

    message = channel.push_binary("chunk", b"abc")

    assert b"\x00\x01\x01\x05\x0548lvu:0chunkabc" == message.data
    assert isinstance(channel.receive(reply("4", message.ref, {})), Replied)


# What is heard


def test_a_join_is_taken_or_refused() -> None:
    for status, kind in (("ok", Joined), ("error", JoinRefused)):
        channel = Channel(TOPIC, Refs())
        message = channel.join({})

        meaning = channel.receive(reply("4", message.ref, {"a": 1}, status))

        assert isinstance(meaning, kind)
        assert b'{"a":1}' == bytes(meaning.response)


def test_a_push_is_answered_once() -> None:
    channel = joined_channel()
    message = channel.push("event", {})

    answer = channel.receive(reply("4", message.ref, {"diff": {}}))

    assert isinstance(answer, Replied)
    assert ("8", "ok", b'{"diff":{}}') == (
        answer.ref,
        answer.status,
        bytes(answer.response),
    )
    assert channel.receive(reply("4", message.ref, {})) is None


def test_a_reply_that_nobody_awaits_is_nothing() -> None:
    assert joined_channel().receive(reply("4", "77", {})) is None


@pytest.mark.parametrize("event", ["phx_reply", "diff", "phx_close", "phx_error"])
def test_what_belongs_to_an_earlier_join_is_dropped(event: str) -> None:
    channel = joined_channel()
    late = channel.push("event", {})
    channel.join({})
    payload = {"status": "ok", "response": {}}

    assert channel.receive(heard("4", late.ref, event, payload)) is None


def test_the_old_close_may_come_after_the_new_join() -> None:
    channel = joined_channel()
    channel.leave()
    join = channel.join({})

    assert isinstance(channel.receive(reply(join.ref, join.ref, {})), Joined)
    assert channel.receive(heard("4", "4", "phx_close", {})) is None


def test_pushes_of_the_server_come_through() -> None:
    meaning = joined_channel().receive(heard("4", None, "diff", {"0": "1"}))

    assert isinstance(meaning, Pushed)
    assert ("diff", b'{"0":"1"}') == (meaning.event, bytes(meaning.payload))


def test_a_broadcast_without_join_ref_comes_through() -> None:
    assert isinstance(joined_channel().receive(heard(None, None, "x", {})), Pushed)


def test_a_crash_says_why_and_leaves_pushes_unanswered() -> None:
    channel = joined_channel()
    message = channel.push("event", {})

    meaning = channel.receive(heard("4", "4", "phx_error", {"reason": "channel_crash"}))

    assert Errored("channel_crash") == meaning
    assert channel.receive(reply("4", message.ref, {})) is None


def test_a_crash_without_a_reason_quotes_what_came() -> None:
    assert Errored("{}") == joined_channel().receive(heard("4", "4", "phx_error", {}))


def test_a_leave_is_closed_whether_or_not_it_is_answered() -> None:
    channel = joined_channel()
    channel.leave()

    assert Closed() == channel.receive(heard("4", "4", "phx_close", {}))


@pytest.mark.parametrize("payload", [{}, [], "x", {"status": 1, "response": {}}])
def test_a_reply_without_status_and_response_is_an_error(payload: object) -> None:
    channel = joined_channel()
    message = channel.push("event", {})

    with pytest.raises(ProtocolError, match="not a reply"):
        channel.receive(heard("4", message.ref, "phx_reply", payload))
