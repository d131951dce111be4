"""What a user imports, and what importing it costs."""

import inspect
import json
import subprocess
import sys
from importlib import import_module

import pytest

import pytest_liveview_load
from pytest_liveview_load import errors, units

HEAVY = {"anyio", "execnet", "httpx", "lxml", "msgspec", "websockets"}

# What another process of ours sent is never a test's.
NOT_EXPORTED = {"MessageError"}

LIGHT_USES = {
    "the package": "import pytest_liveview_load",
    "its markers": "import pytest_liveview_load.markers",
    "the names of a test module": (
        "from pytest_liveview_load import budget, load, ms, s, kB, NoData\n"
        "load(users=5)(budget('p95_mount < 200ms')(lambda live: None))"
    ),
    "the numbers": "import pytest_liveview_load.metrics.recorder",
    "the plugin": "import pytest_liveview_load.plugin.hooks",
}


@pytest.mark.parametrize("name", pytest_liveview_load.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(pytest_liveview_load, name) is not None
    assert name in dir(pytest_liveview_load)


def test_every_error_that_a_test_may_meet_is_exported() -> None:
    classes = {name for name, each in vars(errors).items() if inspect.isclass(each)}
    of_ours = {
        each for each in classes if getattr(errors, each).__module__ == errors.__name__
    }

    assert of_ours - {*pytest_liveview_load.__all__} == NOT_EXPORTED


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'lod'"):
        pytest_liveview_load.lod  # noqa: B018


def test_public_names_are_those_of_their_home() -> None:
    assert units.ms is pytest_liveview_load.ms
    assert errors.NoData is pytest_liveview_load.NoData
    markers = import_module("pytest_liveview_load.markers")
    assert markers.load is pytest_liveview_load.load


@pytest.mark.parametrize("use", LIGHT_USES.values(), ids=LIGHT_USES)
def test_a_suite_without_load_tests_imports_nothing_heavy(use: str) -> None:
    report = "import json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{use}\n{report}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "" == done.stderr
    assert HEAVY.isdisjoint(json.loads(done.stdout))
