"""The few pages whose diffs are compared: which ones, and for how long."""

import json
from typing import Any

import pytest

from pytest_liveview_load.liveview.client.view_content import ViewContent
from pytest_liveview_load.liveview.diff_cost.sampling import (
    FIRST_PAGES,
    LARGEST_COMPARED,
    MOST_DIFFS,
    MOST_OF_A_PAGE,
    MOST_PAGES,
    ONE_PAGE_IN,
    ResentSampler,
    SampledPage,
)
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    accepting,
)
from tests.liveview.conftest import Measured

TREE = b'{"0":"a","s":["",""]}'
SAME = b'{"0":"a"}'


def joined(sampler: ResentSampler, view: str = "ShopLive") -> SampledPage | None:
    return sampler.joined(view, TREE)


def content_of(page: SampledPage | None, tree: bytes = TREE) -> ViewContent:
    content = ViewContent(fresh=False)
    content.begin(tree, NEWEST)
    content.sampled_page = page
    return content


def record(
    page: SampledPage | None,
    measured: Measured,
    name: str,
    diff: bytes,
    tree: bytes = TREE,
) -> SampledPage | None:
    content = content_of(page, tree)
    content.keep(diff)
    content.record_resent(measured, name)
    return content.sampled_page


def test_the_first_pages_are_compared_and_then_one_in_some() -> None:
    sampler = ResentSampler()
    chosen = [number for number in range(1, 30) if joined(sampler) is not None]

    assert [*range(1, FIRST_PAGES + 1), *range(ONE_PAGE_IN, 30, ONE_PAGE_IN)] == chosen


def test_each_view_has_its_own() -> None:
    sampler = ResentSampler()
    for _ in range(FIRST_PAGES):
        joined(sampler)

    assert joined(sampler) is None
    assert joined(sampler, "CartLive") is not None


def test_no_more_than_so_many_pages_of_a_view_are_compared() -> None:
    sampler, measured = ResentSampler(), Measured()
    for _ in range(2 * ONE_PAGE_IN * MOST_PAGES):
        page = joined(sampler)
        if page is not None:
            record(page, measured, "inc", SAME)

    assert MOST_PAGES == len(measured.resents)
    assert joined(sampler) is None


def test_pages_without_a_diff_are_not_counted_and_cost_no_tree() -> None:
    sampler = ResentSampler()
    chosen = [joined(sampler) for _ in range(2 * ONE_PAGE_IN * MOST_PAGES)]

    waiting = [each for each in chosen if each is not None]
    assert len(waiting) > MOST_PAGES
    assert {None} == {each.sent for each in waiting}
    assert not sampler.satisfied("ShopLive")


def test_a_page_is_compared_for_so_many_diffs() -> None:
    measured = Measured()
    page = joined(ResentSampler())
    while page is not None:
        page = record(page, measured, "inc", SAME)

    assert [("inc", (0, 0, len('"0":"a"')))] * MOST_OF_A_PAGE == measured.resents


def test_no_more_than_so_many_diffs_of_a_view_are_compared() -> None:
    sampler, measured = ResentSampler(), Measured()
    for _ in range(10_000):
        page = joined(sampler)
        for _ in range(MOST_OF_A_PAGE):
            page = page and record(page, measured, "inc", SAME)

    assert MOST_DIFFS == len(measured.resents)
    assert joined(sampler) is None


def test_a_diff_without_a_name_is_only_known() -> None:
    measured = Measured()
    page = joined(ResentSampler())
    assert page is not None
    content = content_of(page)
    for name in ("", "inc"):
        content.keep(b'{"0":"b"}')
        content.record_resent(measured, name)

    assert [("inc", (0, 0, len('"0":"b"')))] == measured.resents


UNREADABLE = {
    "no tree": b'{"0":"a"}',
    "no JSON": b"nonsense",
    "larger than is worth it": b'{"0":"%s","s":["",""]}' % (b"x" * LARGEST_COMPARED),
}


@pytest.mark.parametrize("tree", UNREADABLE.values(), ids=UNREADABLE)
def test_a_page_that_cannot_be_read_is_not_compared(tree: bytes) -> None:
    measured = Measured()
    page = ResentSampler().joined("ShopLive", tree)

    assert (page and record(page, measured, "inc", SAME, tree)) is None
    assert [] == measured.resents


STRANGE = {
    "fits no tree": b'{"0":{"0":"b"}}',
    "no JSON": b"nonsense",
    "larger than is worth it": b'{"0":"%s"}' % (b"x" * LARGEST_COMPARED),
}


@pytest.mark.parametrize("diff", STRANGE.values(), ids=STRANGE)
def test_a_diff_that_cannot_be_compared_ends_it(diff: bytes) -> None:
    measured = Measured()
    page = joined(ResentSampler())

    assert page is not None
    assert record(page, measured, "inc", diff) is None
    assert [] == measured.resents


@pytest.mark.anyio
async def test_replies_and_pushes_of_a_user_are_compared(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def answer(talk: Talk, said: Said) -> None:
        talk.push(server.said[0], "diff", {"0": "0"})
        talk.reply(said, diff={"0": "1"})

    tree: Any = {"0": "0", "s": ['<b id="n">', '</b><a id="inc" phx-click="inc">']}
    server.on["phx_join"] = accepting(tree)
    server.on["inc"] = answer
    await live.visit("/counter")
    await live.click("#inc")

    value = len(f'"0":{json.dumps("0")}')
    assert [("*push", (0, 0, value)), ("inc", (0, 0, 0))] == measured.resents
