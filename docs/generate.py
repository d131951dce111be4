"""Writes the reference pages, `docs/live.md` and `docs/reference.md`, from docstrings.

    python docs/generate.py           writes the pages
    python docs/generate.py --check   fails if a page is not what would be written

What a page says about a name is its docstring, and so are the examples, which the tests
run against the demo app. Only the headings and what introduces a group stand here.
"""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import dedent, indent
from types import FunctionType
from typing import Any, Final, NamedTuple

import pytest_liveview_load
from pytest_liveview_load import LiveUser, LiveViewLoadError, units

HERE: Final = Path(__file__).parent
LIVE_PAGE: Final = HERE / "live.md"
REFERENCE_PAGE: Final = HERE / "reference.md"
EXAMPLE: Final = "Example:"
WRITTEN: Final = "<!-- Written by docs/generate.py from docstrings: edit those. -->"

LIVE_PREFACE: Final = f"""\
# `live`

{WRITTEN}

The user that a test holds: one person with one browser tab. Steps are awaited and take
`timeout=` ("3s", or seconds); reading never waits. The project's tests run every example
on this page against the demo app in `example_tests/roost`.
"""

PRELUDE: Final = """\
import asyncio

import pytest

from pytest_liveview_load import ElementError, Hook, NoData, budget, kB, load, ms, s


async def browse(live):
    await live.visit("/streams")
    await live.click("#top")


async def buy(live):
    await live.visit("/counter")
    await live.click("#inc")
"""

REFERENCE_PREFACE: Final = f"""\
# Reference

{WRITTEN}

Everything that `pytest_liveview_load` exports, apart from the steps of a user, which are in
[`live`](live.md). Only these names are public: inner modules move without notice. Durations
are seconds wherever they are numbers, sizes bytes, rates per second, and ratios lie between
0 and 1; as an argument, each of them may also be text with a unit (`"200ms"`, `"100/s"`).

The project's tests run every example on this page against the demo app. They begin with:

```python
{PRELUDE.strip()}
```
"""


class Group(NamedTuple):
    """A section of the reference: names that the package exports, and what unites them."""

    title: str
    names: tuple[str, ...]
    words: str = ""


GROUPS: Final = (
    Group("Markers", ("load", "budget")),
    Group(
        "The `load` fixture",
        ("LoadContext",),
        "A test that asks for the fixture `load` runs its own loads: "
        "`async def test_x(load): …`.",
    ),
    Group("What a run measured", ("LoadResult",)),
    Group("A run that goes on", ("RunningCrowd", "Storm")),
    Group("Several runs", ("Limit", "Comparison")),
    Group(
        "Hooks",
        ("Hook",),
        "See [hooks and uploads](hooks_and_uploads.md) for the task.",
    ),
    Group(
        "The user", ("LiveUser",), "Every step has its own entry in [`live`](live.md)."
    ),
)

UNITS: Final = ("us", "ms", "s", "minute", "kB", "MB", "KiB", "MiB")

# Public to the plugin and to nobody else.
NOT_FOR_TESTS: Final[Mapping[str, frozenset[str]]] = {
    "LoadContext": frozenset({"check_started", "plan_of"}),
    "LoadResult": frozenset(),
    "RunningCrowd": frozenset(
        {"carried_out", "check_sound", "cut", "error", "leave_behind"}
    ),
    "Limit": frozenset({"to_data", "finding"}),
    "Comparison": frozenset({"to_data", "finding", "compared"}),
    "Storm": frozenset(),
    "Hook": frozenset(),
}


# Members and their docstrings


def live_groups() -> Iterator[type]:
    """Yield the classes that `LiveUser` is made of, itself last."""
    for group in LiveUser.__mro__[::-1]:
        if members(group):
            yield group


