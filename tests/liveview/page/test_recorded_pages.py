"""The DOM after each recorded step is the browser's, where the server alone makes it.

Left to other tests: pages on which JS commands, hooks or what a person typed also change
the DOM (counter, form, form_recovery, hooks), those of several views (nav, nested, portal)
or sockets (connect_params, reconnect_twice, recovery_fieldset), and one on which the focus
keeps an attribute (select_focus).
"""

from typing import Any

import msgspec
import pytest
from lxml.etree import _Element as Element

from pytest_liveview_load.liveview.page.html import parse_fragment
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.channel import parse_reply
from pytest_liveview_load.liveview.protocol.versions import Dialect
from pytest_liveview_load.liveview.protocol.wire import decode
from tests.liveview.page.normal_form import normal_form
from tests.liveview.protocol.recorded import frames, read, recordings

NOT_THE_SERVER_ALONE = {
    *("counter", "form", "form_recovery", "hooks"),
    *("nav", "nested", "portal", "select_focus"),
    *("connect_params", "reconnect_twice", "recovery_fieldset"),
}
PAGES = [each for each in recordings("browser") if each[1] not in NOT_THE_SERVER_ALONE]


class Reply(msgspec.Struct):
    status: str
    response: msgspec.Raw


def first_socket(version: str, page: str) -> list[dict[str, Any]]:
    """Return what the first socket received: `t` starts again at the second."""
    found: list[dict[str, Any]] = []
    for frame in frames(version, page, "browser"):
        if frame["dir"] == "open" and found:
            break
        if frame["dir"] == "in" and "text" in frame:
            found.append(frame)
    return found


def element_of(html: str, dom_id: str) -> Element | None:
    for element in parse_fragment(html).iter():
        if element.get("id") == dom_id:
            return element
    return None


def seen(nodes: list[Any]) -> list[Any]:
    """Return a normal form as a person sees it.

    White space is collapsed; left out are the `data-phx-…` attributes and `phx-…`
    classes that the client sets while it works.
    """
    found: list[Any] = []
    for node in nodes:
        if isinstance(node, str):
            text = " ".join(node.split())
            found += [text] if text else []
            continue
        tag, attributes, children = node
        kept = {key: attributes[key] for key in attributes if "data-phx-" not in key}
        names = [each for each in kept.pop("class", "").split() if "phx-" not in each]
        found.append((tag, kept, names, seen(children)))
    return found


@pytest.mark.parametrize(("version", "page"), PAGES)
def test_the_dom_after_each_step_is_that_of_the_browser(
    version: str, page: str
) -> None:
    state: ViewState | None = None
    topic = ""
    moments = [(frame["t"], 0, frame) for frame in first_socket(version, page)]
    moments += [
        (step["t"], 1, step) for step in read(f"lv-{version}/browser/{page}")["dom"]
    ]
    compared = 0
    for _, kind, moment in sorted(moments, key=lambda each: each[:2]):
        if kind == 1:
            view = element_of(moment["html"], topic[3:])
            if state is not None and view is not None:
                assert seen(normal_form(view)) == seen(normal_form(state.root))
                compared += 1
            continue
        message = decode(moment["text"])
        if message.event == "phx_reply":
            reply = parse_reply(
                msgspec.json.decode(message.payload, type=Reply).response
            )
            if reply.rendered is not None and message.topic.startswith("lv:"):
                topic = message.topic
                dialect = Dialect.of_version(reply.liveview_version or "")
                state = ViewState.joined(reply.rendered, dialect).state
            elif reply.diff is not None and state is not None:
                state = state.after(reply.diff).state
        elif message.event == "diff" and state is not None:
            state = state.after(bytes(message.payload)).state
    assert compared > 0
