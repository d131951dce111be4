"""What replies and pushed redirects say."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.channel import (
    LiveReply,
    Redirect,
    parse_redirect,
    parse_reply,
)
from pytest_liveview_load.liveview.protocol.wire import decode
from tests.liveview.protocol.recorded import frames, recordings

REPLIES = {
    "no change": ("{}", LiveReply()),
    "a live redirect": (
        '{"live_redirect":{"kind":"push","to":"/other","flash":"SFM"}}',
        LiveReply(live_redirect=Redirect("/other", "push", "SFM")),
    ),
    "a redirect of a push": (
        '{"redirect":{"to":"/plain"}}',
        LiveReply(redirect=Redirect("/plain")),
    ),
    "a redirect inside mount": (
        '{"redirect":{"status":302,"to":"/login"}}',
        LiveReply(redirect=Redirect("/login", status=302)),
    ),
    "a patch with the join": (
        '{"live_patch":{"kind":"replace","to":"/a?page=1"}}',
        LiveReply(live_patch=Redirect("/a?page=1", "replace")),
    ),
    "a route of another view": (
        '{"link_redirect":true}',
        LiveReply(link_redirect=True),
    ),
    "a refusal": ('{"reason":"unauthorized"}', LiveReply(reason="unauthorized")),
    "components gone": ('{"cids":[14,15]}', LiveReply(cids=[14, 15])),
    "a container": (
        '{"container":["section",{"class":"wide"}]}',
        LiveReply(container=("section", {"class": "wide"})),
    ),
    "what a later release may add": ('{"novelty":[1]}', LiveReply()),
}


def told(reply: LiveReply) -> dict[str, object]:
    return {
        field: getattr(reply, field)
        for field in reply.__struct_fields__
        if not field.endswith("_json")
    }


@pytest.mark.parametrize(("text", "expected"), REPLIES.values(), ids=REPLIES)
def test_a_reply_is_read(text: str, expected: LiveReply) -> None:
    reply = parse_reply(text.encode())

    assert told(expected) == told(reply)
    assert (None, None) == (reply.rendered, reply.diff)


def test_trees_and_diffs_stay_json() -> None:
    reply = parse_reply(
        msgspec.Raw(b'{"liveview_version":"1.2.10","rendered":{"s":["a"]},"diff":{}}')
    )

    assert ("1.2.10", b'{"s":["a"]}', b"{}") == (
        reply.liveview_version,
        reply.rendered,
        reply.diff,
    )


@pytest.mark.parametrize(("version", "page"), recordings("browser"))
def test_every_recorded_reply_is_read(version: str, page: str) -> None:
    for frame in frames(version, page, "browser"):
        if frame["dir"] != "in" or "text" not in frame:
            continue
        message = decode(frame["text"])
        payload = json.loads(frame["text"])[4]
        if message.event == "phx_reply":
            response = payload["response"]
            reply = parse_reply(msgspec.json.encode(response))
            assert ("rendered" in response) == (reply.rendered is not None)
            assert ("diff" in response) == (reply.diff is not None)
            assert response.get("cids") == reply.cids
        elif message.event in {"live_patch", "live_redirect", "redirect"}:
            assert payload["to"] == parse_redirect(message.payload).to


@pytest.mark.parametrize("odd", [b"[]", b'{"cids":"x"}', b"{", b'{"redirect":{}}'])
def test_an_odd_reply_is_quoted(odd: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_reply(odd)

    assert odd.decode() == caught.value.frame


@given(st.binary())
def test_whatever_comes_as_a_redirect_is_one_or_a_protocol_error(data: bytes) -> None:
    try:
        redirect = parse_redirect(data)
    except ProtocolError:
        return
    assert redirect.to == json.loads(data)["to"]