def members(group: type) -> dict[str, Any]:
    """Return the members that a test may use, in their order in the file."""
    hidden = NOT_FOR_TESTS.get(group.__name__, frozenset())
    return {
        name: member
        for name, member in vars(group).items()
        if not name.startswith("_")
        and name not in hidden
        and (
            isinstance(member, FunctionType | property)
            or hasattr(member, "__wrapped__")
            or hasattr(member, "func")  # cached_property
        )
    }


def parts(member: object) -> tuple[str, str]:
    """Return the words and the example of a docstring, either of them may be ''."""
    words, _, example = (inspect.getdoc(member) or "").partition(EXAMPLE)
    words, raises, listed = words.partition("\nRaises:\n")
    errors_of_it = "\n".join(error_items(listed))
    told = f"{words.strip()}\n\nRaises:\n\n{errors_of_it}" if raises else words.strip()
    return told, dedent(example).strip("\n").rstrip()


def error_items(listed: str) -> Iterator[str]:
    """Yield the lines of a docstring's `Raises:` as a list of Markdown."""
    for line in dedent(listed).strip().splitlines():
        name, colon, meaning = line.partition(": ")
        if colon and not line.startswith(" "):
            yield f"- `{name}`: {meaning}"
        else:
            yield f"  {line.strip()}"


def heading(name: str, member: object, owner: str) -> str:
    """Return how a test writes it: `await live.click(selector=None, *, text=None)`."""
    before = f"{owner}." if owner else ""
    if not callable(member):
        return f"`{before}{name}`"
    parameters = list(inspect.signature(member).parameters.values())
    if parameters and parameters[0].name == "self":
        del parameters[0]
    bare = [each.replace(annotation=inspect.Parameter.empty) for each in parameters]
    function = inspect.unwrap(member)
    word = ""
    if inspect.iscoroutinefunction(function):
        word = "await "
    elif inspect.isasyncgenfunction(function):
        word = "async with "
    elif inspect.isgeneratorfunction(function):
        word = "with "
    return f"`{word}{before}{name}{inspect.Signature(bare)}`"


def section(level: int, title: str, words: str, example: str = "") -> str:
    """Return a heading, its text and its example."""
    code = f"\n\n```python\n{example}\n```" if example else ""
    return f"{'#' * level} {title}\n\n{words}{code}\n"


# The page of `live`


def live_examples() -> dict[str, str]:
    """Return the code of every example of `live`, by the name of its step."""
    found = {
        name: parts(member)[1]
        for group in live_groups()
        for name, member in members(group).items()
    }
    return {name: example for name, example in found.items() if example}


def live_page() -> str:
    """Return the page of `live` as Markdown."""
    sections = [LIVE_PREFACE]
    for group in live_groups():
        title = (inspect.getdoc(group) or "").splitlines()[0].rstrip(".")
        sections.append(f"## {title}\n")
        for name, member in members(group).items():
            sections.append(section(3, heading(name, member, "live"), *parts(member)))
    return "\n".join(sections)


def runnable(example: str) -> str:
    """Return an example of `live` as the source of an async function."""
    return f"async def example(live):\n{indent(example, '    ')}\n"


# The page of everything else

OWNERS: Final = {
    "LoadContext": "load",
    "LoadResult": "result",
    "RunningCrowd": "crowd",
    "Storm": "storm",
    "Limit": "limit",
    "Comparison": "comparison",
    "Hook": "hook",
}


def exported(name: str) -> Any:
    """Return what the package exports under a name."""
    return getattr(pytest_liveview_load, name)


def errors() -> list[type[BaseException]]:
    """Return the exported errors and warnings, each after its base."""
    found = [exported(name) for name in pytest_liveview_load.__all__]
    classes = [
        each
        for each in found
        if isinstance(each, type) and issubclass(each, BaseException)
    ]
    order = inspect.getsource(inspect.getmodule(LiveViewLoadError) or units)
    return sorted(classes, key=lambda each: order.find(f"class {each.__name__}("))


