"""What diffs send again: by hand, and as real servers did."""

import json
from collections import defaultdict
from typing import Any

import msgspec
import pytest

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.diff_cost.resent import ContentKeys
from pytest_liveview_load.liveview.observer import ResentSizes
from pytest_liveview_load.liveview.protocol.channel import parse_reply
from pytest_liveview_load.liveview.protocol.rendered import Dynamic
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from pytest_liveview_load.liveview.protocol.wire import DIFF, EVENT, PHX_REPLY, decode
from pytest_liveview_load.metrics.names import RESENT_PARTS
from tests.liveview.diff_cost.followed_page import FollowedPage
from tests.liveview.protocol.recorded import frames

Json = Any
ROW = ["<li>", "</li>"]
CARD = ["<section>", "</section>"]
ROWS = [f"row {number}" for number in range(4)]


def keyed(*rows: str) -> Json:
    entries: Json = {str(index): {"0": row} for index, row in enumerate(rows)}
    return {"s": ROW, "k": {**entries, "kc": len(rows)}}


def listed(*rows: str) -> Json:
    return {"s": ROW, "d": [[row] for row in rows]}


def size(value: Json) -> int:
    """Return the bytes of a JSON value as the wire has it."""
    return len(text(value))


def text(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def pages(*dynamics: Json) -> Json:
    """Return a tree with these dynamics."""
    numbered = {str(index): each for index, each in enumerate(dynamics)}
    return {**numbered, "s": [""] * (len(dynamics) + 1)}


IN_A_KEY = len('"0":')
CASES: dict[str, tuple[Json, list[Json], ResentSizes]] = {
    "a new value": (pages("a"), [{"0": "b"}], ResentSizes()),
    "the value that is there": (
        pages("a", "b"),
        [{"0": "a", "1": "c"}],
        ResentSizes(dynamics=len('"0":"a"')),
    ),
    "a value that was there before": (
        pages("a"),
        [{"0": "b"}, {"0": "a"}],
        ResentSizes(),
    ),
    "a value deep in the tree": (
        pages({"0": "a", "1": "b", "s": [*CARD, "x"]}),
        [{"0": {"0": "a", "1": "c"}}],
        ResentSizes(dynamics=len('"0":"a"')),
    ),
    "a block shown for the first time": (
        pages(""),
        [{"0": {"0": "a", "s": CARD}}],
        ResentSizes(),
    ),
    "a block shown again": (
        pages(""),
        [{"0": {"0": "a", "s": CARD}}, {"0": ""}, {"0": {"0": "b", "s": CARD}}],
        ResentSizes(statics=size(CARD)),
    ),
    "a block that the join showed": (
        pages({"0": "a", "s": CARD}),
        [{"0": ""}, {"0": {"0": "b", "s": CARD}}],
        ResentSizes(statics=size(CARD)),
    ),
    "templates at the root": (
        pages(""),
        [
            {"0": {"0": "a", "s": 0}, "p": {"0": CARD}},
            {"0": ""},
            {"0": {"0": "a", "s": 0}, "p": {"0": CARD}},
        ],
        ResentSizes(statics=size(CARD)),
    ),
    "a list with a row more, sent whole": (
        pages(listed(*ROWS)),
        [{"0": {"d": [["new"], *([row] for row in ROWS)]}}],
        ResentSizes(keyed=sum(size([row]) for row in ROWS)),
    ),
    "a list sent whole whose rows bring a template": (
        pages({"s": ROW, "d": [[{"0": row, "s": CARD}] for row in ROWS]}),
        [{"0": {"d": [[{"0": row, "s": CARD}] for row in ROWS]}}],
        ResentSizes(
            statics=4 * size(CARD),
            keyed=sum(size([{"0": row, "s": 0}]) - 1 for row in ROWS),
        ),
    ),
    "a keyed list whose rows have all moved, without keys": (
        pages(keyed(*ROWS)),
        [{"0": {"k": {**keyed("new", *ROWS)["k"]}}}],
        ResentSizes(keyed=sum(IN_A_KEY + size({"0": row}) for row in ROWS)),
    ),
    "a keyed list whose rows have all moved, with keys": (
        pages(keyed(*ROWS)),
        [{"0": {"k": {"0": {"0": "new"}, "1": 0, "2": 1, "3": 2, "4": 3, "kc": 5}}}],
        ResentSizes(),
    ),
    "rows that are moved and changed": (
        pages(keyed(*ROWS)),
        [{"0": {"k": {str(n): [n + 1, {"0": f"{n}!"}] for n in range(3)} | {"kc": 3}}}],
        ResentSizes(),
    ),
    "rows that have all changed": (
        pages(listed(*ROWS)),
        [{"0": {"d": [[f"{row}!"] for row in ROWS]}}],
        ResentSizes(),
    ),
    "rows that all change and change back": (
        pages(keyed(*ROWS)),
        [
            {"0": {"k": {str(n): {"0": f"{n}!"} for n in range(4)} | {"kc": 4}}},
            {"0": {"k": {str(n): {"0": ROWS[n]} for n in range(4)} | {"kc": 4}}},
        ],
        ResentSizes(),
    ),
    "two rows are no list": (
        pages(listed("a", "b")),
        [{"0": {"d": [["a"], ["b"]]}}],
        ResentSizes(),
    ),
    "the items of a stream": (
        pages({**listed(*ROWS), "stream": ["0", [], []]}),
        [
            {"0": {"d": [[row] for row in ROWS], "stream": ["0", [], []]}},
            {"0": {"d": [[row] for row in ROWS], "stream": ["0", [], []]}},
        ],
        ResentSizes(),
    ),
    "a value of a component": (
        {**pages(1), "c": {"1": {"0": "a", "1": "b", "s": ["", "", ""], "r": 1}}},
        [{"c": {"1": {"0": "a", "1": "c"}}}],
        ResentSizes(dynamics=len('"0":"a"')),
    ),
    "a component that shares its statics": (
        {**pages(1, ""), "c": {"1": {"0": "a", "s": CARD, "r": 1}}},
        [{"1": 2, "c": {"2": {"0": "b", "s": -1}}}],
        ResentSizes(),
    ),
    "what is beside the tree": (
        pages("a"),
        [{"t": "x", "e": [["hi", {}]], "r": {"0": "a"}}] * 2,
        ResentSizes(),
    ),
}


@pytest.mark.parametrize(("first", "diffs", "expected"), CASES.values(), ids=CASES)
def test_what_the_last_of_some_diffs_sends_again(
    first: Json, diffs: list[Json], expected: ResentSizes
) -> None:
    page = FollowedPage(text(first), NEWEST)
    for diff in diffs[:-1]:
        page.take(text(diff))

    assert expected == page.take(text(diffs[-1]))


def test_what_fits_no_page_is_an_error_as_for_whoever_looks() -> None:
    with pytest.raises(ProtocolError):
        FollowedPage(b'"no tree"', NEWEST)
    with pytest.raises(ProtocolError):
        FollowedPage(text(pages("a")), NEWEST).take(b'{"0":{"0":"b"}}')


def heard(version: str, name: str) -> dict[str, list[tuple[int, ResentSizes]]]:
    """Return, by event, the size of each recorded diff and what of it was sent again."""
    known: dict[str, FollowedPage] = {}
    asked: dict[tuple[str, str | None], str] = {}
    found: dict[str, list[tuple[int, ResentSizes]]] = defaultdict(list)
    for each in frames(version, name, "browser"):
        if not each.get("text"):
            continue
        frame = decode(each["text"].encode())
        if each["dir"] == "out":
            said = json.loads(bytes(frame.payload))
            event = said["event"] if frame.event == EVENT else ""
            asked[frame.topic, frame.ref] = event
            continue
        if frame.event == DIFF:
            diff: bytes | None = bytes(frame.payload)
            event = "*push"
        elif frame.event == PHX_REPLY:
            answer = msgspec.json.decode(frame.payload, type=dict[str, msgspec.Raw])
            reply = parse_reply(answer["response"])
            diff, event = reply.diff, asked[frame.topic, frame.ref]
            if reply.rendered is not None:
                dialect = Dialect.of_version(version)
                known[frame.topic] = FollowedPage(reply.rendered, dialect)
        else:
            continue
        if diff is not None and frame.topic in known:
            found[event].append((len(diff), known[frame.topic].take(diff)))
    return found


def test_a_list_before_1_1_is_sent_whole_for_one_row() -> None:
    for whole, resent in heard("0.20.17", "function_components")["one"]:
        assert resent.keyed > 0.95 * whole
        assert resent.statics > 200


def test_a_list_that_changed_in_every_row_is_not_sent_again() -> None:
    for version in ("0.20.17", "1.2.10"):
        for _, resent in heard(version, "function_components")["all"]:
            assert 0 == resent.keyed


def test_a_block_that_is_toggled_brings_its_statics_each_time() -> None:
    assert [0, 433] == [
        resent.statics for _, resent in heard("1.2.10", "portal")["toggle"]
    ]


@pytest.mark.parametrize("version", ["0.20.17", "1.0.19", "1.1.33", "1.2.10"])
@pytest.mark.parametrize("page", ["counter", "streams"])
def test_good_pages_send_nothing_again(version: str, page: str) -> None:
    for diffs in heard(version, page).values():
        assert all(max(resent) < 50 for _, resent in diffs)


def test_what_is_resent_can_be_measured() -> None:
    assert RESENT_PARTS == tuple(f"resent_{part}" for part in ResentSizes._fields)


def nested(depth: int) -> Json:
    """Return lists within lists, of three entries each."""
    if not depth:
        return "x"
    entries: Json = {str(index): {"0": nested(depth - 1)} for index in range(3)}
    return {"s": ROW, "k": {**entries, "kc": 3}}


@pytest.mark.parametrize("depth", [2, 4, 6])
def test_nested_lists_are_looked_at_a_few_times_however_deep(
    monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    looked_at = 0
    real = ContentKeys.of

    def counted(keys: ContentKeys, dynamic: Dynamic) -> object:
        nonlocal looked_at
        looked_at += 1
        return real(keys, dynamic)

    tree = pages(nested(depth))
    page = FollowedPage(text(tree), NEWEST)
    monkeypatch.setattr(ContentKeys, "of", counted)

    resent = page.take(text(tree))

    entries = sum(3**level for level in range(1, depth + 1))
    assert looked_at <= 3 * entries
    assert resent.keyed > entries
