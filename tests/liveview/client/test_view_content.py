"""What a view shows is merged when somebody looks, and then once."""

from collections.abc import Iterator

import pytest

from pytest_liveview_load.liveview.client.view_content import ViewContent
from pytest_liveview_load.liveview.diff_cost import resent
from pytest_liveview_load.liveview.diff_cost.sampling import ResentSampler
from pytest_liveview_load.liveview.page import view_state
from pytest_liveview_load.liveview.page.view_state import ViewState
from pytest_liveview_load.liveview.protocol import diff as protocol_diff
from pytest_liveview_load.liveview.protocol.versions import NEWEST
from tests.liveview.conftest import Measured

PLAIN = b'{"0":"once","s":["<b>","</b>"]}'
WITH_COMPONENT = (
    b'{"0":"0","1":1,"2":{"0":"x","s":["<i>","</i>"]},"s":["<b>","</b>","",""],'
    b'"c":{"1":{"0":"a","s":["<u>","</u>"],"r":1}}}'
)


@pytest.fixture
def merged(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The diffs that were merged, by anybody."""
    calls: list[object] = []
    for module in (view_state, resent, protocol_diff):
        real = getattr(module, "merge", None)
        if real is not None:

            def counted(rendered: object, diff: object, real: object = real) -> object:
                calls.append(diff)
                assert callable(real)
                return real(rendered, diff)

            monkeypatch.setattr(module, "merge", counted)
    yield calls
    view_state._after.cache_clear()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[ViewState]:
    """The states whose HTML was made."""
    calls: list[ViewState] = []
    real = ViewState._render

    def counted(state: ViewState) -> None:
        calls.append(state)
        real(state)

    monkeypatch.setattr(ViewState, "_render", counted)
    return calls


def shown(tree: bytes) -> ViewContent:
    content = ViewContent(fresh=False)
    content.begin(tree, NEWEST)
    assert content.merged() is not None
    return content


def text(number: int) -> bytes:
    return b'{"0":"once %d"}' % number


def test_a_diff_of_a_sampled_page_is_merged_once(merged: list[object]) -> None:
    measured, sampler = Measured(), ResentSampler()
    content = shown(PLAIN)
    content.sampled_page = sampler.joined("ShopLive", PLAIN)
    for number in range(5):
        content.keep(text(number))
        content.record_resent(measured, "inc")
    state = content.merged()

    assert state is not None
    assert state.html == "<b>once 4</b>"
    assert len(merged) == 5
    assert len(measured.resents) == 5


TEXTS = {
    "of the view": b'{"0":"%d"}',
    "of a component": b'{"c":{"1":{"0":"%d"}}}',
    "further inside": b'{"2":{"0":"%d"}}',
    "with an event": b'{"0":"%d","e":[["told",{}]]}',
}


@pytest.mark.parametrize("diff", TEXTS.values(), ids=TEXTS)
def test_texts_on_a_page_with_components_wait_until_somebody_looks(
    diff: bytes, merged: list[object], rendered: list[ViewState]
) -> None:
    content = shown(WITH_COMPONENT)
    content.destroyed_components()
    rendered.clear()
    moves = [content.keep(diff % number) for number in range(10)]

    assert [False] * 10 == moves
    assert [] == merged
    assert [] == rendered
    state = content.merged()
    assert state is not None
    assert ">9<" in state.html
    assert len(merged) == 10
    assert [] == content.destroyed_components()


MOVES = {
    "a component goes": (b'{"1":""}', [1]),
    "another component takes its place": (
        b'{"1":2,"c":{"2":{"0":"b","s":["<u>","</u>"],"r":1}}}',
        [1],
    ),
    "a subtree goes": (b'{"2":""}', []),
    "a subtree comes": (b'{"0":{"0":"x","s":["<i>","</i>"]}}', []),
    "a component is made anew": (
        b'{"c":{"1":{"0":"a","s":["<u>","</u>"],"r":1}}}',
        [],
    ),
    "a view comes": (b'{"0":"<p data-phx-session=x></p>"}', []),
}


@pytest.mark.parametrize(("diff", "gone"), MOVES.values(), ids=MOVES)
def test_what_may_change_the_components_is_looked_at_at_once(
    diff: bytes, gone: list[int]
) -> None:
    content = shown(WITH_COMPONENT)
    content.destroyed_components()

    assert content.keep(diff)
    assert gone == content.destroyed_components()


def test_a_page_without_entered_values_keeps_no_diffs_that_it_showed() -> None:
    content = shown(PLAIN)
    content.take_patches()
    content.has_entries = lambda: False
    content.keep(text(1))
    content.merged()
    assert () == content.take_patches()

    content.has_entries = lambda: True
    content.keep(text(2))
    content.merged()
    assert [text(2)] == [patch.diff for patch in content.take_patches()]  # type: ignore[union-attr]
