"""What a person may write about a crowd in `load(…)`: each argument, and which exclude which.

Text becomes values here and nowhere else, and what is wrong is said as
one MarkerError that quotes the argument and says what to do.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pytest_liveview_load.errors import MarkerError, UnitError
from pytest_liveview_load.load_profile.rate import parse_plan
from pytest_liveview_load.load_profile.stages import parse_stages
from pytest_liveview_load.units import NO_PAUSE, near_miss, parse_duration, parse_pause


def whole_number(value: object) -> int:
    """Return `value` if it is a whole number."""
    # True is an int to Python and a mistake to everyone else.
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnitError(value, "a whole number")
    return value


def positive_number(value: object) -> int:
    """Return a whole number above zero."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UnitError(value, "a whole number of at least 1")
    return value


def positive_duration(value: Any) -> float:
    """Return seconds above zero."""
    seconds = parse_duration(value)
    if seconds == 0:
        raise UnitError(value, "a duration above 0, such as '10s'")
    return seconds


def parse_flag(value: object) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise UnitError(value, "True or False")
    return value


def positive_pause(value: object) -> object:
    """Return a pause that takes time: `think` may be nothing, `pacing` not."""
    pause = parse_pause(value)
    if pause == NO_PAUSE:
        raise UnitError(value, "a time from start to start above 0, such as '10s'")
    return pause


PARSERS: Final[Mapping[str, Callable[[Any], object]]] = {
    "users": positive_number,
    "ramp": parse_duration,
    "stages": parse_stages,
    "arrival": parse_plan,
    "poisson": parse_flag,
    "max_users": positive_number,
    "duration": positive_duration,
    "iterations": positive_number,
    "think": parse_pause,
    "pacing": positive_pause,
    "warmup": parse_duration,
    "grace": parse_duration,
    "seed": whole_number,
}

# What may be None, so that a run can take back what its marker says.
OPTIONAL: Final = frozenset(
    {"stages", "arrival", "max_users", "duration", "iterations", "pacing", "seed"}
)

# Two that do not go together, and what to write instead.
CONTRADICTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("arrival", "users"): (
        "new ones arrive however many are busy, so there is no fixed crowd. Leave one "
        "out; max_users=… bounds how many there are at once"
    ),
    ("arrival", "ramp"): ("let the rate itself rise: arrival='10/s..100/s over 1m'"),
    ("arrival", "stages"): (
        "a run has a crowd (stages) or arrivals. Leave one out; arrival takes a list too"
    ),
    ("arrival", "iterations"): (
        "each arrival is one iteration; duration=… ends the run"
    ),
    ("arrival", "think"): (
        "an arrival is one iteration, with nothing to wait for between two. Pause within "
        "it: await live.think(…)"
    ),
    ("arrival", "pacing"): (
        "arrivals have their rate, whoever serves them. Leave one out"
    ),
    ("stages", "users"): "the stages say how many users there are. Leave one out",
    ("stages", "ramp"): (
        "the first stage is the ramp: stages=[('10s', 200), ('1m', 200)]"
    ),
    ("stages", "duration"): (
        "the stages say how long it takes. To go on, add one: ('1m', 200)"
    ),
    ("stages", "iterations"): ("the stages say when users leave. Leave one out"),
    ("pacing", "think"): (
        "pacing is the time from one start to the next, think from an end to the next "
        "start. Leave one out"
    ),
}

# What others call it: k6, Locust, JMeter, Gatling, Artillery, and people. In small letters
# without underscores, so that maxVUs and max_vus are one.
OTHER_WORDS: Final[Mapping[str, str]] = {
    "arrivalrate": "arrival",
    "constantuserspersec": "arrival",
    "rate": "arrival",
    "rps": "arrival",
    "startrate": "arrival",
    "concurrency": "users",
    "concurrentusers": "users",
    "numusers": "users",
    "threads": "users",
    "usercount": "users",
    "vus": "users",
    "maxvus": "max_users",
    "maxvusers": "max_users",
    "preallocatedvus": "max_users",
    "rampup": "ramp",
    "ramptime": "ramp",
    "spawnrate": "ramp",
    "hatchrate": "ramp",
    "phases": "stages",
    "runtime": "duration",
    "time": "duration",
    "loops": "iterations",
    "repeat": "iterations",
    "wait": "think",
    "waittime": "think",
    "between": "think",
    "sleep": "think",
    "pace": "pacing",
    "constantpacing": "pacing",
    "constantthroughput": "pacing",
    "gracefulstop": "grace",
    "stoptimeout": "grace",
    "random": "poisson",
    "scenarios": "mix",
    "weights": "mix",
    "onstart": "setup",
    "onstop": "teardown",
}

