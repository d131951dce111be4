"""What a test's author sees of an error."""

import json
import os
import traceback
from collections.abc import Callable

import pytest

from pytest_liveview_load.crowd.scenario import Scenario
from pytest_liveview_load.crowd.tracebacks import prune
from pytest_liveview_load.errors import ConnectionFailed, StepError
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.units import parse_duration


def functions_of(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def raised_by(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:  # noqa: BLE001 (all kinds are under test)
        return error
    pytest.fail("it raised nothing")


def author() -> None:
    Profile.of(users=0)


def test_frames_of_this_package_go_and_the_authors_stay() -> None:
    assert ["raised_by", "author"] == functions_of(prune(raised_by(author)))


def test_what_our_code_called_goes_with_it() -> None:
    async def odd(live: object) -> None: ...

    def make_scenario() -> None:
        odd.__signature__ = 5  # type: ignore[attr-defined]
        Scenario.of(odd)

    error = raised_by(make_scenario)
    assert {"signature", "from_callable"} <= set(functions_of(error))  # of inspect

    assert ["raised_by", "make_scenario"] == functions_of(prune(error))


def test_what_the_author_called_stays() -> None:
    error = raised_by(lambda: json.loads("{"))
    before = functions_of(error)

    assert before == functions_of(prune(error))
    assert before[-1] == "raw_decode"


def test_what_leads_from_the_author_to_our_code_goes() -> None:
    def author() -> None:
        json.dumps(object(), default=parse_duration)

    error = raised_by(author)
    assert "encode" in functions_of(error)  # of json

    assert ["raised_by", "author"] == functions_of(prune(error))


def test_frames_that_hide_themselves_go() -> None:
    def fail() -> None:
        pytest.fail("no luck")

    assert ["raised_by", "fail"] == functions_of(prune(raised_by(fail)))


def test_an_error_that_is_ours_alone_keeps_its_frames() -> None:
    error = raised_by(author)
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_next is not None
    error.__traceback__ = error.__traceback__.tb_next.tb_next
    before = functions_of(error)
    assert before

    assert before == functions_of(prune(error))


def test_causes_of_our_errors_go() -> None:
    def connect() -> None:
        try:
            os.stat("/nowhere/at/all")  # noqa: PTH116 (one call, one error)
        except OSError as error:
            raise ConnectionFailed("http://localhost", "refused") from error

    text = "".join(traceback.format_exception(prune(raised_by(connect))))

    assert "FileNotFoundError" not in text
    assert "cannot connect to http://localhost: refused" in text


def test_what_the_author_handled_stays_in_sight() -> None:
    def compare() -> None:
        try:
            author()
        except Exception as error:
            raise AssertionError("no good") from error

    error = prune(raised_by(compare))

    assert ["raised_by", "compare"] == functions_of(error)
    assert error.__cause__ is not None
    assert ["compare", "author"] == functions_of(error.__cause__)


def test_errors_in_a_group_are_pruned_too() -> None:
    def group() -> None:
        raise ExceptionGroup("both", [raised_by(author), StepError("x")])  # type: ignore[type-var]

    error = prune(raised_by(group))

    assert isinstance(error, ExceptionGroup)
    assert ["raised_by", "author"] == functions_of(error.exceptions[0])


def test_errors_that_cause_each_other_are_pruned_once() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one

    assert one is prune(one)
