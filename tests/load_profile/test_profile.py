"""What a person may write in `load(…)`, and what is said about the rest."""

import json
import subprocess
import sys

import pytest

from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.units import Between

A_DURATION = "is not a duration like '200ms', '1.5s' or '1m30s'"

REFUSALS: dict[str, tuple[dict[str, object], str]] = {
    "no users": (
        {"users": 0},
        "load(users=0): 0 is not a whole number of at least 1",
    ),
    "fewer than none": (
        {"users": -1},
        "load(users=-1): -1 is not a whole number of at least 1",
    ),
    "half a user": (
        {"users": 2.5},
        "load(users=2.5): 2.5 is not a whole number of at least 1",
    ),
    "a flag": (
        {"users": True},
        "load(users=True): True is not a whole number of at least 1",
    ),
    "words": (
        {"users": "many"},
        "load(users='many'): 'many' is not a whole number of at least 1",
    ),
    "no iterations": (
        {"iterations": 0},
        "load(iterations=0): 0 is not a whole number of at least 1",
    ),
    "an endless duration": (
        {"duration": float("inf")},
        f"load(duration=inf): inf {A_DURATION}: it must be finite",
    ),
    "no number": (
        {"duration": float("nan")},
        f"load(duration=nan): nan {A_DURATION}: it must be finite",
    ),
    "a negative duration": (
        {"duration": "-1s"},
        f"load(duration='-1s'): '-1s' {A_DURATION}: it must not be negative",
    ),
    "a duration of nothing": (
        {"duration": 0},
        "load(duration=0): 0 is not a duration above 0, such as '10s'",
    ),
    "a ramp of nobody knows": (
        {"ramp": None},
        f"load(ramp=None): None {A_DURATION}",
    ),
    "a span backwards": (
        {"think": "3s..1s"},
        (
            "load(think='3s..1s'): '3s..1s' is not a duration or a span like '1s..3s', "
            "'exponential 2s' or 'lognormal 2s sigma 0.8': the shorter one comes first"
        ),
    ),
    "a seed that is no number": (
        {"seed": "lucky"},
        "load(seed='lucky'): 'lucky' is not a whole number",
    ),
    "a warm-up as long as the run": (
        {"ramp": "2s", "duration": "8s", "warmup": "10s"},
        (
            "load(warmup='10s'): the run is 10s long (ramp and duration), so nothing would "
            "be measured. Make the warm-up shorter or the run longer."
        ),
    ),
    "a near miss": (
        {"user": 5},
        "load(user=5): load has no argument 'user'. Did you mean 'users'?",
    ),
    "what is nothing like it": (
        {"volume": 50},
        (
            "load(volume=50): load has no argument 'volume'. Known are: users, ramp, "
            "stages, arrival, poisson, max_users, duration, iterations, think, pacing, "
            "warmup, grace, seed."
        ),
    ),
    "a field that is not for people": (
        {"stride": 2},
        (
            "load(stride=2): load has no argument 'stride'. Known are: users, ramp, "
            "stages, arrival, poisson, max_users, duration, iterations, think, pacing, "
            "warmup, grace, seed."
        ),
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSALS.values(), ids=REFUSALS)
def test_these_are_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(MarkerError) as refused:
        Profile.of(**arguments)

    assert message == str(refused.value)


READINGS: dict[str, tuple[dict[str, object], Profile]] = {
    "nothing": ({}, Profile()),
    "the README's": (
        {
            "users": 500,
            "ramp": "10s",
            "duration": "1m",
            "think": "1s..3s",
            "warmup": "500ms",
        },
        Profile(users=500, ramp=10, duration=60, think=Between(1, 3), warmup=0.5),
    ),
    "numbers are seconds": (
        {"ramp": 2, "duration": 0.5, "think": 1, "grace": 0},
        Profile(ramp=2, duration=0.5, think=Between(1, 1), grace=0),
    ),
    "a seed": ({"seed": -3}, Profile(seed=-3)),
    "both ends": (
        {"iterations": 3, "duration": "1s"},
        Profile(iterations=3, duration=1),
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), READINGS.values(), ids=READINGS)
def test_these_are_read(arguments: dict[str, object], expected: Profile) -> None:
    assert expected == Profile.of(**arguments)
    assert expected == Profile.from_data(json.loads(json.dumps(expected.to_data())))


def test_iterations_default_to_one_only_without_a_duration() -> None:
    assert Profile.of().iterations_each == 1
    assert Profile.of(iterations=5).iterations_each == 5
    assert Profile.of(duration="1s").iterations_each is None
    assert Profile.of(duration="1s", iterations=5).iterations_each == 5


def test_a_run_lays_its_arguments_over_the_markers() -> None:
    marker = Profile.of(users=500, duration="1m", think="1s")

    assert Profile.of(users=50, duration="1m", think="1s") == marker.updated(users=50)
    assert Profile.of(users=500, iterations=2, think="1s") == marker.updated(
        duration=None, iterations=2
    )
    with pytest.raises(MarkerError, match="nothing would be measured"):
        marker.updated(warmup="2m")


@pytest.mark.parametrize(
    ("users", "factor", "expected"), [(500, 0.1, 50), (3, 0.1, 1), (3, 2.0, 6)]
)
def test_scaling_changes_users_and_leaves_at_least_one(
    users: int, factor: float, expected: int
) -> None:
    profile = Profile.of(users=users, ramp="10s")

    assert Profile.of(users=expected, ramp="10s") == profile.scaled(factor)


DESCRIPTIONS = {
    "1 user, 1 iteration each": Profile(),
    "500 users, ramp 10s, 1m, think 1s..3s, warmup 2s": Profile(
        users=500, ramp=10, duration=60, think=Between(1, 3), warmup=2
    ),
    "1,000 users, 5 iterations each, think 500ms": Profile(
        users=1000, iterations=5, think=Between(0.5, 0.5)
    ),
}


@pytest.mark.parametrize("expected", DESCRIPTIONS)
def test_a_profile_reads_like_a_sentence(expected: str) -> None:
    assert expected == DESCRIPTIONS[expected].describe()


def test_profiles_are_made_without_heavy_imports() -> None:
    script = (
        "import sys, pytest_liveview_load.load_profile.profile; "
        "print(sorted({'asyncio', 'httpx', 'lxml', 'msgspec', 'websockets', 'anyio'} "
        "& set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert said.stdout == "[]\n"
