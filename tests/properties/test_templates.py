"""What is read from a tree that pages share, against each page parsed by itself.

Trees and diffs are random, and made of HTML that could mislead who tells texts from tags.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any, Final, cast

from hypothesis import example, given, settings

from pytest_liveview_load.liveview.page.compose import PlacedView
from pytest_liveview_load.liveview.page.dead_render import DeadRender
from pytest_liveview_load.liveview.page.document import Document
from pytest_liveview_load.liveview.page.html import Element, parse_fragment
from pytest_liveview_load.liveview.page.template import split_texts
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from tests.liveview.page.pages import SHELL, URL, VIEW
from tests.properties.rendered_trees import histories

Json = Any
History = tuple[Json, list[Json]]

STATICS: Final = (
    *("<p>", "</p>", "<p>a", "<div><b>", "</b> : ", "</b></div>", "", " ", "x ", "\n"),
    *("<li>", "</li>", "<ul><li>", "<td>", "</td></tr>", "<table><tr>", "</table>"),
    *('<i class="', '">', '<i title="a > b" class="', '" id="q">', "</i>", "<br>"),
    *("<textarea>", "</textarea>", "<select><option>", "</option></select>"),
    *("<output>", "</output>", "<button>", "</button>", "<label>", "</label>"),
    *("<!-- ", " -->", "<script>", "</script>", "<style>", "</style>", "<"),
    *("R&", "&am", "&#", "lv-text-0-", "\0", ' phx-update="stream"', "</div>", ">"),
)
DYNAMICS: Final = (
    *("3", "Ada Lovelace", "none", "0.5 %", "Zoë", "x²", "日本", "p;"),
    *("", " ", " a", "a ", "a  b", "a\nb", "a\u00a0b", "&amp;", "lt;", "&lt;b"),
    *("<b>3</b>", "<b", ">", "</p>", ' class="c"', "lv-text-0-", "\0", "it's", "="),
)


def in_html(node: Json, *, static: bool = False) -> Json:
    """Return the tree with pieces of HTML in place of its statics and texts."""
    if isinstance(node, str):
        pieces = STATICS if static else DYNAMICS
        return pieces[zlib.crc32(node.encode()) % len(pieces)]
    if isinstance(node, list):
        return [in_html(each, static=static) for each in node]
    if isinstance(node, dict):
        return {key: in_html(each, static=key == "s") for key, each in node.items()}
    return node


class Alone:
    """What a view shows, shared with nobody."""

    def __init__(self, html: str) -> None:
        self.html = html

    def copy_root(self) -> Element:
        return parse_fragment(self.html)

    def shared(self) -> "tuple[Alone, tuple[str, ...]]":
        return self, ()


def seen(content: ViewState | Alone) -> Iterator[tuple[object, ...]]:
    """Yield what a person, and who acts for them, can tell of each element."""
    document = Document(
        DeadRender.parse(SHELL, URL), {VIEW: PlacedView(cast("ViewState", content))}
    )
    yield document.text(), document.html()
    for each in document.all("*"):
        field = document.fields.field(each)
        held = None if field is None else (field.key, *field.server_state)
        yield document.text(each), document.html(each), document.describe(each), held
    yield tuple(document.html(each) for each in document.all("*:contains('3')"))


@given(histories())
def test_texts_and_what_is_around_them_are_the_whole_html(history: History) -> None:
    first, diffs = in_html(history[0]), in_html(history[1])
    rendered = rendered_from(first).rendered
    for diff in [{}, *diffs]:
        rendered = merge(rendered, diff).rendered
        for _ in range(3):  # a subtree that is met again is written down
            found = split_texts(rendered)
            assert found is None or found.html() == rendered.html()


@settings(max_examples=300)
@given(histories())
@example(({"s": ["<p>R&", "</p>"], "0": "c"}, [{"0": "b"}]))
def test_a_shared_tree_shows_each_page_as_if_it_were_its_own(history: History) -> None:
    first, diffs = in_html(history[0]), in_html(history[1])
    rendered = rendered_from(first).rendered
    state = ViewState.joined(json.dumps(first).encode(), NEWEST).state
    for diff in [{}, *diffs]:
        rendered = merge(rendered, diff).rendered
        state = state.after(json.dumps(diff).encode()).state
        html = rendered.html()
        if "phx-update" in html or "\0" in html:
            return  # what outlives the HTML, or is none, is no matter of patterns
        assert list(seen(Alone(html))) == list(seen(state))
        assert html == state.html