# Where the other's value means something else: how to get ours from it.
FROM_SPAWN_RATE: Final = (
    "the time in which all come, users ÷ rate: 100 users at 10 a second are ramp='10s'"
)
CONVERSIONS: Final[Mapping[str, str]] = {
    "spawnrate": FROM_SPAWN_RATE,
    "hatchrate": FROM_SPAWN_RATE,
    "preallocatedvus": "the most users at once; they are made when arrivals need them",
    "constantthroughput": "the time from start to start: 0.1 a second is pacing='10s'",
    "between": "its two ends as text: between(1, 3) is think='1s..3s'",
    "scenarios": "the scenarios with their shares: mix={browse: 80, buy: 20}",
    "weights": "the scenarios with their shares: mix={browse: 80, buy: 20}",
}

# What is said in another place than `load(…)`.
ELSEWHERE: Final[Mapping[str, str]] = {
    "thresholds": "a promise is a decorator of its own: @budget('p95_mount < 200ms')",
    "ensure": "a promise is a decorator of its own: @budget('p95_mount < 200ms')",
    "host": "the app's address is the setting liveview_url",
    "url": "the app's address is the setting liveview_url",
    "target": "the app's address is the setting liveview_url",
    "executor": "users=… or stages=… are a crowd, arrival=… is a rate",
}

# What makes a load the kind that it is: a crowd, a crowd in stages, arrivals.
KINDS: Final = ("users", "stages", "arrival")

# What is nothing without another.
DEPENDENTS: Final[Mapping[str, str]] = {"poisson": "arrival", "max_users": "arrival"}


def parse_argument(
    name: str, value: object, parsers: Mapping[str, Callable[[Any], object]] = PARSERS
) -> Any:
    """Return the value of one argument of `load(…)`, None for one that is taken back.

    Raises MarkerError that quotes it.
    """
    parse = parsers.get(name)
    if parse is None:
        raise unknown_argument(name, value, parsers)
    if value is None and name in OPTIONAL:
        return None
    try:
        return parse(value)
    except UnitError as error:
        raise wrong_argument("load", name, value, error) from None


def wrong_argument(call: str, name: str, value: object, why: object) -> MarkerError:
    """Return the error for an argument of `call` that quotes it."""
    return MarkerError(f"{call}({name}={value!r}): {why}")


def unknown_argument(name: str, value: object, known: Iterable[str]) -> MarkerError:
    """Return the error for an argument that `load` does not have."""
    word = name.lower().replace("_", "")
    if word in OTHER_WORDS:
        how = CONVERSIONS.get(word, "")
        hint = f" Here it is called {OTHER_WORDS[word]!r}{how and ', ' + how}."
    elif word in ELSEWHERE:
        hint = f" Here {ELSEWHERE[word]}."
    else:
        hint = near_miss(name, known) or f" Known are: {', '.join(known)}."
    return wrong_argument("load", name, value, f"load has no argument {name!r}.{hint}")


def check_contradictions(said: Mapping[str, object]) -> None:
    """Raise MarkerError if two of the arguments that were `said` exclude each other."""
    for (one, other), advice in CONTRADICTIONS.items():
        if one in said and other in said:
            given = f"{one}={said[one]!r}, {other}={said[other]!r}"
            message = f"load({given}): {advice}."
            raise MarkerError(message)


def overridden_arguments(arguments: Mapping[str, object]) -> set[str]:
    """Return what goes of the arguments that a person lays `arguments` over.

    None takes one back. And a run that asks for another kind of load than its marker gets
    that one; but what only shapes a kind (a ramp) does not change it: that contradicts.
    """
    given = {name for name, value in arguments.items() if value is not None}
    gone = arguments.keys() - given
    for pair in CONTRADICTIONS:
        for one, other in (pair, pair[::-1]):
            changes_kind = one in KINDS or other not in KINDS
            if one in given and other not in given and changes_kind:
                gone.add(other)
    return gone | {name for name, needed in DEPENDENTS.items() if needed in gone}
