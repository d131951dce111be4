"""One page to look at: content in its place, strict finding, errors that help."""

import pytest

from pytest_liveview_load.errors import ElementError
from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.find import find_one
from tests.liveview.page.pages import (
    SHELL,
    URL,
    VIEW,
    document_of,
    shown,
)

COUNTER = """
<h1>Counter</h1><p>Count: <span id="count">0</span></p>
<button id="inc" phx-click="inc">+</button><button id="dec" phx-click="dec">-</button>
"""


def test_a_views_content_stands_where_its_element_does() -> None:
    document = document_of(COUNTER)

    assert find_one(document, f"body > #{VIEW} > p > #count").text == "0"
    assert document.text() == "Counter Count: 0 + - the end"
    assert document.owner(find_one(document, "#inc")) == VIEW


def test_users_with_the_same_state_share_one_tree_and_others_do_not() -> None:
    state = shown(COUNTER)
    for_bob = SHELL.replace("csrf-of-this-user", "csrf-of-user-bob!")
    ann = Document(DeadRender.parse(SHELL, URL), {VIEW: PlacedView(state)})
    bob = Document(DeadRender.parse(for_bob, URL), {VIEW: PlacedView(state)})
    other = Document(
        DeadRender.parse(SHELL, URL), {VIEW: PlacedView(shown(COUNTER + "<hr>"))}
    )

    assert ann.root is bob.root
    assert ann.root is not other.root


def test_composing_leaves_the_views_own_tree_alone() -> None:
    state = shown(COUNTER)

    assert (
        find_one(
            Document(DeadRender.parse(SHELL, URL), {VIEW: PlacedView(state)}), "#inc"
        ).tag
        == "button"
    )
    assert [child.tag for child in state.root] == ["h1", "p", "button", "button"]


def test_content_whose_element_is_not_on_the_page_is_not_shown() -> None:
    page = DeadRender.parse(SHELL, URL)

    assert () == Document(page, {"gone": PlacedView(shown(COUNTER))}).all("#inc")


def test_a_navigated_view_dresses_its_container_anew() -> None:
    page = DeadRender.parse(SHELL.replace("<div id", "<div class='old' id"), URL)
    container = ("section", {"class": "new", "id": "ignored"})
    document = Document(page, {VIEW: PlacedView(shown("x"), container=container)})

    view = find_one(document, "section.new")

    assert document.attr(view, "id") == VIEW
    assert document.attr(view, "data-phx-main") == ""
    assert () == document.all(".old")


TEXTS = {
    "white space collapses": ("<p id='t'> a\n  b </p>", "a b"),
    "inline elements touch": ("<p id='t'><b>1</b>/<i>2</i></p>", "1/2"),
    "blocks stand apart": ("<ul id='t'><li>a</li><li>b</li></ul>", "a b"),
    "a line break parts": ("<p id='t'>a<br>b</p>", "a b"),
    "scripts are not read": (
        "<p id='t'>a<script>x()</script><style>y</style>b</p>",
        "ab",
    ),
    "comments are not read": ("<p id='t'>a<!-- note -->b</p>", "ab"),
    "nothing reads as nothing": ("<p id='t'></p>", ""),
}


@pytest.mark.parametrize(("content", "expected"), TEXTS.values(), ids=TEXTS)
def test_text_is_what_a_person_reads(content: str, expected: str) -> None:
    document = document_of(content)

    assert expected == document.text(find_one(document, "#t"))


FOUND = {
    "by text, exactly": ("button, a", {"text": "Save"}, "s1"),
    "by a part of the text": ("button, a", {"text": "draft"}, "s2"),
    "by text alone, what can be clicked": (
        None,
        {"text": "Save", "role": "click"},
        "s1",
    ),
    "by text, the innermost": (None, {"text": "Deep text"}, "deep"),
    "by the value of a button": ("input", {"text": "Send"}, "send"),
    "by label for": (None, {"label": "Email", "role": "field"}, "email"),
    "by label around": (None, {"label": "I agree", "role": "field"}, "agree"),
    "by aria-label": (None, {"label": "Search", "role": "field"}, "q"),
    "by placeholder": (None, {"label": "Your city", "role": "field"}, "city"),
    "by a part of the label": ("input", {"label": "agree"}, "agree"),
}
FORM = """
<button id="s1">Save</button> <a id="s2" href="/d">Save as draft</a>
<div><section><span id="deep">Deep text</span></section></div>
<input type="submit" id="send" value="Send"><input id="q" aria-label="Search">
<label for="email">Email</label><input id="email"><input id="city" placeholder="Your city">
<label><input id="agree" type="checkbox"> I agree</label>
"""


