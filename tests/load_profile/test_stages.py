"""A crowd in stages: what a person may write, and who is there when."""

from typing import Any

import pytest

from pytest_liveview_load.errors import UnitError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.load_profile.stages import (
    Stage,
    UserSpan,
    describe_stages,
    parse_stages,
)

STAGES = "is not a list of stages like [('30s', 200), ('2m', 200), ('10s', 0)]"
A_STAGE = "is not a stage like ('30s', 200): a duration and the users at its end"

READINGS: dict[str, tuple[Any, tuple[Stage, ...]]] = {
    "the README's": (
        [("30s", 200), ("2m", 200), ("10s", 0)],
        (Stage(30, 200), Stage(120, 200), Stage(10, 0)),
    ),
    "lists and seconds": ([[30, 200]], (Stage(30, 200),)),
    "a jump": ([("0s", 200), ("1m", 200)], (Stage(0, 200), Stage(60, 200))),
    "a quiet start": ([("5s", 0), ("5s", 2)], (Stage(5, 0), Stage(5, 2))),
    "one that was read": ([Stage(1, 2)], (Stage(1, 2),)),
}


@pytest.mark.parametrize(("written", "expected"), READINGS.values(), ids=READINGS)
def test_these_are_read(written: Any, expected: tuple[Stage, ...]) -> None:
    assert expected == parse_stages(written)


REFUSALS: dict[str, tuple[Any, str]] = {
    "none": ([], f"[] {STAGES}"),
    "a text": ("30s", f"'30s' {STAGES}"),
    "a number": (5, f"5 {STAGES}"),
    "a dictionary": ({"30s": 5}, f"{{'30s': 5}} {STAGES}"),
    "one without its list": (
        ("30s", 200),
        f"('30s', 200) {STAGES}: put the one stage into a list",
    ),
    "the wrong way round": (
        [(200, "30s")],
        f"(200, '30s') {A_STAGE}. Did you mean ('30s', 200)?",
    ),
    "half of one": ([("30s",)], f"('30s',) {A_STAGE}"),
    "nothing": ([None], f"None {A_STAGE}"),
    "half a user": (
        [("30s", 2.5)],
        f"('30s', 2.5) {A_STAGE}: 2.5 is not a whole number of at least 0",
    ),
    "a flag": (
        [("30s", True)],
        f"('30s', True) {A_STAGE}: True is not a whole number of at least 0",
    ),
    "fewer than nobody": (
        [("30s", 5), ("30s", -1)],
        f"('30s', -1) {A_STAGE}: -1 is not a whole number of at least 0",
    ),
    "a time that is none": (
        [("30x", 5)],
        (
            f"('30x', 5) {A_STAGE}: '30x' is not a duration like '200ms', '1.5s' or "
            "'1m30s': no unit is called 'x'. Units are ns, us, µs, ms, s, m, min, h"
        ),
    ),
    "a time before": (
        [("-1s", 5)],
        (
            f"('-1s', 5) {A_STAGE}: '-1s' is not a duration like '200ms', '1.5s' or "
            "'1m30s': it must not be negative"
        ),
    ),
    "nobody": ([("30s", 0)], f"[('30s', 0)] {STAGES}: nobody would ever be there"),
    "no time": ([("0s", 5)], f"[('0s', 5)] {STAGES}: nobody would ever be there"),
    "somebody for no time": (
        [("9s", 0), ("0s", 5)],
        f"[('9s', 0), ('0s', 5)] {STAGES}: nobody would ever be there",
    ),
    "an end at nothing": (
        [("1s", 5), ("1s", 0), ("9s", 0)],
        (
            f"[('1s', 5), ('1s', 0), ('9s', 0)] {STAGES}: nobody is there in the last "
            "one, ('9s', 0): leave it out"
        ),
    ),
}


@pytest.mark.parametrize(("written", "message"), REFUSALS.values(), ids=REFUSALS)
def test_these_are_refused(written: Any, message: str) -> None:
    with pytest.raises(UnitError) as refused:
        parse_stages(written)

    assert message == str(refused.value)


CROWDS: dict[str, tuple[list[tuple[float, int]], list[UserSpan]]] = {
    "up and held": ([(4, 2), (6, 2)], [UserSpan(0, 0), UserSpan(1, 2)]),
    "up and down: the highest leaves first": (
        [(4, 2), (4, 0)],
        [UserSpan(0, 0, 8), UserSpan(1, 2, 6)],
    ),
    "down and up again brings the same id anew": (
        [(2, 2), (2, 1), (2, 2)],
        [UserSpan(0, 0), UserSpan(1, 1, 4), UserSpan(1, 4)],
    ),
    "a jump up and a jump down": (
        [(0, 3), (5, 3), (0, 1), (5, 1)],
        [UserSpan(0, 0), UserSpan(1, 0, 5), UserSpan(2, 0, 5)],
    ),
    "a quiet time between": (
        [(1, 1), (0, 0), (3, 0), (0, 1), (1, 1)],
        [UserSpan(0, 0, 1), UserSpan(0, 4)],
    ),
    "over several stages": (
        [(1, 4), (2, 2), (2, 1), (5, 1)],
        [
            UserSpan(0, 0),
            UserSpan(1, 0.25, 5),
            UserSpan(2, 0.5, 3),
            UserSpan(3, 0.75, 2),
        ],
    ),
}


@pytest.mark.parametrize(("stages", "expected"), CROWDS.values(), ids=CROWDS)
def test_these_are_there(
    stages: list[tuple[float, int]], expected: list[UserSpan]
) -> None:
    profile = Profile.of(stages=stages)

    assert expected == list(profile.spans())
    assert [span for span in expected if span.user % 2] == list(
        profile.share(1, of=2).spans()
    )


def test_a_first_stage_starts_its_users_as_a_ramp_does() -> None:
    ramp = Profile.of(users=7, ramp="3s", duration="1s")
    stages = Profile.of(stages=[("3s", 7), ("1s", 7)])

    assert list(ramp.spans()) == list(stages.spans())
    assert ramp.length == stages.length
    assert ramp.most_users == stages.most_users


DESCRIPTIONS = {
    "30s to 200 users, 2m at 200, 10s to 0": [(30, 200), (120, 200), (10, 0)],
    "5s at 0 users, 0s to 1,000, 1m at 1,000": [(5, 0), (0, 1000), (60, 1000)],
}


@pytest.mark.parametrize("expected", DESCRIPTIONS)
def test_stages_read_like_a_sentence(expected: str) -> None:
    stages = [Stage(*each) for each in DESCRIPTIONS[expected]]

    assert expected == describe_stages(stages)
