"""The reference of `live` says what the docstrings say, and its examples run."""

from typing import Any

import pytest

from docs.generate import PAGE, examples, groups, page, public, runnable
from pytest_liveview_load import LiveUser


def test_the_page_is_what_the_docstrings_say() -> None:
    assert page() == PAGE.read_text(), "run: python docs/generate.py"


def test_every_verb_has_an_example() -> None:
    verbs = [name for group in groups() for name in public(group)]

    # A row needs a load with data; no page of the demo app loads more when scrolled.
    assert ["scroll_to", "row"] == [name for name in verbs if name not in examples()]


@pytest.mark.parametrize("verb", examples())
async def test_the_example_runs(live: LiveUser, verb: str) -> None:
    namespace: dict[str, Any] = {}
    exec(runnable(examples()[verb]), namespace)  # our own docstring

    await namespace["example"](live)