@pytest.mark.parametrize(("css", "how", "expected"), FOUND.values(), ids=FOUND)
def test_one_finds(css: str | None, how: dict[str, str], expected: str) -> None:
    element = find_one(document_of(FORM), css, **how)  # type: ignore[arg-type]

    assert expected == element.get("id")


def test_the_value_of_a_password_is_not_described() -> None:
    document = document_of(
        "<input id=a type=password value=s3cret><input id=b value=open>"
    )

    described = [document.describe(each) for each in document.all("input")]

    assert [
        '<input id="a" type="password" value="…">',
        '<input id="b" value="open">',
    ] == described


ERRORS = {
    "a missing id shows the nearest": (
        ("#incr", {}),
        [
            f"'#incr' matches nothing on {URL}",
            "nearest on the page:",
            '  <button id="inc" phx-click="inc">+</button>',
        ],
    ),
    "several matches are shown": (
        ("button", {}),
        [
            f"'button' matches 2 elements on {URL}: one is needed, so narrow it",
            "nearest on the page:",
            '  <button id="inc" phx-click="inc">+</button>',
            '  <button id="dec" phx-click="dec">-</button>',
        ],
    ),
    "a text nobody shows": (
        (None, {"text": "Countr"}),
        [f"text='Countr' matches nothing on {URL}", "nearest on the page:"],
    ),
    "a text of signs, of which one is alike": (
        (None, {"text": "+6", "role": "click"}),
        [
            f"text='+6' matches nothing on {URL}",
            "nearest on the page:",
            '  <button id="inc" phx-click="inc">+</button>',
        ],
    ),
    "a text like none": (
        (None, {"text": "9", "role": "click"}),
        [
            f"text='9' matches nothing on {URL}",
            "nearest on the page:",
            '  <button id="inc" phx-click="inc">+</button>',
            '  <button id="dec" phx-click="dec">-</button>',
        ],
    ),
    "nothing that tells one button from another": (
        (None, {"role": "click"}),
        [f"an element to click is needed, and there are 2 on {URL}: say which one"],
    ),
    "a kind of element that is not there": (
        (None, {"role": "form"}),
        [f"a form is needed, and there is none on {URL}"],
    ),
    "a text that is none": ((None, {"text": 5}), [f"text=5 is not a text on {URL}"]),
    "what is no text at all": (
        (5, {}),
        [f"5 is not a CSS selector on {URL}: it must be a text such as '#save'"],
    ),
    "no CSS at all": (
        ("#inc[", {}),
        [f"'#inc[' is not a CSS selector on {URL}: Expected"],
    ),
    "a pseudo-class that nobody knows": (
        ("a:nonsense", {}),
        [f"'a:nonsense' is not a CSS selector on {URL}:"],
    ),
}


def test_a_label_that_nothing_has_shows_those_there_are() -> None:
    with pytest.raises(ElementError) as raised:
        find_one(document_of(FORM), label="Phone", role="field")

    assert ("'Email'", "'I agree'") == raised.value.candidates


@pytest.mark.parametrize(("asked", "expected"), ERRORS.values(), ids=ERRORS)
def test_an_error_quotes_the_selector_and_helps(
    asked: tuple[str | None, dict[str, str]], expected: list[str]
) -> None:
    css, how = asked
    with pytest.raises(ElementError) as raised:
        find_one(document_of(COUNTER), css, **how)  # type: ignore[arg-type]

    lines = str(raised.value).splitlines()

    assert [
        line[: len(start)] for line, start in zip(lines, expected, strict=False)
    ] == (expected)


def test_at_most_five_candidates_are_shown() -> None:
    rows = "".join(f'<p id="row-{at}">r</p>' for at in range(40))
    with pytest.raises(ElementError) as raised:
        find_one(document_of(rows), "#rwo-1")

    assert len(raised.value.candidates) == 5


def test_a_component_is_found_within_its_own_view_only() -> None:
    document = document_of(
        '<div data-phx-component="3"><b id="in">x</b>'
        '<div id="child" data-phx-session=""><i id="nested">y</i></div></div>'
    )

    assert document.component(find_one(document, "#in")) == 3
    assert document.component(find_one(document, "#nested")) is None
    assert document.owner(find_one(document, "#nested")) == "child"
