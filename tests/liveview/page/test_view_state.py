"""View states: the DOM after every recorded diff, and who shares what."""

import json
from typing import Any

import pytest

from pytest_liveview_load.errors import ProtocolError
from pytest_liveview_load.liveview.page.html import parse_fragment
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.versions import NEWEST, Dialect
from tests.liveview.page.normal_form import normal_form
from tests.liveview.protocol.recorded import rendered_cases

CASES = rendered_cases()

COUNTER = b'{"s":["<p id=\\"n\\">","</p>"],"0":"0"}'
LIST = json.dumps(
    {
        "s": ['<ul id="u" phx-update="stream">', "</ul><p>", "</p>"],
        "0": {
            "s": ['<li id="', '">', "</li>"],
            "k": {"0": {"0": "a", "1": "A"}, "kc": 1},
            "stream": ["0", [["a", -1, None, False]], []],
        },
        "1": "0",
    }
).encode()


def added(dom_id: str) -> bytes:
    entry = {"0": {"0": dom_id, "1": dom_id.upper()}, "kc": 1}
    stream = ["0", [[dom_id, -1, None, False]], []]
    return json.dumps({"0": {"k": entry, "stream": stream}}).encode()


def joined(data: bytes) -> ViewState:
    return ViewState.joined(data, NEWEST).state


def run(case: dict[str, Any], *, fresh: bool) -> list[ViewState]:
    dialect = Dialect.of_version(case["version"])
    states: list[ViewState] = []
    for diff in [case["initial"], *case["diffs"]]:
        data = json.dumps(diff).encode()
        if states:
            states.append(states[-1].after(data).state)
        else:
            states.append(ViewState.joined(data, dialect, fresh=fresh).state)
    return states


@pytest.mark.parametrize("fresh", [True, False], ids=["navigated", "dead render"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_dom_is_that_of_the_real_client(
    case: dict[str, Any], *, fresh: bool
) -> None:
    for state, recorded in zip(run(case, fresh=fresh), case["dom_after"], strict=True):
        assert normal_form(parse_fragment(recorded)) == normal_form(state.root)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_looking_late_shows_the_same(case: dict[str, Any]) -> None:
    last = run(case, fresh=True)[-1]

    recorded = parse_fragment(case["dom_after"][-1])
    assert normal_form(recorded) == normal_form(last.root)
    assert normal_form(recorded) == normal_form(parse_fragment(last.html))


def test_users_who_were_sent_the_same_share_a_state() -> None:
    first = joined(bytes(COUNTER)).after(b'{"0":"1"}').state
    second = joined(bytes(COUNTER)).after(b'{"0":"1"}').state

    assert first is second
    assert first.root is second.root


def test_users_of_a_stream_page_share_a_state() -> None:
    first = joined(LIST).after(added("b")).state
    second = joined(LIST).after(added("b")).state

    assert first is second
    assert first.root is second.root
    assert ["a", "b"] == [item.get("id") for item in first.root[0]]


def test_what_was_sent_in_another_order_is_another_state() -> None:
    start = joined(LIST)

    one = start.after(added("b")).state.after(added("c")).state
    other = start.after(added("c")).state.after(added("b")).state

    assert one is not other
    assert ["a", "b", "c"] == [item.get("id") for item in one.root[0]]
    assert ["a", "c", "b"] == [item.get("id") for item in other.root[0]]


def test_a_diff_of_nothing_is_the_same_state() -> None:
    for start in (joined(COUNTER), joined(LIST).after(added("b")).state):
        assert start is start.after(b"{}").state


def test_items_are_put_into_the_dom_once() -> None:
    start = joined(LIST).after(added("b")).state

    state = start.after(b'{"1":"5"}').state

    assert () == state.merged.streams
    assert ["a", "b"] == [item.get("id") for item in state.root[0]]


def test_pages_that_look_the_same_share_a_dom() -> None:
    one = joined(COUNTER).after(b'{"0":"8"}').state
    other = joined(COUNTER).after(b'{"0":"3"}').state.after(b'{"0":"8"}').state

    assert one is not other
    assert one.root is other.root


def test_parsed_pages_are_bounded_but_those_of_streams_are_kept() -> None:
    plain, streamed = joined(COUNTER), joined(LIST)
    parsed, kept = plain.root, streamed.root
    for number in range(300):
        assert plain.after(b'{"0":"n%d"}' % number).state.root is not None

    assert parsed is not plain.root
    assert kept is streamed.root


def test_an_old_state_stays_as_it_was() -> None:
    start = joined(LIST)
    html = start.html
    root = start.root
    start.after(added("b")).state.root.clear()

    assert html == start.html
    assert ["a"] == [item.get("id") for item in root[0]]


def test_a_transition_says_what_the_diff_said() -> None:
    transition = joined(COUNTER).after(
        b'{"0":"1","t":"One","e":[["ping",{"n":1}],["pong",{},true]],"r":{"ok":1}}'
    )

    assert "One" == transition.merged.title
    assert [["ping", {"n": 1}], ["pong", {}, True]] == list(transition.merged.events)
    assert {"ok": 1} == transition.merged.reply
    assert '<p id="n">1</p>' == transition.state.html


def test_remembered_states_are_bounded() -> None:
    start = joined(COUNTER)
    first = start.after(b'{"0":"first"}').state
    assert first is start.after(b'{"0":"first"}').state

    for number in range(600):
        start.after(b'{"0":"%d"}' % number)

    assert first is not start.after(b'{"0":"first"}').state


def test_states_nobody_looked_at_are_bounded() -> None:
    state = joined(LIST)
    for number in range(100):
        state = state.after(added(f"i{number}")).state
        assert state.unrendered < 16

    assert 101 == len(state.root[0])


def test_the_components_on_the_page_are_known() -> None:
    start = joined(
        b'{"s":["<div>","","</div>"],"0":1,"1":2,'
        b'"c":{"1":{"s":["<b>x</b>"],"r":1},"2":{"s":-1}}}'.replace(b"-1", b"1")
    )

    gone = start.after(b'{"0":""}').state

    assert {1, 2} == start.cids
    assert {2} == gone.cids
    assert gone.html == gone.without_components((1,)).html
    assert gone.root is gone.without_components((1,)).root
    with pytest.raises(ProtocolError, match="no component for CID 1"):
        _ = gone.without_components((1,)).after(b'{"0":1}').state.html


@pytest.mark.parametrize(
    "diff", [b"", b"[]", b'{"0":{"0":"x"}}', b'{"7":"x"}', b"nope"]
)
def test_a_diff_that_fits_no_tree_is_quoted_and_changes_nothing(diff: bytes) -> None:
    start = joined(COUNTER)

    with pytest.raises(ProtocolError) as caught:
        start.after(diff)

    assert diff.decode() == caught.value.frame
    assert '<p id="n">0</p>' == start.html
