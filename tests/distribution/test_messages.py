"""Messages between processes: all arrive as they were sent, and nothing else is read."""

import dataclasses
import typing
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_liveview_load.distribution import messages
from pytest_liveview_load.distribution.messages import (
    VERSION,
    Message,
    Numbers,
    Ping,
    Prepare,
    SyncCall,
    decode,
    encode,
)
from pytest_liveview_load.distribution.packed import PackedMix, PackedPlan
from pytest_liveview_load.errors import MessageError
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.load_profile.profile import Profile

KINDS = typing.get_args(messages.KINDS)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)


def of(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return messages, or parts, of one kind."""
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{name: value(hint) for name, hint in hints.items()})


def value(hint: Any) -> st.SearchStrategy[Any]:
    """Return what a field of that type can have."""
    if hint is Any:
        return PLAIN
    if isinstance(hint, type) and (
        issubclass(hint, msgspec.Struct)
        or dataclasses.is_dataclass(hint)
        or hasattr(hint, "_fields")
    ):
        return of(hint)
    if typing.get_origin(hint) is tuple:
        inside = typing.get_args(hint)
        if inside[-1] is ...:
            return st.lists(value(inside[0]), max_size=3).map(tuple)
        return st.tuples(*map(value, inside))
    if typing.get_origin(hint) is dict:
        keys, values = typing.get_args(hint)
        return st.dictionaries(value(keys), value(values), max_size=3)
    if hint is float:
        return st.floats(allow_nan=False)
    if hint is int:
        return st.integers(-(2**63), 2**63 - 1)
    if typing.get_origin(hint) is typing.Literal:
        return st.sampled_from(typing.get_args(hint))
    if typing.get_args(hint):  # a union: PackedError | None, float | None
        return st.one_of(*map(value, typing.get_args(hint)))
    return st.from_type(hint)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(KINDS).flatmap(of), max_size=4))
def test_a_batch_arrives_as_it_was_sent(batch: list[Message]) -> None:
    assert batch == decode(encode(*batch))


def test_every_class_of_messages_is_one_of_the_union() -> None:
    declared = {
        each
        for each in vars(messages).values()
        if isinstance(each, type) and issubclass(each, Message) and each is not Message
    }

    assert declared == set(KINDS)


def test_every_message_names_its_run() -> None:
    assert ["run"] * len(KINDS) == [each.__struct_fields__[0] for each in KINDS]


def test_a_profile_arrives_as_it_was() -> None:
    profile = Profile.of(stages=[("1s", 20), ("2s", 5)], pacing="1s..3s")
    client = ClientSettings(url="http://app", headers=(("a", "b"),))
    plan = PackedPlan(
        name="browse",
        profile=profile.to_data(),
        mix=PackedMix(name="browse"),
        client=client,
    )

    [arrived] = decode(encode(Prepare("run", plan)))

    assert isinstance(arrived, Prepare)
    assert client == arrived.plan.client
    assert profile == Profile.from_data(arrived.plan.profile)


@given(st.binary(max_size=60))
def test_bytes_that_are_no_batch_are_an_error_of_ours(data: bytes) -> None:
    said = ""
    try:
        said = repr(decode(data))  # what decodes at all is an empty batch
    except MessageError as error:
        said = str(error)

    assert said == "[]" or "speaks version" in said or f"{len(data)} bytes" in said


def test_a_batch_cut_short_says_so() -> None:
    whole = encode(Numbers("run", b"x" * 300, users=3, elapsed=1.0, began=2.0))

    with pytest.raises(
        MessageError, match=r"120 bytes are no messages \(.*\): b'\\x92"
    ):
        decode(whole[:120])


def test_another_version_is_named_whatever_its_messages_are() -> None:
    theirs = msgspec.msgpack.encode([VERSION + 1, [["AKindOfTheFuture", 1, {}]]])

    with pytest.raises(MessageError) as caught:
        decode(theirs)

    assert str(caught.value) == (
        "the other side speaks version 4 of the messages between processes, this side "
        "3: install the same pytest-liveview-load on both"
    )


@pytest.mark.parametrize(
    "value", [object(), 2**70, "\ud800"], ids=["object", "large", "surrogate"]
)
def test_what_is_not_plain_cannot_be_sent(value: object) -> None:
    with pytest.raises(MessageError, match=r"^Ping, SyncCall cannot be sent: "):
        encode(Ping("run", 1), SyncCall("run", 1, user=2, verb="meet", args=(value,)))
