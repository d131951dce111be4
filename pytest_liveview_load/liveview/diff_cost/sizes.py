"""How many bytes of a diff its parts have: statics, dynamics, streams and so on.

Every byte belongs to exactly one part, so the sizes sum up to the bytes on the wire.
Nothing is encoded again; what is no tree is counted where it stands, never refused.
"""

from typing import Final, TypeAlias

import msgspec

from pytest_liveview_load.liveview.observer import PartSizes
from pytest_liveview_load.liveview.protocol import wire

Fields: TypeAlias = dict[str, msgspec.Raw]

_STATICS, _DYNAMICS, _KEYED, _COMPONENTS, _STREAMS, _EVENTS, _REPLIES, _ENVELOPE = (
    range(len(PartSizes._fields))
)
_OF_TEMPLATES: Final = frozenset((wire.STATIC, wire.TEMPLATES, wire.ROOT))
_PART_BESIDE_TREE: Final = {
    wire.EVENTS: _EVENTS,
    wire.REPLY: _REPLIES,
    wire.TITLE: _DYNAMICS,
    wire.COMPONENTS: _COMPONENTS,
}
AROUND_A_KEY: Final = len('"":')
OBJECT: Final = ord("{")
ARRAY: Final = ord("[")

objects = msgspec.json.Decoder(Fields)
arrays = msgspec.json.Decoder(list[msgspec.Raw])


def part_sizes(diff: bytes) -> PartSizes:
    """Return where the bytes of a diff, JSON as on the wire, go; they sum up to all.

    What is no JSON object is all envelope, and what lies deeper than anybody renders
    counts as dynamics: who merges the diff will say what is wrong with it.
    """
    sizes = [0] * len(PartSizes._fields)
    try:
        fields = objects.decode(diff)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        sizes[_ENVELOPE] = len(diff)
        return PartSizes(*sizes)
    sizes[_ENVELOPE] = len(diff) - _total(fields)
    try:
        for key in wire.BESIDE_TREE & fields.keys():
            part = _PART_BESIDE_TREE[key]
            value = fields.pop(key)
            sizes[part] += len(key) + AROUND_A_KEY
            if key == wire.COMPONENTS:
                _count(value, part, sizes)
            else:
                sizes[part] += len(value)
        _count_fields(fields, _DYNAMICS, sizes)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        sizes[_DYNAMICS] += len(diff) - sum(sizes)
    return PartSizes(*sizes)


def _count(value: msgspec.Raw, part: int, sizes: list[int]) -> None:
    """Count a value that stands in `part`, and what is in it by its own parts."""
    head = memoryview(value)[0]
    if head == OBJECT:
        fields = objects.decode(value)
        sizes[part] += len(value) - _total(fields)
        _count_fields(fields, part, sizes)
    elif head == ARRAY:
        values = arrays.decode(value)
        sizes[part] += len(value) - sum(map(len, values))
        for each in values:
            _count(each, part, sizes)
    else:
        sizes[part] += len(value)


def _count_fields(fields: Fields, part: int, sizes: list[int]) -> None:
    """Count what is in an object: a tree, a comprehension, its entries, components."""
    if wire.STREAM in fields:
        part = _STREAMS
    elif part != _STREAMS and (wire.KEYED in fields or wire.DYNAMICS in fields):
        part = _KEYED
    for key, value in fields.items():
        if key in _OF_TEMPLATES:
            sizes[_STATICS] += len(key) + AROUND_A_KEY + len(value)
        else:
            sizes[part] += len(key) + AROUND_A_KEY
            _count(value, part, sizes)


def _total(fields: Fields) -> int:
    """Return the bytes of keys, colons and values.

    A key that JSON spells longer than it is, or twice, leaves more to the braces.
    """
    keys = sum(map(len, fields)) + AROUND_A_KEY * len(fields)
    return keys + sum(map(len, fields.values()))
