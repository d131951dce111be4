"""How many files a process may have open, and what is done about it."""

import os
import resource
import subprocess
import sys

import pytest

from pytest_liveview_load.crowd.machine_limits import (
    Machine,
    MachineLimit,
    allows,
    check_file_descriptors,
    files_in_use,
    most_files,
)
from pytest_liveview_load.errors import ConnectionFailed, TooFewFiles


def test_a_limit_of_zero_is_none() -> None:
    assert allows(0, 1_000_000)
    assert allows(100, 100)
    assert not allows(100, 101)


def limited(users: int, soft: int, hard: int) -> str:
    """Return the soft limit after the check, in a process of its own, or the error."""
    script = (
        "import resource, sys\n"
        "from pytest_liveview_load.crowd.machine_limits import check_file_descriptors\n"
        "from pytest_liveview_load.errors import TooFewFiles\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "try:\n"
        f"    check_file_descriptors({users})\n"
        "except TooFewFiles as error:\n"
        "    print(error)\n"
        "else:\n"
        "    print(resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=os.environ,
    ).stdout.strip()


LIMITS = {
    "enough": (10, 200, 400, "(200, 400)"),
    "raised as far as needed": (100, 200, 400, "(264, 400)"),
    "too few": (
        500,
        200,
        400,
        (
            "500 users need about 1064 open files and this process may have 400: raise the "
            "limit (ulimit -n 1064) or run fewer users here"
        ),
    ),
}


@pytest.mark.parametrize(
    ("users", "soft", "hard", "expected"), LIMITS.values(), ids=LIMITS
)
def test_file_descriptors_are_seen_to_before_the_run(
    users: int, soft: int, hard: int, expected: str
) -> None:
    assert expected == limited(users, soft, hard)


def test_too_few_file_descriptors_are_refused_with_the_figures() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 0:
        pytest.skip("this machine has no limit of open files")

    with pytest.raises(TooFewFiles) as refused:
        check_file_descriptors(hard)

    assert (hard, hard) == (refused.value.users, refused.value.limit)
    assert refused.value.needed > 2 * hard


# While a run goes on


def test_the_lowest_free_number_tells_how_many_files_are_in_use() -> None:
    before = files_in_use()
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(50)]
    try:
        after = files_in_use()
    finally:
        for each in opened:
            os.close(each)

    assert before is not None
    assert after is not None
    assert after >= 50
    assert before <= opened[0]


WANTS = {
    "of this process": (OSError(24, "Too many open files"), True),
    "of the machine": (OSError(23, "Too many open files in system"), True),
    "nobody listens": (ConnectionRefusedError(111, "refused"), False),
    "the scenario's own": (ValueError("24"), False),
}


@pytest.mark.parametrize(("cause", "expected"), WANTS.values(), ids=WANTS)
def test_which_failures_are_for_want_of_files(cause: Exception, expected: bool) -> None:
    failed = ConnectionFailed("http://shop.test", "no file")
    failed.__cause__ = cause

    limit = MachineLimit.FILES if expected else None
    assert limit == Machine().limit_behind(failed)
    assert limit == Machine().limit_behind(cause)


def test_how_many_may_be_open_now_and_at_most() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    assert (max(0, soft), max(0, hard)) == most_files()
