"""What the bytes of a diff are spent on.

Law: every byte belongs to exactly one part, so the parts sum up to the bytes on the wire;
nothing is encoded again, and what is no tree is counted where it stands, never refused.
"""

from typing import Final, NamedTuple, TypeAlias

import msgspec

from pytest_liveview_load.liveview.observer import Observer, Parts
from pytest_liveview_load.liveview.protocol.wire import (
    COMPONENTS,
    DYNAMICS,
    EVENTS,
    KEYED,
    REPLY,
    ROOT,
    STATIC,
    STREAM,
    TEMPLATES,
    TITLE,
)


class Anatomy(NamedTuple):
    """The bytes of one diff, part by part.

    - `statics`: templates (`s`, `p`) and the root flag beside them, wherever they are.
    - `streams`: items of streams with their ids and deletions, and all that is in them.
    - `keyed`: entries of other comprehensions: `k`, or `d` before 1.1.
    - `components`: what else is in LiveComponents (`c`).
    - `dynamics`: what else is in the tree, and the page's title.
    - `events`: `push_event`s (`e`).
    - `replies`: the reply to a hook's `pushEvent` (`r`).
    - `envelope`: the braces and commas of the diff's outermost object; of a whole frame
      also the message around the diff.

    A key and its colon belong to the value; the braces and commas of an inner object to
    the part that the object stands in.
    """

    statics: int = 0
    dynamics: int = 0
    keyed: int = 0
    components: int = 0
    streams: int = 0
    events: int = 0
    replies: int = 0
    envelope: int = 0


_Fields: TypeAlias = dict[str, msgspec.Raw]

_STATICS, _DYNAMICS, _KEYED, _COMPONENTS, _STREAMS, _EVENTS, _REPLIES, _ENVELOPE = (
    range(len(Anatomy._fields))
)
_OF_TEMPLATES: Final = frozenset((STATIC, TEMPLATES, ROOT))
_BESIDE_THE_TREE: Final = {
    EVENTS: _EVENTS,
    REPLY: _REPLIES,
    TITLE: _DYNAMICS,
    COMPONENTS: _COMPONENTS,
}
_AROUND_A_KEY: Final = len('"":')
_OBJECT: Final = ord("{")
_ARRAY: Final = ord("[")

_objects = msgspec.json.Decoder(_Fields)
_arrays = msgspec.json.Decoder(list[msgspec.Raw])


def dissect(diff: bytes) -> Anatomy:
    """Return where the bytes of a diff, JSON as on the wire, go; they sum up to all.

    What is no JSON object is all envelope, and what lies deeper than anybody renders
    counts as dynamics: who merges the diff will say what is wrong with it.
    """
    sizes = [0] * len(Anatomy._fields)
    try:
        fields = _objects.decode(diff)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        sizes[_ENVELOPE] = len(diff)
        return Anatomy(*sizes)
    sizes[_ENVELOPE] = len(diff) - _total(fields)
    try:
        for key in _BESIDE_THE_TREE.keys() & fields.keys():
            part = _BESIDE_THE_TREE[key]
            value = fields.pop(key)
            sizes[part] += len(key) + _AROUND_A_KEY
            if key == COMPONENTS:
                _count(value, part, sizes)
            else:
                sizes[part] += len(value)
        _count_fields(fields, _DYNAMICS, sizes)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        sizes[_DYNAMICS] += len(diff) - sum(sizes)
    return Anatomy(*sizes)


def _count(value: msgspec.Raw, part: int, sizes: list[int]) -> None:
    """Count a value that stands in `part`, and what is in it by its own parts."""
    head = memoryview(value)[0]
    if head == _OBJECT:
        fields = _objects.decode(value)
        sizes[part] += len(value) - _total(fields)
        _count_fields(fields, part, sizes)
    elif head == _ARRAY:
        values = _arrays.decode(value)
        sizes[part] += len(value) - sum(map(len, values))
        for each in values:
            _count(each, part, sizes)
    else:
        sizes[part] += len(value)


