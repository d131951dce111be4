"""Which arguments of `load(…)` go together, which do not, and what a run takes over."""

from typing import Any

import pytest

from pytest_liveview_load.crowd.plan import ARGUMENTS, RunPlan
from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.load_profile.arguments import OTHER_WORDS
from pytest_liveview_load.load_profile.profile import Profile

STAGES = [("30s", 200), ("10s", 0)]

CONTRADICTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "arrival and users": (
        {"arrival": "50/s", "users": 5, "duration": "1m"},
        (
            "load(arrival='50/s', users=5): new ones arrive however many are busy, so "
            "there is no fixed crowd. Leave one out; max_users=… bounds how many there "
            "are at once."
        ),
    ),
    "arrival and one user": (
        {"arrival": "50/s", "users": 1, "duration": "1m"},
        (
            "load(arrival='50/s', users=1): new ones arrive however many are busy, so "
            "there is no fixed crowd. Leave one out; max_users=… bounds how many there "
            "are at once."
        ),
    ),
    "arrival and ramp": (
        {"arrival": "50/s", "ramp": "5s", "duration": "1m"},
        (
            "load(arrival='50/s', ramp='5s'): let the rate itself rise: "
            "arrival='10/s..100/s over 1m'."
        ),
    ),
    "arrival and stages": (
        {"arrival": "50/s", "stages": STAGES},
        (
            f"load(arrival='50/s', stages={STAGES!r}): a run has a crowd (stages) or "
            "arrivals. Leave one out; arrival takes a list too."
        ),
    ),
    "arrival and iterations": (
        {"arrival": "50/s", "iterations": 5},
        (
            "load(arrival='50/s', iterations=5): each arrival is one iteration; "
            "duration=… ends the run."
        ),
    ),
    "arrival and think": (
        {"arrival": "50/s", "think": "1s", "duration": "1m"},
        (
            "load(arrival='50/s', think='1s'): an arrival is one iteration, with nothing "
            "to wait for between two. Pause within it: await live.think(…)."
        ),
    ),
    "arrival and pacing": (
        {"arrival": "50/s", "pacing": "1s", "duration": "1m"},
        (
            "load(arrival='50/s', pacing='1s'): arrivals have their rate, whoever serves "
            "them. Leave one out."
        ),
    ),
    "stages and users": (
        {"stages": STAGES, "users": 5},
        (
            f"load(stages={STAGES!r}, users=5): the stages say how many users there are. "
            "Leave one out."
        ),
    ),
    "stages and ramp": (
        {"stages": STAGES, "ramp": "10s"},
        (
            f"load(stages={STAGES!r}, ramp='10s'): the first stage is the ramp: "
            "stages=[('10s', 200), ('1m', 200)]."
        ),
    ),
    "stages and duration": (
        {"stages": STAGES, "duration": "10s"},
        (
            f"load(stages={STAGES!r}, duration='10s'): the stages say how long it takes. "
            "To go on, add one: ('1m', 200)."
        ),
    ),
    "stages and iterations": (
        {"stages": STAGES, "iterations": 5},
        (
            f"load(stages={STAGES!r}, iterations=5): the stages say when users leave. "
            "Leave one out."
        ),
    ),
    "pacing and think": (
        {"pacing": "2s", "think": "1s"},
        (
            "load(pacing='2s', think='1s'): pacing is the time from one start to the "
            "next, think from an end to the next start. Leave one out."
        ),
    ),
    "poisson without arrival": (
        {"poisson": True},
        "load(poisson=True): it is about arrivals: give arrival='50/s' too.",
    ),
    "max_users without arrival": (
        {"max_users": 5, "users": 5},
        "load(max_users=5): it is about arrivals: give arrival='50/s' too.",
    ),
    "arrivals without end": (
        {"arrival": 50},
        "load(arrival=50): until when? Give duration='1m' too.",
    ),
    "a ramp of arrivals, then without end": (
        {"arrival": ["1/s..5/s over 1m", "5/s"]},
        (
            "load(arrival=['1/s..5/s over 1m', '5/s']): until when? Give duration='1m' too."
        ),
    ),
    "a duration that ends before the rates do": (
        {"arrival": "1/s..5/s over 1m", "duration": "30s"},
        (
            "load(arrival='1/s..5/s over 1m', duration='30s'): the duration is the whole "
            "run's, and the rates take 1m. Make it longer, or leave it out."
        ),
    ),
    "a warm-up longer than the stages": (
        {"stages": STAGES, "warmup": "40s"},
        (
            "load(warmup='40s'): the run is 40s long, so nothing would be measured. Make "
            "the warm-up shorter or the run longer."
        ),
    ),
    "a warm-up longer than the arrivals": (
        {"arrival": "5/s over 10s", "warmup": "1m"},
        (
            "load(warmup='1m'): the run is 10s long, so nothing would be measured. Make "
            "the warm-up shorter or the run longer."
        ),
    ),
}


