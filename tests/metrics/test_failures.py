"""Failures: which ones are alike, and what a group keeps."""

import pytest

from pytest_liveview_load.metrics.snapshot import (
    MOST_GROUPS,
    OTHERS,
    Failure,
    FailureLog,
    group_failures,
)

ALIKE = {
    "numbers": ("user 12 waited 1.5s", "user 7 waited 23s"),
    "view ids": ("phx-GJ1ZnDm-Dzhhpw1l crashed", "phx-F9_abc crashed"),
    "hex ids": ("order 3f2a9c77d1 is gone", "order 00ff12ab9e is gone"),
    "uuids": (
        "no row 6f1c2d3e-1111-4a5b-8c9d-000000000001",
        "no row 0a0b0c0d-2222-4e5f-8a9b-ffffffffffff",
    ),
    "addresses": ("<Foo at 0x7f3a>", "<Foo at 0x55ee01>"),
}


def raised(error: Exception) -> Exception:
    """Return `error` with a traceback, as an iteration leaves it."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


@pytest.mark.parametrize("messages", ALIKE.values(), ids=ALIKE)
def test_messages_that_differ_in_an_id_are_one_group(messages: tuple[str, str]) -> None:
    log = FailureLog()
    for message in messages:
        log.add(ValueError(message), "")

    expected = [("ValueError", messages[0], 2)]
    assert expected == [(f.error, f.message, f.count) for f in log.failures()]


def test_words_errors_and_scenarios_tell_groups_apart() -> None:
    log = FailureLog()
    log.add(ValueError("a decade faded"), "")
    log.add(ValueError("a cascade faded"), "")
    log.add(KeyError("a decade faded"), "")
    log.add(ValueError("a decade faded"), "browse")
    log.add(ValueError("a decade faded"), "browse", "setup")

    assert [failure.count for failure in log.failures()] == [1, 1, 1, 1, 1]


def test_a_group_keeps_the_first_traceback() -> None:
    log = FailureLog()
    log.add(raised(ValueError("user 1")), "")
    log.add(raised(ValueError("user 2")), "")

    (failure,) = log.failures()
    lines = failure.traceback.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[-1] == "ValueError: user 1"


def test_the_most_frequent_failure_comes_first() -> None:
    log = FailureLog()
    for message in ("rare", "often", "often"):
        log.add(ValueError(message), "")

    assert [failure.message for failure in log.failures()] == ["often", "rare"]


def test_endlessly_different_messages_are_bounded_and_all_counted() -> None:
    log = FailureLog()
    words = ["".join(chr(ord("k") + int(d)) for d in str(n)) for n in range(1000)]
    for word in words:
        log.add(ValueError(word), "")

    failures = log.failures()
    assert len(failures) == MOST_GROUPS + 1
    assert (failures[0].message, failures[0].count) == (OTHERS, 1000 - MOST_GROUPS)


def test_a_long_message_is_cut() -> None:
    log = FailureLog()
    log.add(ValueError("x" * 10_000), "")

    assert log.failures()[0].message == "x" * 2000


def test_groups_of_two_runners_become_one() -> None:
    one = Failure("E", "user 1", "at line 1", 2, "")
    other = Failure("E", "user 9", "at line 9", 5, "")
    different = Failure("E", "elsewhere", "at line 2", 1, "")

    expected = (Failure("E", "user 1", "at line 1", 7, ""), different)
    assert expected == group_failures((other, different, one))
    assert expected == group_failures((one, other, different))
