"""The reference says what the docstrings say, leaves nothing out, and its examples run."""

import inspect
from pathlib import Path
from typing import Any

import pytest

import pytest_liveview_load
from docs.generate import (
    GROUPS,
    NOT_FOR_TESTS,
    OWNERS,
    PAGES,
    PRELUDE,
    UNITS,
    errors,
    exported,
    live_examples,
    live_groups,
    members,
    parts,
    reference_examples,
    runnable,
)
from pytest_liveview_load import LiveUser
from tests.docs.pages import run_as_tests

CLASSES = [exported(name) for name in OWNERS]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_what_the_docstrings_say(path: Path) -> None:
    assert PAGES[path]() == path.read_text(), "run: python docs/generate.py"


# Of `live`


def test_every_step_has_an_example() -> None:
    steps = [name for group in live_groups() for name in members(group)]

    # A row needs a load with data; no page of the demo app loads more when scrolled.
    without = [name for name in steps if name not in live_examples()]
    assert ["scroll_to", "row"] == without


@pytest.mark.parametrize("step", live_examples())
async def test_the_example_of_a_step_runs(live: LiveUser, step: str) -> None:
    namespace: dict[str, Any] = {}
    exec(runnable(live_examples()[step]), namespace)  # our own docstring

    await namespace["example"](live)


# Of everything else


def test_every_exported_name_is_in_the_reference() -> None:
    in_groups = {name for group in GROUPS for name in group.names}
    errors_of_it = {each.__name__ for each in errors()}

    covered = in_groups | errors_of_it | {*UNITS}
    assert {*pytest_liveview_load.__all__} == covered


@pytest.mark.parametrize(
    "name", [*(name for group in GROUPS for name in group.names), *map(str, errors())]
)
def test_every_exported_name_has_a_docstring(name: str) -> None:
    thing = getattr(pytest_liveview_load, name, None)

    assert thing is None or inspect.getdoc(thing)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_member_has_a_docstring(cls: type) -> None:
    without = [name for name, each in members(cls).items() if not parts(each)[0]]

    assert [] == without


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_method_or_its_class_has_an_example(cls: type) -> None:
    examples = reference_examples()
    methods = [name for name, each in members(cls).items() if callable(each)]

    without = [name for name in methods if f"{cls.__name__}.{name}" not in examples]
    assert [] == without or cls.__name__ in examples


@pytest.mark.parametrize("name", ["load", "budget"])
def test_every_marker_has_an_example(name: str) -> None:
    assert name in reference_examples()


@pytest.mark.parametrize("owner", NOT_FOR_TESTS)
def test_what_is_left_out_is_there(owner: str) -> None:
    assert NOT_FOR_TESTS[owner] <= {*dir(exported(owner))}


def test_the_examples_run(
    pytester: pytest.Pytester, liveview_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, example in reference_examples().items():
        file = f"test_{name.replace('.', '_').lower()}.py"
        (pytester.path / file).write_text(f"{PRELUDE}\n\n{example}\n")
    monkeypatch.syspath_prepend(pytester.path)

    result = run_as_tests(pytester, liveview_url, monkeypatch)

    result.assert_outcomes(passed=len(reference_examples()))
