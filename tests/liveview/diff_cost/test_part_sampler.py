"""Which diffs are taken apart: all that are alike, some of the others, all if asked."""

import pytest

from pytest_liveview_load.liveview.diff_cost.sampling import (
    KNOWN_FRAMES,
    MEASURED_FIRST,
    ONE_FRAME_IN,
    PartSampler,
)
from pytest_liveview_load.liveview.observer import PartSizes
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Said, ScriptedServer, Talk
from tests.liveview.conftest import Measured

AROUND = 80  # bytes of a frame that are no diff


def record(sampler: PartSampler, measured: Measured, diff: bytes, name: str) -> None:
    sampler.record(measured, "ShopLive", name, diff, len(diff) + AROUND, 0.0)


def unlike(number: int) -> bytes:
    return b'{"0":"%d"}' % number


def test_the_parts_of_a_frame_sum_up_to_its_bytes() -> None:
    measured = Measured()
    record(PartSampler(), measured, b'{"0":"x","e":[]}', "inc")

    expected = PartSizes(dynamics=7, events=6, envelope=3 + AROUND)
    assert [("inc", expected)] == measured.part_sizes


def test_a_reply_without_a_diff_is_all_envelope() -> None:
    measured = Measured()
    PartSampler().record(measured, "ShopLive", "inc", None, 70, 0.0)

    assert [("inc", PartSizes(envelope=70))] == measured.part_sizes


def test_diffs_that_are_alike_are_all_recorded() -> None:
    sampler, measured = PartSampler(), Measured()
    for number in range(3000):
        record(sampler, measured, unlike(number % 40), "inc")

    assert 3000 == len(measured.part_sizes)


def test_of_diffs_that_are_not_alike_some_are_recorded() -> None:
    sampler, measured = PartSampler(), Measured()
    for number in range(MEASURED_FIRST + 50 * ONE_FRAME_IN):
        record(sampler, measured, unlike(number), "inc")

    assert MEASURED_FIRST + 50 == len(measured.part_sizes)


def test_the_events_beside_one_that_is_sampled_are_not() -> None:
    sampler, measured = PartSampler(), Measured()
    for number in range(1000):
        record(sampler, measured, unlike(number), "inc")
        record(sampler, measured, b"{}", "ping")

    assert 1000 == [name for name, _ in measured.part_sizes].count("ping")


def test_all_are_recorded_if_somebody_asks() -> None:
    sampler, measured = PartSampler(all=True), Measured()
    for number in range(1000):
        record(sampler, measured, unlike(number), "inc")

    assert 1000 == len(measured.part_sizes)


def test_no_more_than_so_many_diffs_are_remembered() -> None:
    sampler, measured = PartSampler(all=True), Measured()
    for number in range(2 * KNOWN_FRAMES):
        record(sampler, measured, unlike(number), "inc")
    record(sampler, measured, b'{"0":"%s"}' % (b"x" * 100_000), "inc")

    assert KNOWN_FRAMES == len(sampler._known)


@pytest.mark.anyio
async def test_replies_and_pushes_are_taken_apart(
    server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    def answer(talk: Talk, said: Said) -> None:
        talk.push(server.said[0], "diff", {"0": "1"})
        talk.reply(said, diff={"e": [["hi", {}]]})

    server.on["inc"] = answer
    await live.visit("/counter")
    await live.click("#inc")

    (asked, pushed), (inc, replied) = measured.part_sizes
    assert ("*push", "inc") == (asked, inc)
    assert len('"0":"1"') == PartSizes(*pushed).dynamics
    assert len('"e":[["hi", {}]]') == PartSizes(*replied).events
    sizes = [size for metric, _, size in measured.sizes if metric == "diff_bytes"]
    assert sizes == [sum(pushed), sum(replied)]
