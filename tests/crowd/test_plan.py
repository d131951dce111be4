"""What a `load(…)` may say besides its crowd, and what contradicts itself."""

from typing import Any

import pytest

from pytest_liveview_load.crowd.plan import RunPlan
from pytest_liveview_load.errors import MarkerError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.metrics.budget import Budget


async def browse(live: object) -> None: ...


async def login(live: object) -> None: ...


def plain(live: object) -> None: ...


def test_an_order_holds_the_crowd_and_what_is_around_it() -> None:
    plan = RunPlan.of(
        users=5,
        duration="1m",
        mix={browse: 1},
        setup=login,
        teardown="leave",
        abort="error_rate > 10%",
        after="20s",
    )

    assert Profile.of(users=5, duration="1m") == plan.profile
    assert ((browse, 1),) == plan.mix
    assert (login, "leave") == (plan.setup, plan.teardown)
    assert (Budget.parse("error_rate > 10%"),) == plan.abort
    assert 20.0 == plan.after


def test_arguments_are_laid_over_and_none_takes_back() -> None:
    marker = RunPlan.of(
        users=5, duration="1m", mix={browse: 1}, setup=login, abort="errors > 1"
    )

    plan = marker.updated(users=6, mix=None, abort=["errors > 2", "p95_mount > 1s"])

    assert (6, (), login) == (plan.profile.users, plan.mix, plan.setup)
    assert ["errors > 2", "p95_mount > 1s"] == [each.source for each in plan.abort]
    assert None is marker.updated(setup=None).setup


def test_what_is_taken_back_takes_along_what_belongs_to_it() -> None:
    marker = RunPlan.of(
        duration="1m", abort="errors > 1", after="5s", data=[1], rows="cycle"
    )

    plan = marker.updated(abort=None, data=None)

    assert ((), 0.0, None, "once") == (
        plan.abort,
        plan.after,
        plan.data,
        plan.rows,
    )


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt argument of its own": (
        {"setpu": login},
        f"load(setpu={login!r}): load has no argument 'setpu'. Did you mean 'setup'?",
    ),
    "a misspelt argument of the crowd": (
        {"usres": 5},
        "load(usres=5): load has no argument 'usres'. Did you mean 'users'?",
    ),
    "a plain setup": (
        {"setup": plain},
        (
            f"load(setup={plain!r}): {plain!r} is not an async function: it is a plain "
            "function; write `async def`"
        ),
    ),
    "a number as setup": (
        {"teardown": 5},
        (
            "load(teardown=5): 5 is not an async function: it is int, not an async "
            "function"
        ),
    ),
    "a condition that is a number": (
        {"abort": 0.1},
        (
            "load(abort=0.1): 0.1 is not a condition like 'error_rate > 10%', or a list "
            "of them"
        ),
    ),
    "no conditions": (
        {"abort": []},
        (
            "load(abort=[]): [] is not a condition like 'error_rate > 10%', or a list "
            "of them"
        ),
    ),
    "a condition that is no budget": (
        {"abort": ["errors > 3", "error_rate > 10"]},
        (
            "load(abort=['errors > 3', 'error_rate > 10']): 'error_rate > 10' is not a "
            "budget: error_rate is a percentage and its limit needs a unit: '10%'. Write "
            "it like 'p95_mount < 200ms'."
        ),
    ),
    "after without abort": (
        {"after": "20s"},
        (
            "load(after='20s'): it says from when on `abort` is looked at, and there is "
            "none: write load(abort='error_rate > 10%', after=…)"
        ),
    ),
    "after the end": (
        {"abort": "errors > 1", "after": "20s", "ramp": "5s", "duration": "15s"},
        ("load(after='20s'): the run is 20s long, so `abort` would never be looked at"),
    ),
    "a negative after": (
        {"abort": "errors > 1", "after": "-1s"},
        (
            "load(after='-1s'): '-1s' is not a duration like '200ms', '1.5s' or '1m30s': "
            "it must not be negative"
        ),
    ),
    "rows without data": (
        {"rows": "cycle"},
        "load(rows='cycle'): there is no data: write load(data=…, rows=…)",
    ),
    "a mix that is none": (
        {"mix": browse},
        (
            f"load(mix={browse!r}): a mix is {{scenario: share}}, such as "
            "{browse: 80, buy: 20}"
        ),
    ),
    "users and arrivals": (
        {"users": 5, "arrival": "5/s", "duration": "10s"},
        (
            "load(arrival='5/s', users=5): new ones arrive however many are busy, so "
            "there is no fixed crowd. Leave one out; max_users=… bounds how many there "
            "are at once."
        ),
    ),
}


@pytest.mark.parametrize(("arguments", "message"), REFUSED.values(), ids=REFUSED)
def test_these_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(MarkerError) as caught:
        RunPlan.of(**arguments)

    assert message == str(caught.value)


def test_a_run_may_go_on_without_one_of_its_processes() -> None:
    assert ("fail", "continue") == (RunPlan.of().lost, RunPlan.of(lost="continue").lost)

    with pytest.raises(MarkerError) as caught:
        RunPlan.of(lost="ignore")

    assert (
        "load(lost='ignore'): 'ignore' is not 'fail' or 'continue', for a run that loses "
        "one of its processes"
    ) == str(caught.value)
