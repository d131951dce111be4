"""Frames to bytes and back, by the recorded frames and by Hypothesis."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.protocol.wire import (
    decode,
    encode,
    encode_binary,
    parse_json,
)
from tests.liveview.protocol.recorded import recordings, sent_binaries, sent_texts

BROWSER = recordings("browser")
WITH_UPLOADS = [each for each in BROWSER if sent_binaries(*each)]

short = st.text(max_size=40)
refs = st.none() | short


@pytest.mark.parametrize(("version", "page"), BROWSER)
def test_what_a_browser_sent_decodes_and_encodes_to_the_same_text(
    version: str, page: str
) -> None:
    texts = sent_texts(version, page)

    assert texts
    for text in texts:
        frame = decode(text)
        payload = parse_json(frame.payload)
        again = encode(frame.join_ref, frame.ref, frame.topic, frame.event, payload)
        assert text == again.decode()


@pytest.mark.parametrize(("version", "page"), WITH_UPLOADS)
def test_upload_chunks_encode_to_the_bytes_that_a_browser_sent(
    version: str, page: str
) -> None:
    for data in sent_binaries(version, page):
        lengths = data[1:5]
        fields = []
        offset = 5
        for length in lengths:
            fields.append(data[offset : offset + length].decode())
            offset += length
        join_ref, ref, topic, event = fields

        assert ("chunk", "lvu:") == (event, topic[:4])
        assert data == encode_binary(join_ref, ref, topic, event, data[offset:])


def test_chunks_were_recorded_of_every_version() -> None:
    assert ["0.20.17", "1.0.19", "1.1.33", "1.2.10"] == [v for v, _ in WITH_UPLOADS]


def test_a_payload_keeps_its_order_and_is_written_as_json_stringify_does() -> None:
    payload: dict[str, object] = {
        "b": 'ü"\\/\n\b\x01\u2028😀',
        "a": [1, None, True, {}],
    }

    assert (
        '["4",null,"lv:x","event",{"b":"ü\\"\\\\/\\n\\b\\u0001\u2028😀","a":[1,null,true,{}]}]'
        == encode("4", None, "lv:x", "event", payload).decode()
    )


def test_a_payload_may_be_json_already() -> None:
    raw = msgspec.Raw(b'{"a":1}')

    assert b'["1","1","t","e",{"a":1}]' == encode("1", "1", "t", "e", raw)


@pytest.mark.parametrize("payload", ["\ud800", object()])
def test_a_payload_that_is_no_json_is_refused(payload: object) -> None:
    with pytest.raises(ProtocolError, match="cannot be JSON"):
        encode("1", "1", "t", "e", payload)


ODD = {
    "nothing": b"",
    "no JSON": b"hello",
    "an object": b"{}",
    "too short": b'["4","5","lv:x","diff"]',
    "too long": b'["4","5","lv:x","diff",{},1]',
    "a ref that is a number": b'["4",5,"lv:x","diff",{}]',
    "no topic": b'["4","5",null,"diff",{}]',
    "a payload cut off": b'["4","5","lv:x","diff",{"0":',
    "bytes after the frame": b'["4","5","lv:x","diff",{}]x',
    "bytes that are no UTF-8": b'["4","5","lv:\xff","diff",{}]',
    "a tower of lists": b"[" * 100_000,
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_an_odd_frame_is_quoted(data: bytes) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(data)

    assert data.decode("utf-8", "backslashreplace") == caught.value.frame
    assert str(caught.value).startswith("not a Phoenix frame")


@given(st.binary() | st.text())
def test_whatever_arrives_is_a_frame_or_a_protocol_error(data: bytes | str) -> None:
    try:
        frame = decode(data)
    except ProtocolError:
        return
    assert isinstance(json.loads(data), list)
    assert isinstance(frame.topic, str)


@given(short, short, short, short, st.binary())
def test_a_binary_push_is_what_the_header_says(
    join_ref: str, ref: str, topic: str, event: str, data: bytes
) -> None:
    fields = [field.encode() for field in (join_ref, ref, topic, event)]
    encoded = encode_binary(join_ref, ref, topic, event, data)

    assert bytes([0, *map(len, fields)]) == encoded[:5]
    assert b"".join(fields) + data == encoded[5:]


def test_a_field_of_a_binary_push_has_255_bytes_at_most() -> None:
    assert 255 == encode_binary("é" * 127 + "x", "1", "t", "e", b"")[1]
    with pytest.raises(ProtocolError, match="256 bytes"):
        encode_binary("é" * 128, "1", "t", "e", b"")
