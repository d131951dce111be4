"""Every inbound frame of the scripted recordings, through codec, reply and merge.

Compared with what the real `Rendered` of that release made of it: `html_full`, `streams`,
`title`, `events`, `reply` and `components_after` (the HTML of the components that a diff
of components alone patches). Not compared: `html_after`, which is `html_full` with the
skip marks of one patch; `form`, which is the browser's.
"""

import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from pytest_liveview_load.liveview.protocol.channel import LiveReply, parse_reply
from pytest_liveview_load.liveview.protocol.diff import Merged, merge, rendered_from
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire import decode, parse_json
from tests.liveview.protocol.recorded import frames, recordings
from tests.liveview.protocol.test_rendered_cases import as_recorded

if TYPE_CHECKING:
    from pytest_liveview_load.liveview.protocol.rendered import Rendered

RECORDINGS = [
    (version, page)
    for version, page in recordings("raw")
    if any("html_full" in frame for frame in frames(version, page, "raw"))
]

Step = tuple[dict[str, Any], Merged | None]


class Reply(msgspec.Struct):
    status: str
    response: msgspec.Raw


def replay(version: str, page: str) -> list[Step]:
    """Return each inbound frame with what it came to, None if it changes no tree."""
    rendered: dict[str, Rendered] = {}
    steps: list[Step] = []
    for frame in frames(version, page, "raw"):
        if frame["dir"] != "in" or "text" not in frame:
            continue
        message = decode(frame["text"])
        reply = LiveReply(diff_json=message.payload)
        if message.event == "phx_reply":
            reply = parse_reply(
                msgspec.json.decode(message.payload, type=Reply).response
            )
        elif message.event != "diff":
            reply = LiveReply()
        merged = None
        if reply.rendered is not None:
            dialect = Dialect.of_version(reply.liveview_version or version)
            merged = rendered_from(parse_json(reply.rendered), dialect)
        elif reply.diff is not None:
            old = rendered[message.topic].without_streams()
            merged = merge(old, parse_json(reply.diff))
        if merged is not None:
            rendered[message.topic] = merged.rendered
        if reply.cids is not None:
            left = rendered[message.topic].without_components(tuple(reply.cids))
            rendered[message.topic] = left
        steps.append((frame, merged))
    return steps


def view_of(frame: dict[str, Any]) -> str:
    return str(frame["topic"]).removeprefix("lv:")


def unmarked(html: str) -> str:
    """Return recorded HTML without `data-phx-id`, which only tells the browser to skip."""
    return re.sub(r' data-phx-id="[^"]*"', "", html)


def test_the_recordings_are_there() -> None:
    versions = [version for version, _ in RECORDINGS]

    assert (21, 1) == (versions.count("1.2.10"), versions.count("0.20.17"))


@pytest.mark.parametrize(("version", "page"), RECORDINGS)
def test_the_html_after_each_frame(version: str, page: str) -> None:
    compared = 0
    for frame, merged in replay(version, page):
        if "html_full" in frame:
            assert merged is not None
            html = merged.rendered.html(view_of(frame))
            assert unmarked(frame["html_full"]) == html
            compared += 1
    assert compared > 0


@pytest.mark.parametrize(("version", "page"), RECORDINGS)
def test_what_else_each_frame_says(version: str, page: str) -> None:
    for frame, merged in replay(version, page):
        if merged is None:
            assert frame.keys().isdisjoint({"streams", "title", "events", "reply"})
            continue
        assert frame.get("title") == merged.title
        assert frame.get("reply") == merged.reply
        assert frame.get("events", []) == list(merged.events)
        for cid, html in frame.get("components_after", {}).items():
            assert merged.component_only
            found = merged.rendered.component_html(int(cid), view_of(frame))
            assert unmarked(html) == found


@pytest.mark.parametrize(("version", "page"), RECORDINGS)
def test_the_streams_of_each_frame(version: str, page: str) -> None:
    for frame, merged in replay(version, page):
        recorded = frame.get("streams", [])
        streams = () if merged is None else merged.streams
        found = [
            as_recorded(stream, each)
            for stream, each in zip(streams, recorded, strict=True)
        ]
        assert said(recorded) == said(found)


def said(streams: list[Any]) -> list[Any]:
    """Return streams with update_only as a bool: servers write null for false."""
    return [
        [ref, [[*insert[:3], *map(bool, insert[3:])] for insert in inserts], *rest]
        for ref, inserts, *rest in streams
    ]
