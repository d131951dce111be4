"""Advice: what it takes to be given, and what it says."""

import pytest

from pytest_liveview_load.metrics.advice import (
    FEWEST_BYTES,
    FEWEST_DIFFS,
    OFFERS,
    Advice,
    advice,
)
from pytest_liveview_load.metrics.names import RESENT_PARTS
from pytest_liveview_load.metrics.recorder import Recorder
from pytest_liveview_load.metrics.snapshot import Snapshot

ALL = 4 * FEWEST_BYTES  # of a diff: a quarter of it is just enough


def run(
    *resents: tuple[int, int, int], whole: int = ALL, name: str = "save"
) -> Snapshot:
    """Return a run with such diffs of one event."""
    recorder = Recorder(lambda: 0.0, measure_from=5.0)
    for each in resents:
        recorder.size("diff_bytes", whole, 9.0, name=name, view="ShopLive")
        recorder.resent(each, name=name, view="ShopLive")
    return recorder.snapshot(10.0)


@pytest.mark.parametrize("part", RESENT_PARTS)
def test_enough_of_each_kind_is_advised_on(part: str) -> None:
    sizes = tuple(FEWEST_BYTES if each == part else 0 for each in RESENT_PARTS)
    snapshot = run(*[(sizes[0], sizes[1], sizes[2])] * FEWEST_DIFFS)

    expected = Advice(
        event="save",
        view="ShopLive",
        part=part,
        resent=FEWEST_BYTES,
        whole=ALL,
        diffs=FEWEST_DIFFS,
    )
    assert (expected,) == advice(snapshot)
    assert expected.offers


NOT_ENOUGH = {
    "nothing measured": Snapshot(),
    "nothing resent": run(*[(0, 0, 0)] * 100),
    "too few bytes": run(*[(FEWEST_BYTES - 50, 0, 0)] * 100, whole=FEWEST_BYTES),
    "too few diffs": run(*[(FEWEST_BYTES, 0, 0)] * (FEWEST_DIFFS - 1)),
    "too small a share": run(*[(FEWEST_BYTES, 0, 0)] * 100, whole=ALL + 100),
    "now and then a lot": run(*[(0, 100_000, 0)] * 49, *[(0, 0, 0)] * 51),
    "each kind a little": run(*[(400, 400, 400)] * 100),
}


@pytest.mark.parametrize("snapshot", NOT_ENOUGH.values(), ids=NOT_ENOUGH)
def test_less_than_enough_is_not_advised_on(snapshot: Snapshot) -> None:
    assert () == advice(snapshot)


def test_what_costs_most_is_named_first() -> None:
    snapshot = run(*[(1500, 2200, 0)] * 10).merged(
        run(*[(0, 3000, 0)] * 10, name="*push")
    )

    expected = [
        ("*push", "resent_keyed"),
        ("save", "resent_keyed"),
        ("save", "resent_statics"),
    ]
    assert expected == [(each.event, each.part) for each in advice(snapshot)]


def test_advice_says_what_was_found_and_what_is_offered() -> None:
    (given,) = advice(run(*[(0, 3000, 0)] * 12, whole=4000))

    assert given.finding == (
        "diffs of 'save' of ShopLive resend list entries that the page has already: "
        "3kB of 4kB on average, in 12 diffs compared"
    )
    assert str(given).startswith(f"{given.finding}. LiveView offers: a stream (phx-")
    assert ":key on the comprehension" in str(given)


def test_unasked_diffs_are_called_that() -> None:
    (given,) = advice(run(*[(3000, 0, 0)] * 5, name="*push"))

    assert given.finding.startswith("unasked diffs of ShopLive resend static HTML")


def test_there_is_an_offer_for_all_that_is_compared() -> None:
    assert RESENT_PARTS == tuple(OFFERS)
