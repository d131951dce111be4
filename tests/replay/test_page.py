"""The comparison of documents: what it must not see, and what it must."""

import pytest

from tests.replay.page import difference

ALIKE = {
    "client-only attributes": (
        '<p data-phx-id="m1-phx-A" data-phx-root-id="phx-A" data-phx-stream="0">a</p>',
        "<p>a</p>",
    ),
    "client-only classes": (
        '<p class="phx-connected big">a</p>',
        '<p class="big">a</p>',
    ),
    "a class attribute of client-only classes": (
        '<p class="phx-connected">a</p>',
        "<p>a</p>",
    ),
    "the order of attributes": (
        '<p id="a" title="b">a</p>',
        '<p title="b" id="a">a</p>',
    ),
    "how true is written": ('<input checked="">', "<input checked>"),
    "layout in a stream's container": (
        '<ul phx-update="stream">\n<li>a</li>\n\n</ul>',
        '<ul phx-update="stream"><li>a</li></ul>',
    ),
    "layout at the end of the body": ("<p>a</p>\n\n", "<p>a</p>\n"),
}

UNLIKE = {
    "text": ("<p>a</p>", "<p>b</p>"),
    "whitespace in text": ("<p>a  b</p>", "<p>a b</p>"),
    "layout elsewhere": ("<div>\n<p>a</p></div>", "<div><p>a</p></div>"),
    "an attribute's value": ('<p id="a">a</p>', '<p id="b">a</p>'),
    "an attribute's presence": ("<input checked>", "<input>"),
    "a class": ('<p class="seen">a</p>', "<p>a</p>"),
    "a component's number": ('<p data-phx-component="1">a</p>', "<p>a</p>"),
    "the order of elements": ("<p>a</p><p>b</p>", "<p>b</p><p>a</p>"),
    "an element too few": ("<p>a</p><p>b</p>", "<p>a</p>"),
}


@pytest.mark.parametrize(("recorded", "ours"), ALIKE.values(), ids=ALIKE)
def test_no_person_sees(recorded: str, ours: str) -> None:
    assert not difference(recorded, f"<body>{ours}</body>")


@pytest.mark.parametrize(("recorded", "ours"), UNLIKE.values(), ids=UNLIKE)
def test_a_difference_shows(recorded: str, ours: str) -> None:
    assert difference(recorded, f"<body>{ours}</body>")
