"""The flash messages that a page shows, by kind."""

import html
import json

import pytest

from pytest_liveview_load.liveview.user.reading import flash_messages
from tests.liveview.page.pages import document_of

CLEAR = html.escape(
    json.dumps([["push", {"event": "lv:clear-flash", "value": {"key": "info"}}]])
)
CLEAR_AND_HIDE = html.escape(
    json.dumps(
        [
            ["hide", {"to": "#flash-error"}],
            ["push", {"event": "lv:clear-flash"}],
        ]
    )
)

PAGES = {
    "a command that clears it": (
        f'<div role="alert" phx-click="{CLEAR}">Saved <b>it</b></div>',
        {"info": "Saved it"},
    ),
    "an event that clears it": (
        '<p class="alert" phx-click="lv:clear-flash" phx-value-key="error">No</p>',
        {"error": "No"},
    ),
    "the key beside a command": (
        f'<p phx-click="{CLEAR_AND_HIDE}" phx-value-key="error">No</p>',
        {"error": "No"},
    ),
    "a name, where nothing is live": (
        '<div id="flash-group"><p id="flash-info" role="alert">Hi</p></div>',
        {"info": "Hi"},
    ),
    "any kind of the app's own": (
        '<p id="flash-saved-twice" role="alert">Hi</p>',
        {"saved-twice": "Hi"},
    ),
    "in the order of the page": (
        '<p id="flash-b" role="alert">1</p><p id="flash-a" role="alert">2</p>',
        {"b": "1", "a": "2"},
    ),
    "the first of a kind": (
        f'<p phx-click="{CLEAR}">1</p><p id="flash-info" role="alert">2</p>',
        {"info": "1"},
    ),
    "not what is hidden, as a generated app's #client-error": (
        (
            f'<div id="client-error" role="alert" phx-click="{CLEAR}" hidden>lost</div>'
            '<div style="display: none"><p id="flash-x" role="alert">no</p></div>'
        ),
        {},
    ),
    "not a button that is called like one": (
        '<button id="flash-navigate" phx-click="flash_navigate">go</button>',
        {},
    ),
    "not a button with another command": (
        (
            '<button id="flash-x" phx-click="[[1],[],3,[&quot;push&quot;,{}]]">go</button>'
            '<b phx-click="lv:clear-flash-not">no</b>'
        ),
        {},
    ),
    "nor the group": ('<div id="flash-group" role="alert">Hi</div>', {}),
}


@pytest.mark.parametrize(("body", "expected"), PAGES.values(), ids=PAGES)
def test_the_flash_of_a_page(body: str, expected: dict[str, str]) -> None:
    assert list(expected.items()) == list(flash_messages(document_of(body)).items())