@pytest.mark.parametrize(
    ("arguments", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS
)
def test_these_contradict(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MarkerError) as refused:
        Profile.of(**arguments)

    assert message == str(refused.value)


# What is wrong with one of them alone; how it is said in full stands in test_rate,
# test_stages and test_pauses.
REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "an arrival": (
        {"arrival": "fast"},
        "load(arrival='fast'): 'fast' is not a rate like",
    ),
    "stages": ({"stages": 5}, "load(stages=5): 5 is not a list of stages like"),
    "think": ({"think": "rarely"}, "load(think='rarely'): 'rarely' is not a duration"),
    "pacing": (
        {"pacing": "rarely"},
        "load(pacing='rarely'): 'rarely' is not a duration",
    ),
    "no pacing": (
        {"pacing": "0s"},
        "load(pacing='0s'): '0s' is not a time from start to start above 0, such as '10s'",
    ),
    "poisson": (
        {"poisson": "yes", "arrival": 5},
        "load(poisson='yes'): 'yes' is not True or False",
    ),
    "one for True": (
        {"poisson": 1, "arrival": 5},
        "load(poisson=1): 1 is not True or False",
    ),
    "max_users": (
        {"max_users": 0, "arrival": 5},
        "load(max_users=0): 0 is not a whole number of at least 1",
    ),
    "a near miss": (
        {"arrivals": "5/s"},
        "load(arrivals='5/s'): load has no argument 'arrivals'. Did you mean 'arrival'?",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSALS.values(), ids=REFUSALS)
def test_these_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MarkerError) as refused:
        Profile.of(**arguments)

    assert str(refused.value).startswith(message)


TAKEN_OVER: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "arrivals over a crowd": (
        {"users": 500, "ramp": "10s", "duration": "1m", "think": "1s", "warmup": "5s"},
        {"arrival": "50/s"},
        {"arrival": "50/s", "duration": "1m", "warmup": "5s"},
    ),
    "a crowd over arrivals": (
        {"arrival": "50/s", "poisson": True, "max_users": 9, "duration": "1m"},
        {"users": 5},
        {"users": 5, "duration": "1m"},
    ),
    "stages over a crowd": (
        {"users": 500, "ramp": "10s", "duration": "1m", "think": "1s"},
        {"stages": STAGES},
        {"stages": STAGES, "think": "1s"},
    ),
    "a crowd over stages": ({"stages": STAGES}, {"users": 5}, {"users": 5}),
    "pacing over think": ({"think": "1s"}, {"pacing": "2s"}, {"pacing": "2s"}),
    "think over pacing": ({"pacing": "2s"}, {"think": "1s"}, {"think": "1s"}),
    "another rate": (
        {"arrival": "50/s", "poisson": True, "duration": "1m"},
        {"arrival": "60/s"},
        {"arrival": "60/s", "poisson": True, "duration": "1m"},
    ),
    "no arrivals any more": (
        {"arrival": "50/s", "poisson": True, "max_users": 5, "duration": "1m"},
        {"arrival": None},
        {"duration": "1m"},
    ),
    "no stages any more": (
        {"stages": STAGES},
        {"stages": None, "ramp": 1},
        {"ramp": 1},
    ),
    "no pacing any more": ({"pacing": "1s"}, {"pacing": None}, {}),
    "no bound any more": (
        {"arrival": "5/s over 9s", "max_users": 5},
        {"max_users": None},
        {"arrival": "5/s over 9s"},
    ),
}


@pytest.mark.parametrize(
    ("marker", "run", "expected"), TAKEN_OVER.values(), ids=TAKEN_OVER
)
def test_a_run_of_another_kind_takes_the_place_of_its_markers(
    marker: dict[str, Any], run: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert Profile.of(**expected) == Profile.of(**marker).updated(**run)


SHAPES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "a ramp for arrivals": (
        {"arrival": ["1/s over 9s", 5], "duration": "1m"},
        {"ramp": "5s"},
        "load(arrival='1/s over 9s, 5/s', ramp='5s'): let the rate itself rise",
    ),
    "think for arrivals": (
        {"arrival": "50/s", "duration": "1m"},
        {"think": "1s..3s"},
        "load(arrival='50/s', think='1s..3s'): an arrival is one iteration",
    ),
    "a duration for stages": (
        {"stages": STAGES},
        {"duration": "5s"},
        "load(stages=[('30s', 200), ('10s', 0)], duration='5s'): the stages say how long",
    ),
    "a bound for a crowd": (
        {"arrival": "5/s over 9s"},
        {"users": 5, "max_users": 7},
        "load(max_users=7): it is about arrivals",
    ),
    "no end for arrivals": (
        {"arrival": "5/s", "duration": "1m"},
        {"duration": None},
        "load(arrival='5/s'): until when?",
    ),
}


@pytest.mark.parametrize(("marker", "run", "message"), SHAPES.values(), ids=SHAPES)
def test_what_only_shapes_a_load_does_not_change_its_kind(
    marker: dict[str, Any], run: dict[str, Any], message: str
) -> None:
    with pytest.raises(MarkerError) as refused:
        Profile.of(**marker).updated(**run)

    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("word", OTHER_WORDS)
