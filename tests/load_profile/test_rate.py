"""Rates that change: what a person may write, how many come by when."""

import json
import math

import pytest

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.load_profile.rate import RatePiece, RatePlan, parse_plan

A_PLAN = "is not a rate like '50/s' or '10/s..100/s over 1m', or a list of such"


def plan(*pieces: tuple[float, float, float]) -> RatePlan:
    return RatePlan(tuple(RatePiece(*each) for each in pieces))


READINGS: dict[str, tuple[object, RatePlan]] = {
    "a rate": ("50/s", plan((50, 50, math.inf))),
    "a rate per minute": ("300/min", plan((5, 5, math.inf))),
    "a number": (50, plan((50, 50, math.inf))),
    "a rate for a time": ("50/s over 1m", plan((50, 50, 60))),
    "in other words": ("50/s for 1m", plan((50, 50, 60))),
    "a ramp": ("10/s..100/s over 1m", plan((10, 100, 60))),
    "a ramp whose first has no unit": ("60..120/min over 5s", plan((1, 2, 5))),
    "a ramp with spaces": (" 10 / s .. 100 / s  over  1m 30s ", plan((10, 100, 90))),
    "down": ("100/s..0/s over 10s", plan((100, 0, 10))),
    "one of a list": (["50/s"], plan((50, 50, math.inf))),
    "a list": (
        ["10/s..100/s over 1m", "100/s over 2m", ".5/s"],
        plan((10, 100, 60), (100, 100, 120), (0.5, 0.5, math.inf)),
    ),
    "a jump": (
        ("1/s over 1s", "9/s over 1s"),
        plan((1, 1, 1), (9, 9, 1)),
    ),
}


@pytest.mark.parametrize(("written", "expected"), READINGS.values(), ids=READINGS)
def test_these_are_read(written: object, expected: RatePlan) -> None:
    assert expected == parse_plan(written)
    assert expected == parse_plan(expected)
    assert expected == parse_plan(expected.describe().split(", "))
    assert expected == RatePlan.from_data(json.loads(json.dumps(expected.to_data())))


REFUSALS: dict[str, tuple[object, str]] = {
    "a word": ("fast", f"'fast' {A_PLAN}"),
    "nothing": ("", f"'' {A_PLAN}"),
    "no one": (None, f"None {A_PLAN}"),
    "a flag": (True, f"True {A_PLAN}"),
    "no number": (math.nan, f"nan {A_PLAN}: it must be finite"),
    "a negative rate": ("-5/s", f"'-5/s' {A_PLAN}: it must not be negative"),
    "a negative number": (-5, f"-5 {A_PLAN}: it must not be negative"),
    "a unit that is none": (
        "50/sec",
        f"'50/sec' {A_PLAN}: no unit is called 'sec'. Units are s, m, min, h",
    ),
    "a rate that is none in a ramp": (
        "10/s..many/s over 1m",
        f"'10/s..many/s over 1m' {A_PLAN}: 'many/s' is no rate",
    ),
    "a ramp without a time": (
        "10/s..100/s",
        f"'10/s..100/s' {A_PLAN}: over how long? Write '10/s..100/s over 1m'",
    ),
    "a ramp over nothing said": (
        "10/s..100/s over",
        f"'10/s..100/s over' {A_PLAN}: over how long? Write 'over 1m'",
    ),
    "a ramp in no time": (
        "10/s..100/s over 0s",
        f"'10/s..100/s over 0s' {A_PLAN}: it must take some time",
    ),
    "a time that is none": (
        "50/s over a while",
        (
            f"'50/s over a while' {A_PLAN}: 'a while' is not a duration like '200ms', "
            "'1.5s' or '1m30s'"
        ),
    ),
    "another word": (
        "10/s..100/s ovr 1m",
        f"'10/s..100/s ovr 1m' {A_PLAN}: no 'ovr' stands there. Did you mean 'over'?",
    ),
    "words": (
        "50 per second",
        (
            f"'50 per second' {A_PLAN}: no 'per' stands there. "
            "Write 'over' and a duration."
        ),
    ),
    "a dash for dots": (
        "10/s-100/s over 1m",
        f"'10/s-100/s over 1m' {A_PLAN}: did you mean '10/s..100/s over 1m'?",
    ),
    "a word for dots": (
        "10/s to 100/s over 1m",
        f"'10/s to 100/s over 1m' {A_PLAN}: did you mean '10/s..100/s over 1m'?",
    ),
    "three ends": ("1/s..2/s..3/s over 1m", f"'1/s..2/s..3/s over 1m' {A_PLAN}"),
    "an empty list": ([], f"[] {A_PLAN}"),
    "a list with nothing in it": (["1/s over 1s", None], f"None {A_PLAN}"),
    "a first piece without an end": (
        ["50/s", "60/s over 1m"],
        f"'50/s' {A_PLAN}: how long, before the next? Write '50/s over 1m'",
    ),
    "no rate at all": ("0/s", f"'0/s' {A_PLAN}: nobody ever comes"),
    "no rate in any piece": (
        ["0/s over 1m", "0/s..0/s over 1m"],
        f"['0/s over 1m', '0/s..0/s over 1m'] {A_PLAN}: nobody ever comes",
    ),
}


@pytest.mark.parametrize(("written", "message"), REFUSALS.values(), ids=REFUSALS)
def test_these_are_refused(written: object, message: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_plan(written)

    assert message == str(refused.value)


CHANGING = plan((0, 10, 10), (10, 10, 5), (0, 0, 5), (4, 4, math.inf))

COUNTS = {0.0: 0.0, 5.0: 12.5, 10.0: 50.0, 15.0: 100.0, 18.0: 100.0, 22.0: 108.0}
RATES = {0.0: 0.0, 5.0: 5.0, 10.0: 10.0, 15.0: 0.0, 18.0: 0.0, 20.0: 4.0, 99.0: 4.0}
# Of the 100 that came before it, the next one waits until the rate is above zero again.
INSTANTS = {0.0: 0.0, 12.5: 5.0, 50.0: 10.0, 75.0: 12.5, 100.0: 20.0, 104.0: 21.0}


@pytest.mark.parametrize("at", COUNTS)
def test_so_many_have_come_by_then(at: float) -> None:
    assert COUNTS[at] == CHANGING.count(at)


@pytest.mark.parametrize("at", RATES)
def test_the_rate_is_what_the_line_says(at: float) -> None:
    assert RATES[at] == CHANGING.rate(at)


@pytest.mark.parametrize("number", INSTANTS)
def test_so_many_have_come_until_then(number: float) -> None:
    assert INSTANTS[number] == CHANGING.when(number)


def test_when_a_plan_ends_at_zero_no_more_come() -> None:
    ending = plan((10, 0, 10))

    assert ending.count(10) == ending.count(1000) == 50
    assert math.isinf(ending.when(50))


def test_a_plan_knows_its_length_and_its_highest_rate() -> None:
    assert math.isinf(CHANGING.length)
    assert plan((10, 100, 60), (100, 0, 30)).length == 90
    assert CHANGING.highest == 10


def test_a_hardly_changing_rate_is_as_exact_as_a_constant_one() -> None:
    nearly = plan((50, 50 + 1e-12, 1e6))

    assert nearly.when(1e7) == pytest.approx(2e5, rel=1e-12)
