"""Frames that chance would hardly find: each is refused by name, or harmless."""

import asyncio
import json
from typing import Any, Final

import pytest

from pytest_liveview_load.errors import LiveViewLoadError, ProtocolError
from pytest_liveview_load.liveview.page import template as apart_module
from pytest_liveview_load.liveview.protocol import rendered as rendered_module
from tests.fuzz.tape import Outcome, Tape, play

TOPIC: Final = "lv:phx-F1"
PAGE: Final = (
    '<html><head><title>x</title></head><body><div id="phx-F1" data-phx-main '
    'data-phx-view="V" data-phx-session="s" data-phx-static=""></div></body></html>'
)
PLAIN: Final = {"0": "a", "s": ["<p>", "</p>"]}
LISTED: Final = {
    "s": ["<ul id='u' phx-update='stream'>", "</ul>"],
    "0": {
        "s": ["<li id='", "'></li>"],
        "k": {"0": {"0": "a"}, "1": {"0": "b"}, "kc": 2},
        "stream": ["0", [["b", -1, None, False], ["a", -1, None, False]], []],
    },
}


def said(event: str, payload: Any) -> bytes:
    return json.dumps(["4", None, TOPIC, event, payload]).encode()


def join_reply(status: str = "ok", **response: Any) -> bytes:
    payload = {"status": status, "response": response}
    return json.dumps(["4", "4", TOPIC, "phx_reply", payload]).encode()


def after(*frames: bytes) -> Outcome:
    """Play the frames to a page whose view has begun to join."""
    tape = Tape(page=PAGE, moments=(("phx_join", {}, "4"), *frames))
    outcome = asyncio.run(play(tape))
    assert [] == outcome.stray
    assert all(isinstance(error, LiveViewLoadError) for error in outcome.told)
    return outcome


def refusals(outcome: Outcome) -> list[str]:
    return [e.problem for e in outcome.told if isinstance(e, ProtocolError)]


# Redirects

NO_URLS: Final = (
    "http://[",
    "//[x",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:x/",
    "http://\u2100.com/",
)


@pytest.mark.parametrize("to", NO_URLS)
@pytest.mark.parametrize("event", ["live_patch", "live_redirect", "redirect"])
def test_a_push_to_what_is_no_url_is_told(event: str, to: str) -> None:
    outcome = after(join_reply(rendered=PLAIN), said(event, {"to": to, "kind": "push"}))
    assert ["not a redirect"] == [each[:14] for each in refusals(outcome)]


@pytest.mark.parametrize("to", NO_URLS)
@pytest.mark.parametrize("where", ["live_redirect", "redirect"])
def test_a_refusal_to_what_is_no_url_is_told(where: str, to: str) -> None:
    outcome = after(join_reply("error", **{where: {"to": to, "kind": "push"}}))
    assert "not a LiveView reply" == refusals(outcome)[0][:20]


@pytest.mark.parametrize("flash", ["\r\nX: y", "\0", "é", "a;b", "a b", '"'])
def test_a_flash_that_no_cookie_can_hold_is_told(flash: str) -> None:
    redirect = said("redirect", {"to": "/x", "flash": flash})
    (problem,) = refusals(after(join_reply(rendered=PLAIN), redirect))
    assert "no cookie can hold the flash" in problem


# Numbers

HUGE: Final = (2**63, 2**64 - 1, 10**9, 10**40, -(2**63), -(10**40))


@pytest.mark.parametrize("at", HUGE)
def test_an_item_far_away_comes_first_or_last(at: int) -> None:
    outcome = after(join_reply(rendered=LISTED), item(at, None))
    if refusals(outcome):
        assert at in (10**40, -(10**40))  # no 64-bit number
    else:
        order = "abc"  # -1 is last, and so is whatever is further
        assert order == "".join(outcome.seen[-1].split("id=")[i][1] for i in (3, 4, 5))


@pytest.mark.parametrize("limit", HUGE)
def test_any_number_is_a_limit(limit: int) -> None:
    outcome = after(join_reply(rendered=LISTED), item(-1, limit))
    assert 3 == outcome.seen[-1].count("<li") or refusals(outcome)


@pytest.mark.parametrize("count", [10**9, 2**64 - 1, 10**40])
def test_a_list_that_counts_more_than_it_holds_is_told(count: int) -> None:
    empty = {"s": ["", ""], "0": {"s": ["x"], "k": {"kc": count}}}
    assert "a diff that fits no tree" in refusals(after(join_reply(rendered=empty)))[0]


def test_a_version_of_many_digits_is_a_version() -> None:
    outcome = after(join_reply(rendered=PLAIN, liveview_version="9" * 5000 + ".1"))
    assert "<p>a</p>" in outcome.seen[-1]


def item(at: int, limit: int | None) -> bytes:
    stream = ["0", [["c", at, limit, False]], []]
    return said("diff", {"0": {"k": {"0": {"0": "c"}, "kc": 1}, "stream": stream}})


# What grows

GROWN: Final = "a view with more HTML than any page has"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (rendered_module, apart_module):
        monkeypatch.setattr(module, "MAX_HTML", 1 << 16)


@pytest.mark.usefixtures("small_pages")
def test_components_that_double_each_other_are_refused() -> None:
    last = {"s": ["<i>", "</i>"], "r": 1, "0": "x"}
    components: dict[str, Any] = {"40": last}
    for cid in range(1, 40):
        twice = {"0": cid + 1, "1": cid + 1}
        components[str(cid)] = {"s": ["<b>", "", "</b>"], "r": 1, **twice}
    doubling = {"s": ["", ""], "0": 1, "c": components}
    assert GROWN in refusals(after(join_reply(rendered=doubling)))


@pytest.mark.usefixtures("small_pages")
def test_lists_that_multiply_their_first_entries_are_refused() -> None:
    depth = 6
    tree: Any = "x"
    for _ in range(depth):
        tree = {"s": ["<u>", "</u>"], "k": {"0": {"0": tree}, "kc": 1}}
    frames = [join_reply(rendered={"s": ["", ""], "0": tree})]
    for level in reversed(range(depth)):
        diff: Any = {"k": {**{str(index): 0 for index in range(10)}, "kc": 10}}
        for _ in range(level):
            diff = {"k": {"0": {"0": diff}, "kc": 1}}
        frames.append(said("diff", {"0": diff}))
    assert GROWN in refusals(after(*frames))


def test_components_of_each_other_are_too_deep() -> None:
    one, two = {"s": ["<b>", "</b>"], "r": 1}, {"s": ["<i>", "</i>"], "r": 1}
    circle = {"1": {**one, "0": 2}, "2": {**two, "0": 1}}
    outcome = after(join_reply(rendered={"s": ["", ""], "0": 1, "c": circle}))
    assert "a tree too deep to render" in refusals(outcome)
