"""What the real JS client sent for a step is what we send: 108 recorded cases.

No scenario waits: keys, focus, blur and JS `exec` are among them.
"""

import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pytest_liveview_load.liveview.page import (
    clicks,
    events,
    inputs,
)
from pytest_liveview_load.liveview.page.actions import Action, LivePatch, PushEvent
from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from pytest_liveview_load.liveview.page.form_state import FormState, VisiblePage
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.versions import Dialect
from tests.liveview.page.pages import (
    SHELL,
    URL,
    VIEW,
    shown,
)

CASES = json.loads(
    (Path(__file__).parents[2] / "wire" / "payload_cases.json").read_text()
)


def recorded_scene(case: dict[str, Any]) -> VisiblePage:
    dialect = Dialect.of_version(case["version"])
    content = shown(case["html"] or "")
    if case["rendered"] is not None:
        rendered = json.dumps(case["rendered"]).encode()
        content = ViewState.joined(rendered, dialect).state
    page = DeadRender.parse(SHELL, URL)
    return VisiblePage(
        Document(page, {VIEW: PlacedView(content)}), FormState(), dialect
    )


def perform(visible: VisiblePage, verb: str, css: str, *more: Any) -> list[Action]:
    one = partial(find_one, visible.document)
    match verb:
        case "click":
            return clicks.click(visible, one(css))
        case "input":
            return inputs.fill(visible, one(css), *more)
        case "select":
            options = [more[0]] if isinstance(more[0], str) else more[0]
            return inputs.select(visible, one(css), *options)
        case "submit":
            return clicks.submit(visible, one(css), *[one(each) for each in more])
        case "key":
            return inputs.press(visible, one(css), more[0]["key"])
        case "focus":
            return events.move_focus(visible, one(css))
        case "blur":
            return events.blur(visible)
    raise AssertionError(verb)


def frame(action: Action) -> dict[str, Any]:
    match action:
        case PushEvent(payload=payload):
            return {"event": "event", "payload": payload}
        case LivePatch(url=url):
            return {"event": "live_patch", "payload": {"url": url}}
    raise AssertionError(action)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_step_sends_what_the_real_client_sent(case: dict[str, Any]) -> None:
    visible = recorded_scene(case)

    sent = [
        frame(action)
        for verb, *arguments in case["actions"]
        for action in perform(visible, verb, *arguments)
    ]

    assert case["frames"] == sent


def test_every_version_tries_every_scenario() -> None:
    expected = {"0.20.17": 27, "1.0.19": 27, "1.1.32": 27, "1.2.12": 27}

    assert expected == Counter(case["version"] for case in CASES)
