"""What a host is refused for, and what is then said."""

import platform
import sys

import pytest

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts import remote_preflight
from pytest_liveview_load.hosts.specs import (
    HostInfo,
    check_packages,
    check_python,
    our_packages,
)

OURS = {
    "pytest-liveview-load": "1.0",
    "lxml": "6.0.1",
    "httpx": "0.28",
    "pytest": "9.0",
}
PYTHON = platform.python_version()
MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"


def info(**changes: object) -> HostInfo:
    return HostInfo(**{**remote_preflight.describe(list(our_packages())), **changes})


def test_a_process_like_this_one_is_fit() -> None:
    check_python("popen", info())
    check_packages("popen", info(), our_packages())

    assert info().is_here
    assert not info(host="elsewhere").is_here
    assert not info(prefix="/other").is_here


def test_another_python_is_named_with_ours() -> None:
    with pytest.raises(HostError) as caught:
        check_python(
            "ssh=a//python=py", info(python="3.9.2", executable="/usr/bin/python3")
        )

    assert str(caught.value) == (
        "ssh=a//python=py: its /usr/bin/python3 is CPython 3.9.2, and here runs CPython "
        f"{PYTHON}: give a {MINOR} with python=…, like 'ssh=a//python=python{MINOR}'"
    )


def test_another_patch_of_the_same_python_will_do() -> None:
    check_python("popen", info(python=f"{MINOR}.99"))


PACKAGES = {
    "one is missing": (
        {"lxml": None},
        (
            "lxml is missing there: install pytest-liveview-load there, or set "
            "liveview_ship = true"
        ),
    ),
    "all are missing": (
        dict.fromkeys(OURS),
        "pytest-liveview-load, lxml, httpx and pytest are missing there: ",
    ),
    "another release": (
        {"lxml": "5.2.0"},
        "lxml is 5.2.0 there and 6.0.1 here: let both have the same: ",
    ),
    "another plugin": (
        {"pytest-liveview-load": "0.9"},
        "pytest-liveview-load is 0.9 there and 1.0 here: ",
    ),
}


@pytest.mark.parametrize(("theirs", "expected"), PACKAGES.values(), ids=list(PACKAGES))
def test_packages_that_are_not_alike(
    theirs: dict[str, str | None], expected: str
) -> None:
    packages = {name: at for name, at in {**OURS, **theirs}.items() if at}

    with pytest.raises(HostError) as caught:
        check_packages("ssh=a", info(packages=packages), OURS)

    assert str(caught.value).startswith(f"ssh=a: {expected}")


def test_a_package_that_measures_nothing_may_be_another_release() -> None:
    check_packages("ssh=a", info(packages={**OURS, "pytest": "8.3"}), OURS)