def reference_examples() -> dict[str, str]:
    """Return the code of every example of the reference, by name: 'LoadContext.run'."""
    found = {}
    for group in GROUPS:
        for name in group.names:
            thing = exported(name)
            found[name] = parts(thing)[1]
            if name in OWNERS:
                for member_name, member in members(thing).items():
                    found[f"{name}.{member_name}"] = parts(member)[1]
    for error in errors():
        found[error.__name__] = parts(error)[1]
    return {name: example for name, example in found.items() if example}


def reference_page() -> str:
    """Return the page of all other exported names as Markdown."""
    sections = [REFERENCE_PREFACE]
    for group in GROUPS:
        sections.append(f"## {group.title}\n")
        if group.words:
            sections.append(f"{group.words}\n")
        for name in group.names:
            sections += list(entry(name, exported(name)))
    sections += [units_section(), *errors_sections()]
    return "\n".join(sections)


def entry(name: str, thing: Any) -> Iterator[str]:
    """Yield the sections of one exported class or function."""
    if not isinstance(thing, type):
        yield section(3, f"`@{name}(…)`", *parts(thing))
        if name == "load":
            yield arguments_table()
        return
    words, example = parts(thing)
    yield section(3, f"`{name}`", words, example)
    for member_name, member in members(thing).items() if name in OWNERS else ():
        title = heading(member_name, member, OWNERS[name])
        yield section(4, title, *parts(member))


def arguments_table() -> str:
    """Return the arguments of `@load` and `load.run` with their types."""
    markers = inspect.getmodule(pytest_liveview_load.load)
    hints = inspect.get_annotations(markers.LoadArguments)  # type: ignore[union-attr]
    rows = [f"| `{name}` | {type_words(hint)} |" for name, hint in hints.items()]
    return "\n".join(
        [
            "What each of them means is in [the load model](load.md#all-arguments).\n",
            "| argument | type |",
            "|---|---|",
            *rows,
            "",
        ]
    )


def type_words(hint: object) -> str:
    """Return a type as a table's cell."""
    text = hint.__name__ if isinstance(hint, type) else str(hint)
    for module in ("collections.abc.", "typing.", "os."):
        text = text.replace(module, "")
    return f"`{text}`".replace("|", "\\|")


def units_section() -> str:
    """Return the table of units."""
    rows = [f"| `{name}` | {exported(name)!r} |" for name in UNITS]
    words = (
        "Numbers to multiply by, so that a comparison says its unit: "
        "`assert result.p95_mount < 200 * ms`. Times are in seconds, sizes in bytes."
    )
    return "\n".join(
        ["## Units\n", f"{words}\n", "| name | is |", "|---|---|", *rows, ""]
    )


def errors_sections() -> Iterator[str]:
    """Yield the sections of the errors."""
    yield (
        "## Errors\n\nEach carries what its message says as plain attributes. Errors of a "
        "step fail the iteration of one user; the others fail the test.\n"
    )
    for error in errors():
        words, example = parts(error)
        bases = ", ".join(f"`{each.__name__}`" for each in error.__bases__)
        fields = attributes(error)
        told = (
            f"\n\nAttributes: {', '.join(f'`{each}`' for each in fields)}."
            if fields
            else ""
        )
        yield section(
            3, f"`{error.__name__}`", f"A kind of {bases}. {words}{told}", example
        )


def attributes(error: type[BaseException]) -> list[str]:
    """Return what the constructor of an error keeps on it."""
    if "__init__" not in vars(error):
        return []
    tree = ast.parse(dedent(inspect.getsource(error)))
    return [
        target.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
    ]


PAGES: Final[Mapping[Path, Callable[[], str]]] = {
    LIVE_PAGE: live_page,
    REFERENCE_PAGE: reference_page,
}

if __name__ == "__main__":
    stale = [path for path, page in PAGES.items() if path.read_text() != page()]
    if "--check" in sys.argv and stale:
        names = ", ".join(each.name for each in stale)
        sys.exit(f"{names}: not what the docstrings say. Run: python docs/generate.py")
    for path in stale:
        path.write_text(PAGES[path]())
