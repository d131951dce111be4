"""What the whole repository's tests need: pytest's tool for testing plugins, and patience.

Many tests start Python processes. They may keep what they compiled of the package, also
where the environment says otherwise, for it takes each of them seconds.

The example tests are load tests of the demo app, and a busy machine makes them invalid.
That says nothing about the code, so here they are skipped; a user's tests fail.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from pytest_liveview_load.crowd.validity import is_of_the_machine
from pytest_liveview_load.errors import InvalidRun

pytest_plugins = ["pytester"]

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

EXAMPLES = Path(__file__).parent / "example_tests"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    try:
        return (yield)
    except InvalidRun as error:
        causes = error.causes if item.path.is_relative_to(EXAMPLES) else ()
        if causes and all(map(is_of_the_machine, causes)):
            pytest.skip(f"the machine could not keep time: {'; '.join(causes)}")
        raise
