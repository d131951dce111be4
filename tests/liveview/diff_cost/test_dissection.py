"""Which diffs are taken apart: all that are alike, some of the others, all if asked."""

import pytest

from pytest_liveview_load.liveview.diff_cost.sizes import (
    ALL_OF,
    EVERY,
    KEPT,
    Anatomy,
    Dissection,
)
from pytest_liveview_load.liveview.user.live_user import LiveUser
from tests.liveview.client.scripted_server import Said, ScriptedServer, Talk
from tests.liveview.conftest import Measured

AROUND = 80  # bytes of a frame that are no diff


def take(dissection: Dissection, measured: Measured, diff: bytes, name: str) -> None:
    dissection.take(measured, "ShopLive", name, diff, len(diff) + AROUND, 0.0)


def unlike(number: int) -> bytes:
    return b'{"0":"%d"}' % number


def test_the_parts_of_a_frame_sum_up_to_its_bytes() -> None:
    measured = Measured()
    take(Dissection(), measured, b'{"0":"x","e":[]}', "inc")

    expected = Anatomy(dynamics=7, events=6, envelope=3 + AROUND)
    assert [("inc", expected)] == measured.anatomies


def test_a_reply_without_a_diff_is_all_envelope() -> None:
    measured = Measured()
    Dissection().take(measured, "ShopLive", "inc", None, 70, 0.0)

    assert [("inc", Anatomy(envelope=70))] == measured.anatomies


def test_diffs_that_are_alike_are_all_recorded() -> None:
    dissection, measured = Dissection(), Measured()
    for number in range(3000):
        take(dissection, measured, unlike(number % 40), "inc")

    assert 3000 == len(measured.anatomies)


def test_of_diffs_that_are_not_alike_some_are_recorded() -> None:
    dissection, measured = Dissection(), Measured()
    for number in range(ALL_OF + 50 * EVERY):
        take(dissection, measured, unlike(number), "inc")

    assert ALL_OF + 50 == len(measured.anatomies)


def test_the_events_beside_one_that_is_sampled_are_not() -> None:
    dissection, measured = Dissection(), Measured()
    for number in range(1000):
        take(dissection, measured, unlike(number), "inc")
        take(dissection, measured, b"{}", "ping")

    assert 1000 == [name for name, _ in measured.anatomies].count("ping")


def test_all_are_recorded_if_somebody_asks() -> None:
    dissection, measured = Dissection(all=True), Measured()
    for number in range(1000):
        take(dissection, measured, unlike(number), "inc")

    assert 1000 == len(measured.anatomies)


def test_no_more_than_so_many_diffs_are_remembered() -> None:
    dissection, measured = Dissection(all=True), Measured()
    for number in range(2 * KEPT):
        take(dissection, measured, unlike(number), "inc")
    take(dissection, measured, b'{"0":"%s"}' % (b"x" * 100_000), "inc")

    assert KEPT == len(dissection._known)


@pytest.mark.anyio
async def test_replies_and_pushes_are_taken_apart(
    server: ScriptedServer, live: LiveUser, measured: Measured
) -> None:
    def answer(talk: Talk, said: Said) -> None:
        talk.push(server.said[0], "diff", {"0": "1"})
        talk.reply(said, diff={"e": [["hi", {}]]})

    server.on["inc"] = answer
    await live.visit("/counter")
    await live.click("#inc")

    (asked, pushed), (inc, replied) = measured.anatomies
    assert ("*push", "inc") == (asked, inc)
    assert len('"0":"1"') == Anatomy(*pushed).dynamics
    assert len('"e":[["hi", {}]]') == Anatomy(*replied).events
    sizes = [size for metric, _, size in measured.sizes if metric == "diff_bytes"]
    assert sizes == [sum(pushed), sum(replied)]