def _count_fields(fields: _Fields, part: int, sizes: list[int]) -> None:
    """Count what is in an object: a tree, a comprehension, its entries, components."""
    if STREAM in fields:
        part = _STREAMS
    elif part != _STREAMS and (KEYED in fields or DYNAMICS in fields):
        part = _KEYED
    for key, value in fields.items():
        if key in _OF_TEMPLATES:
            sizes[_STATICS] += len(key) + _AROUND_A_KEY + len(value)
        else:
            sizes[part] += len(key) + _AROUND_A_KEY
            _count(value, part, sizes)


def _total(fields: _Fields) -> int:
    """Return the bytes of keys, colons and values.

    A key that JSON spells longer than it is, or twice, leaves more to the braces.
    """
    keys = sum(map(len, fields)) + _AROUND_A_KEY * len(fields)
    return keys + sum(map(len, fields.values()))


# Which diffs are taken apart, so that their parts are known and the clicks not slower.


KEPT: Final = 512  # diffs whose parts are remembered
LARGEST_KEPT: Final = 4096  # bytes
# Of an event whose diffs are not alike, so many are taken apart before it is only some.
ALL_OF: Final = 100
# A prime, so that users who do the same in rounds are not always met at the same step.
EVERY: Final = 13

Taken = tuple[str, str, bytes | None, int]  # view, event, diff, bytes of the frame


class Sampling:
    """How the diffs of one event are looked at."""

    __slots__ = ("passed_over", "taken", "to_pass_over", "unlike")

    def __init__(self) -> None:
        self.taken = 0
        self.unlike = 0
        self.passed_over = 0  # after each that is taken apart
        self.to_pass_over = 0  # before the next


class Known:
    """A frame that came before: what the observer is told, and the event's sampling."""

    __slots__ = ("parts", "sampling")

    def __init__(self, parts: Parts, sampling: Sampling) -> None:
        self.parts = parts
        self.sampling = sampling


class Dissection:
    """Takes diffs apart for all users of a network. Set `all` and it takes every one."""

    def __init__(self, *, all: bool = False) -> None:  # noqa: A002 - as it is read
        self.all = all
        self._samplings: dict[tuple[str, str], Sampling] = {}
        self._known: dict[Taken, Known] = {}

    def take(
        self,
        observer: Observer,
        view: str,
        name: str,
        diff: bytes | None,
        size: int,
        at: float,
    ) -> None:
        """Record the parts of a frame of `size` bytes with a diff, or pass it over."""
        known = self._known.get((view, name, diff, size))
        if known is None or known.sampling.passed_over:
            self._sample(observer, (view, name, diff, size), at)
            return
        known.sampling.taken += 1
        observer.parts(known.parts, at)

    def _sample(self, observer: Observer, taken: Taken, at: float) -> None:
        label = taken[:2]
        sampling = self._samplings.get(label)
        if sampling is None:
            sampling = self._samplings[label] = Sampling()
        if sampling.to_pass_over:
            sampling.to_pass_over -= 1
            return
        sampling.taken += 1
        known = self._known.get(taken)
        if known is None:
            known = self._apart(taken, sampling)
            self._weigh(sampling)
        sampling.to_pass_over = sampling.passed_over
        observer.parts(known.parts, at)

    def _apart(self, taken: Taken, sampling: Sampling) -> Known:
        view, name, diff, size = taken
        sizes = dissect(diff) if diff is not None else Anatomy()
        # What the frame has around the diff is as much envelope as the diff's own braces.
        sizes = sizes._replace(envelope=sizes.envelope + size - len(diff or b""))
        known = Known((name, view, sizes), sampling)
        if size <= LARGEST_KEPT:
            if len(self._known) >= KEPT:
                self._known.pop(next(iter(self._known)))
            self._known[taken] = known
        return known

    def _weigh(self, sampling: Sampling) -> None:
        """Look at fewer of an event whose diffs are not alike, at all of others."""
        sampling.unlike += 1
        unlike = sampling.taken >= ALL_OF and 2 * sampling.unlike > sampling.taken
        sampling.passed_over = EVERY - 1 if unlike and not self.all else 0
