"""A LiveView newer than all that we know: its pages are served, whatever it says besides.

The recordings of the newest version are played again as those of a version that nobody has
seen: each message of the server has keys, events and list items that no client knows yet.
"""

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from pytest_liveview_load.liveview.protocol.versions import HELD, is_held
from pytest_liveview_load.liveview.protocol.wire import (
    COMPONENTS,
    EVENTS,
    KEYED,
    PHX_REPLY,
    REPLY,
    STREAM,
    TEMPLATES,
)
from tests.replay.recording import Received, Sent, Tab, tabs_of
from tests.replay.test_browser_recordings import replay

pytestmark = pytest.mark.anyio

NEWER: Final = "1.3.0"
UNKNOWN: Final = {"unknown": {"0": "what no client knows", "s": ["", ""]}}
# What is no part of the tree: others' words, or lists by number.
OTHERS: Final = {COMPONENTS, EVENTS, KEYED, REPLY, TEMPLATES}
PAGES: Final = (
    "counter",
    "function_components",
    "hooks",
    "keyed",
    "live_components",
    "nested",
    "streams",
    "upload",
)


def test_nobody_was_compared_with_the_newer_version() -> None:
    assert not is_held(NEWER)


@pytest.mark.parametrize("page", PAGES)
async def test_a_newer_liveview_is_served_as_the_newest_known(page: str) -> None:
    for tab in tabs_of(HELD[-1], page):
        await replay(newer(tab))


def test_each_message_of_a_newer_liveview_holds_what_is_unknown() -> None:
    (tab,) = tabs_of(HELD[-1], "keyed")

    said = [each.text for each in newer(tab).frames if isinstance(each, Received)]

    assert f'"liveview_version": "{NEWER}"' in said[0]
    assert all('"unknown"' in each for each in said)


def newer(tab: Tab) -> Tab:
    """Return what a newer LiveView would have sent in this tab."""
    frames: list[Sent | Received] = []
    for each in tab.frames:
        if isinstance(each, Received):
            frames.append(replace(each, text=told_more(each.text)))
            if "liveview_version" in each.text:
                join_ref, _, topic, *_ = json.loads(each.text)
                unknown = json.dumps([join_ref, None, topic, "unknown", UNKNOWN])
                frames.append(replace(each, text=unknown))
        else:
            frames.append(each)
    return replace(tab, frames=tuple(frames))


def told_more(text: str) -> str:
    """Return a message with what is unknown in every place where a key may be new."""
    join_ref, ref, topic, event, payload = json.loads(text)
    if event == PHX_REPLY and topic.startswith("lv:"):
        response = payload["response"]
        payload |= UNKNOWN
        for tree in ("diff", "rendered"):
            if tree in response:
                response[tree] = grown(response[tree])
        if "liveview_version" in response:
            response["liveview_version"] = NEWER
        response |= UNKNOWN
    elif event == "diff":
        payload = grown(payload)
    return json.dumps([join_ref, ref, topic, event, payload])


def grown(node: Any) -> Any:
    """Return a tree, or a diff, with what is unknown in every node of it."""
    if not isinstance(node, dict):
        return node
    more = {
        key: value if key in OTHERS or key == STREAM else grown(value)
        for key, value in node.items()
    }
    if KEYED in node:
        more[KEYED] = {key: entry(each) for key, each in node[KEYED].items()}
    if COMPONENTS in node:
        more[COMPONENTS] = {cid: grown(each) for cid, each in node[COMPONENTS].items()}
    if STREAM in node:
        ref, inserts, *rest = node[STREAM]
        longer = [[*each, "unknown"] for each in inserts]
        # The fourth item, wherever there is one, means a reset.
        more[STREAM] = [ref, longer, *rest, *(["unknown"] if len(rest) > 1 else [])]
    return more | UNKNOWN


def entry(value: Any) -> Any:
    """Return an entry of a keyed list, one that moved with a diff too, with more in it."""
    if isinstance(value, list):
        return [value[0], grown(value[1])]
    return grown(value)