def test_the_words_of_other_tools_are_known(word: str) -> None:
    with pytest.raises(MarkerError) as refused:
        RunPlan.of(**{word: 5})

    said = f"load({word}=5): load has no argument {word!r}."
    assert str(refused.value).startswith(
        f"{said} Here it is called {OTHER_WORDS[word]!r}"
    )
    assert OTHER_WORDS[word] in ARGUMENTS
    assert word not in ARGUMENTS


CONVERTED = {
    "spawn_rate": (
        "Here it is called 'ramp', the time in which all come, users ÷ rate: 100 users at "
        "10 a second are ramp='10s'."
    ),
    "maxVUs": "Here it is called 'max_users'.",
    "constant_throughput": (
        "Here it is called 'pacing', the time from start to start: 0.1 a second is "
        "pacing='10s'."
    ),
    "thresholds": (
        "Here a promise is a decorator of its own: @budget('p95_mount < 200ms')."
    ),
    "host": "Here the app's address is the setting liveview_url.",
}


@pytest.mark.parametrize(("word", "said"), CONVERTED.items(), ids=CONVERTED)
def test_a_word_that_means_something_else_elsewhere_is_converted(
    word: str, said: str
) -> None:
    with pytest.raises(MarkerError) as refused:
        RunPlan.of(**{word: 5})

    assert f"load({word}=5): load has no argument {word!r}. {said}" == str(
        refused.value
    )


LENGTHS: dict[str, tuple[dict[str, Any], float | None]] = {
    "a ramp and a duration": ({"ramp": "10s", "duration": "1m"}, 70),
    "iterations": ({"iterations": 5}, None),
    "stages": ({"stages": STAGES}, 40),
    "a plan of arrivals": ({"arrival": ["1/s over 9s", "2/s over 1s"]}, 10),
    "a plan of arrivals, all of it": (
        {"arrival": "1/s..9/s over 9s", "duration": "9s"},
        9,
    ),
    "a plan of arrivals that is held": (
        {"arrival": "1/s..9/s over 9s", "duration": 60},
        60,
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), LENGTHS.values(), ids=LENGTHS)
def test_a_run_is_so_long(arguments: dict[str, Any], expected: float | None) -> None:
    assert expected == Profile.of(**arguments).length


@pytest.mark.parametrize("arguments", [{"stages": STAGES}, {"arrival": "5/s over 1s"}])
def test_only_the_end_of_the_run_ends_these_iterations(
    arguments: dict[str, Any],
) -> None:
    assert Profile.of(**arguments).iterations_each is None


DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "30s to 200 users, 10s to 0, pacing 2s..4s": {"stages": STAGES, "pacing": "2s..4s"},
    "arriving 50/s, at most 500 users, 1m, warmup 5s": {
        "arrival": "50/s",
        "duration": "1m",
        "warmup": "5s",
    },
    "arriving at random 10/s..100/s over 1m, at most 20 users, 2m": {
        "arrival": "10/s..100/s over 1m",
        "poisson": True,
        "max_users": 20,
        "duration": "2m",
    },
    "arriving 1/s over 10s, 5/s over 1m, at most 50 users": {
        "arrival": ["1/s over 10s", "5/s over 1m"],
    },
    "5 users, 1m, think exponential 2s": {
        "users": 5,
        "duration": "1m",
        "think": "exponential 2s",
    },
    "5 users, 1m, think lognormal 2s sigma 0.8": {
        "users": 5,
        "duration": "1m",
        "think": "lognormal 2s sigma 0.8",
    },
}


@pytest.mark.parametrize("expected", DESCRIPTIONS)
def test_a_profile_reads_like_a_sentence(expected: str) -> None:
    assert expected == Profile.of(**DESCRIPTIONS[expected]).describe()


SCALED: dict[str, tuple[dict[str, Any], float, dict[str, Any]]] = {
    "rates and the bound": (
        {"arrival": ["10/s..100/s over 1m", "50/s over 5s"], "max_users": 50},
        0.1,
        {"arrival": ["1/s..10/s over 1m", "5/s over 5s"], "max_users": 5},
    ),
    "a rate may be small": (
        {"arrival": "1/s over 1m"},
        0.25,
        {"arrival": "15/min over 1m"},
    ),
    "the bound lets one in": (
        {"arrival": "1/s over 1m", "max_users": 3},
        0.1,
        {"arrival": "6/min over 1m", "max_users": 1},
    ),
    "stages, whose nobody stays nobody and somebody somebody": (
        {"stages": [(1, 100), (1, 3), (1, 0)]},
        0.1,
        {"stages": [(1, 10), (1, 1), (1, 0)]},
    ),
}


@pytest.mark.parametrize(
    ("arguments", "factor", "expected"), SCALED.values(), ids=SCALED
)
def test_scaling_scales(
    arguments: dict[str, Any], factor: float, expected: dict[str, Any]
) -> None:
    assert Profile.of(**expected) == Profile.of(**arguments).scaled(factor)
