"""Writes `docs/live.md`, the reference of `live`, from the docstrings of its verbs.

    python docs/generate.py           writes the page
    python docs/generate.py --check   fails if the page is not what would be written

Law: nothing is said here. The words are the docstrings', and so are the examples, which
the tests run against the demo app.
"""

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent, indent
from types import FunctionType
from typing import Final

from pytest_liveview_load import LiveUser

PAGE: Final = Path(__file__).with_name("live.md")
EXAMPLE: Final = "Example:"
PREFACE: Final = """\
# `live`

<!-- Written by docs/generate.py from docstrings: edit those. -->

The user that a test holds: one person with one browser tab. Steps are awaited and take
`timeout=` ("3s", or seconds); reading never waits. Every example here is run by the project's
tests, against the demo app in `example_tests/roost`.
"""


def groups() -> Iterator[type]:
    """Yield the classes that `LiveUser` is made of, itself last."""
    for group in LiveUser.__mro__[::-1]:
        if public(group):
            yield group


def public(group: type) -> dict[str, object]:
    """Return the members that a test may use, in their order in the file."""
    return {
        name: member
        for name, member in vars(group).items()
        if not name.startswith("_")
        and (
            isinstance(member, FunctionType | property)
            or hasattr(member, "__wrapped__")
        )
    }


def heading(name: str, member: object) -> str:
    """Return how a test writes it: `await live.click(selector=None, *, text=None)`."""
    if isinstance(member, property):
        return f"`live.{name}`"
    assert callable(member)
    parameters = list(inspect.signature(member).parameters.values())[1:]
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    signature = inspect.Signature(bare)
    function = inspect.unwrap(member)
    before = "await " if inspect.iscoroutinefunction(function) else ""
    if inspect.isgeneratorfunction(function):
        before = "with "
    if inspect.isasyncgenfunction(function):
        before = "async with "
    return f"`{before}live.{name}{signature}`"


def parts(member: object) -> tuple[str, str]:
    """Return the words and the example of a docstring, either of them may be ''."""
    words, _, example = (inspect.getdoc(member) or "").partition(EXAMPLE)
    return words.strip(), dedent(example).strip("\n").rstrip()


def examples() -> dict[str, str]:
    """Return the code of every example, by the name of its verb."""
    found = {
        name: parts(member)[1]
        for group in groups()
        for name, member in public(group).items()
    }
    return {name: example for name, example in found.items() if example}


def page() -> str:
    """Return the whole page as Markdown."""
    sections = [PREFACE]
    for group in groups():
        sections.append(f"## {(inspect.getdoc(group) or '').splitlines()[0]}\n")
        for name, member in public(group).items():
            words, example = parts(member)
            code = f"\n\n```python\n{example}\n```" if example else ""
            sections.append(f"### {heading(name, member)}\n\n{words}{code}\n")
    return "\n".join(sections)


def runnable(example: str) -> str:
    """Return an example as the source of an async function of `live`."""
    return f"async def example(live):\n{indent(example, '    ')}\n"


if __name__ == "__main__":
    if "--check" in sys.argv and PAGE.read_text() != page():
        sys.exit(f"{PAGE.name} is not what the docstrings say: run docs/generate.py")
    PAGE.write_text(page())
