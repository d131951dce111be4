"""252 trees and their diffs, as the real `Rendered` of five releases made them."""

from typing import Any

import pytest

from pytest_liveview_load.liveview.protocol.diff import Merged, merge, rendered_from
from pytest_liveview_load.liveview.protocol.rendered import Stream
from pytest_liveview_load.liveview.protocol.versions import Dialect
from tests.liveview.protocol.recorded import rendered_cases

CASES = rendered_cases()
VIEW = "lv"  # the id that the recorded views had


def moments(case: dict[str, Any]) -> list[Merged]:
    """Return what the initial tree and each diff come to."""
    merged = rendered_from(case["initial"], Dialect.of_version(case["version"]))
    found = [merged]
    for diff in case["diffs"]:
        merged = merge(merged.rendered.without_streams(), diff)
        found.append(merged)
    return found


def as_recorded(stream: Stream, recorded: list[Any]) -> list[Any]:
    """Return `stream` in the form of `recorded`, which differs by version."""
    inserts: Any
    if isinstance(recorded[1], dict):
        inserts = {each.dom_id: [each.at, each.limit] for each in stream.inserts}
    else:
        width = len(recorded[1][0]) if recorded[1] else 0
        inserts = [
            [each.dom_id, each.at, each.limit, each.update_only][:width]
            for each in stream.inserts
        ]
    return [stream.ref, inserts, list(stream.deletes)] + [True] * stream.reset


def test_every_case_is_there() -> None:
    counts = {"1.2.12": 63, "1.1.32": 63, "1.0.19": 42, "0.20.17": 42, "0.20.1": 42}
    found = [case["version"] for case in CASES.values()]

    assert counts == {version: found.count(version) for version in counts}
    assert sum(counts.values()) == len(found)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_html_is_that_of_the_real_client(case: dict[str, Any]) -> None:
    html = [moment.rendered.html(VIEW) for moment in moments(case)]

    assert case["html_after"] == html


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_streams_are_handed_on_once(case: dict[str, Any]) -> None:
    for recorded, moment in zip(case["streams_after"], moments(case), strict=True):
        found = [
            as_recorded(stream, each)
            for stream, each in zip(moment.streams, recorded, strict=True)
        ]
        assert recorded == found


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_title_reply_and_events_are_extracted(case: dict[str, Any]) -> None:
    found = [
        {
            "title": moment.title,
            "reply": moment.reply,
            "events": list(moment.events),
        }
        for moment in moments(case)
    ]

    assert case["extracted"] == found


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_title_stays_until_another_comes(case: dict[str, Any]) -> None:
    title = "T0"  # what the recorded pages began with
    titles = []
    for moment in moments(case):
        title = title if moment.title is None else moment.title
        titles.append(title)

    assert case["title_after"] == titles
