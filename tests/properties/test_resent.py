"""Whatever a server sends: what is resent is part of it, and a page can be followed."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_liveview_load.liveview.protocol.diff import merge, rendered_from
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from tests.liveview.diff_cost.followed_page import FollowedPage
from tests.properties.rendered_trees import histories, with_templates

Json = Any


def wire(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@given(histories(), st.booleans())
def test_no_more_is_resent_than_is_sent(
    history: tuple[Json, list[Json]], templates: bool
) -> None:
    first, diffs = history
    page = FollowedPage(wire(with_templates(first) if templates else first), NEWEST)

    for each in diffs:
        resent = page.take(wire(each))
        assert min(resent) >= 0
        assert sum(resent) <= len(wire(each))


@given(histories())
def test_a_page_shows_what_merging_makes_of_it(
    history: tuple[Json, list[Json]],
) -> None:
    first, diffs = history
    page = FollowedPage(wire(first), NEWEST)
    rendered = rendered_from(first).rendered
    for each in diffs:
        page.take(wire(each))
        rendered = merge(rendered, each).rendered.without_streams()

    assert rendered.html() == page.rendered.without_streams().html()


@given(histories())
def test_a_tree_that_is_sent_again_is_resent_with_all_its_statics(
    history: tuple[Json, list[Json]],
) -> None:
    first, _ = history
    page = FollowedPage(wire(first), NEWEST)
    once = page.take(wire(first))

    assert page.take(wire(first)) == once
    assert once.statics >= len(wire(first["s"]))
