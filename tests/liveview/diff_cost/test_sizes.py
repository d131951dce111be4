"""Where a diff's bytes go: by hand, and in every diff that was recorded."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from pytest_liveview_load.liveview.diff_cost.sizes import part_sizes
from pytest_liveview_load.liveview.observer import PartSizes
from pytest_liveview_load.liveview.protocol.channel import parse_reply
from pytest_liveview_load.liveview.protocol.wire import DIFF, PHX_REPLY, decode
from pytest_liveview_load.metrics.names import DIFF_PARTS
from tests.liveview.protocol.recorded import frames, recordings

# What is left over are the outermost braces and commas: the envelope.
DIFFS = {
    "nothing": ("{}", {}),
    "a text": ('{"0":"abc"}', {"dynamics": len('"0":"abc"')}),
    "an inner text": ('{"1":{"0":"a"}}', {"dynamics": len('"1":{"0":"a"}')}),
    "the title": ('{"t":"Home"}', {"dynamics": len('"t":"Home"')}),
    "a number is the cid of a component": ('{"0":1}', {"dynamics": len('"0":1')}),
    "a new subtree": (
        '{"0":{"0":"x","s":["<b>","</b>"],"r":1}}',
        {
            "dynamics": len('"0":{"0":"x",,}'),
            "statics": len('"s":["<b>","</b>"]"r":1'),
        },
    ),
    "templates at the root": (
        '{"0":{"0":"x","s":0},"p":{"0":["<b>","</b>"]}}',
        {
            "dynamics": len('"0":{"0":"x",}'),
            "statics": len('"s":0"p":{"0":["<b>","</b>"]}'),
        },
    ),
    "a keyed comprehension": (
        '{"0":{"k":{"0":{"0":"a"},"1":0,"2":[1,{"0":"b"}],"km":true,"kc":3}}}',
        {
            "dynamics": len('"0":{}'),
            "keyed": len(
                '"k":{"0":{"0":"a"},"1":0,"2":[1,{"0":"b"}],"km":true,"kc":3}'
            ),
        },
    ),
    "statics within the entries of one": (
        '{"0":{"k":{"0":{"0":{"s":0,"0":"a"}},"kc":1},"p":{"0":["<i>","</i>"]}}}',
        {
            "dynamics": len('"0":{,}'),
            "keyed": len('"k":{"0":{"0":{,"0":"a"}},"kc":1}'),
            "statics": len('"s":0"p":{"0":["<i>","</i>"]}'),
        },
    ),
    "a comprehension before 1.1": (
        '{"0":{"d":[["a",{"0":"b","s":0}],["c",1]],"p":{"0":["<i>","</i>"]}}}',
        {
            "dynamics": len('"0":{,}'),
            "keyed": len('"d":[["a",{"0":"b",}],["c",1]]'),
            "statics": len('"s":0"p":{"0":["<i>","</i>"]}'),
        },
    ),
    "a stream": (
        '{"2":{"k":{"0":{"0":"a"},"kc":1},"stream":["0",[["i-1",-1,null,false]],[]]}}',
        {
            "dynamics": len('"2":{,}'),
            "streams": len(
                '"k":{"0":{"0":"a"},"kc":1}"stream":["0",[["i-1",-1,null,false]],[]]'
            ),
        },
    ),
    "a list within a stream's item is of the stream": (
        '{"2":{"k":{"0":{"0":{"k":{"0":{"0":"a"},"kc":1}}},"kc":1},"stream":["0",[],[]]}}',
        {
            "dynamics": len('"2":{,}'),
            "streams": len(
                '"k":{"0":{"0":{"k":{"0":{"0":"a"},"kc":1}}},"kc":1}"stream":["0",[],[]]'
            ),
        },
    ),
    "a stream before 1.1": (
        '{"2":{"d":[["a"]],"stream":["0",[["i-1",-1,null]],[]]}}',
        {
            "dynamics": len('"2":{,}'),
            "streams": len('"d":[["a"]]"stream":["0",[["i-1",-1,null]],[]]'),
        },
    ),
    "components": (
        '{"c":{"1":{"0":"x"},"2":{"0":"y","s":-1}}}',
        {
            "components": len('"c":{"1":{"0":"x"},"2":{"0":"y",}}'),
            "statics": len('"s":-1'),
        },
    ),
    "a list within a component": (
        '{"c":{"1":{"0":{"k":{"0":{"0":"a"},"kc":1}}}}}',
        {
            "components": len('"c":{"1":{"0":{}}}'),
            "keyed": len('"k":{"0":{"0":"a"},"kc":1}'),
        },
    ),
    "events": ('{"e":[["hi",{"a":1}]]}', {"events": len('"e":[["hi",{"a":1}]]')}),
    "a reply": ('{"r":{"ok":true}}', {"replies": len('"r":{"ok":true}')}),
    "all beside one another": (
        '{"0":"x","e":[],"r":{},"t":"T"}',
        {
            "dynamics": len('"0":"x""t":"T"'),
            "events": len('"e":[]'),
            "replies": len('"r":{}'),
        },
    ),
    "a text that is not ASCII": ('{"0":"é"}', {"dynamics": len('"0":"é"') + 1}),
    "spaces are punctuation": ('{ "0" : "x" }', {"dynamics": len('"0":"x"')}),
}


@pytest.mark.parametrize(("diff", "parts"), DIFFS.values(), ids=DIFFS)
def test_each_byte_is_of_one_part(diff: str, parts: dict[str, int]) -> None:
    whole = len(diff.encode())

    expected = PartSizes(**parts, envelope=whole - sum(parts.values()))
    assert expected == part_sizes(diff.encode())


NO_DIFFS = ["", "nonsense", "[1,2]", '"text"', "7", '{"0":']


@pytest.mark.parametrize("text", NO_DIFFS)
def test_what_is_no_object_is_all_envelope(text: str) -> None:
    data = text.encode("latin-1")
    assert PartSizes(envelope=len(data)) == part_sizes(data)


@pytest.mark.parametrize("depth", [400, 200_000])
def test_what_is_too_deep_still_sums_up(depth: int) -> None:
    deep = b'{"0":' * depth + b'"x"' + b"}" * depth
    assert len(deep) == sum(part_sizes(deep))


def diffs(version: str, page: str, kind: str) -> Iterator[bytes]:
    """Yield the diffs that a server sent, as they were on the wire."""
    for each in frames(version, page, kind):
        if each.get("dir") != "in" or not each.get("text"):
            continue
        frame = decode(each["text"].encode())
        if frame.event == DIFF:
            yield bytes(frame.payload)
        elif frame.event == PHX_REPLY:
            answer: dict[str, Any] = msgspec.json.decode(
                frame.payload, type=dict[str, msgspec.Raw]
            )
            found = parse_reply(answer["response"])
            if found.diff or found.rendered:
                yield found.diff or found.rendered or b""


@pytest.mark.parametrize(("version", "page"), recordings("browser"))
def test_recorded_diffs_sum_up(version: str, page: str) -> None:
    found = list(diffs(version, page, "browser"))

    assert found
    for diff in found:
        assert len(diff) == sum(part_sizes(diff))


def keys(value: Any) -> set[str]:
    """Return every key at any depth of a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(keys, value.values()))
    return set().union(*map(keys, value)) if isinstance(value, list) else set()


KEYS_OF = {
    "statics": {"s", "p", "r"},
    "keyed": {"k", "d"},
    "streams": {"stream"},
    "events": {"e"},
    "components": {"c"},
}


@pytest.mark.parametrize("part", KEYS_OF)
@pytest.mark.parametrize(("version", "page"), recordings("browser"))
def test_recorded_diffs_have_a_part_only_if_they_have_its_keys(
    version: str, page: str, part: str
) -> None:
    for diff in diffs(version, page, "browser"):
        parsed = json.loads(diff)
        if getattr(part_sizes(diff), part):
            assert KEYS_OF[part] & keys(parsed)
        elif part in ("events", "components"):
            assert not KEYS_OF[part] & set(parsed)


def test_function_components_before_1_1_send_the_whole_list_and_its_templates() -> None:
    largest = max(diffs("0.20.17", "function_components", "browser"), key=len)

    found = part_sizes(largest)
    assert found.keyed > 20_000
    assert found.statics > 5_000


def test_the_parts_are_those_that_can_be_measured() -> None:
    assert DIFF_PARTS == PartSizes._fields
