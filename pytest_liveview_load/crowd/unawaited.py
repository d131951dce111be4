"""What a test called without `await`: it did nothing, and the test must not pass for it.

Python warns of a coroutine that is dropped before it has begun. Where that is a step, a load
or a function that the test knows by name, the warning is an error of the test. Other
coroutines keep their warning.
"""

import inspect
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TextIO

from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.crowd.running import RunningCrowd
from pytest_liveview_load.errors import CallError

DROPPED: Final = re.compile(r"coroutine '(.*)' was never awaited")


class UnawaitedCalls:
    """Sees what is dropped in this process, while a test or a run in it goes on.

    There is one, `unawaited`, since warnings are of the whole process.
    """

    def __init__(self) -> None:
        self._steps: dict[str, str] = {}  # by qualified name, as tests call them
        # Of the modules of each test and run that goes on.
        self._namespaces: list[list[Mapping[str, Any]]] = []
        self._found: list[CallError] = []
        self._filters: warnings.catch_warnings[None] | None = None
        self._others: Any = None  # who shows warnings otherwise

    def add_steps(self, name: str, cls: type) -> None:
        """Know the steps of a class, which tests call `name`."""
        for each, method in inspect.getmembers(cls, inspect.iscoroutinefunction):
            if not each.startswith("_"):
                self._steps[method.__qualname__] = f"{name}.{each}"

    @contextmanager
    def watched(self, functions: Iterable[object]) -> Iterator[None]:
        """Watch within this block, also for what the modules of `functions` know."""
        namespaces = [
            getattr(inspect.unwrap(getattr(each, "func", each)), "__globals__", {})  # type: ignore[arg-type]
            for each in functions
        ]
        if not self._namespaces:
            self._begin()
        self._namespaces.append(namespaces)
        try:
            yield
        finally:
            # By identity: what a test's module holds may not like to be compared.
            others = [each for each in self._namespaces if each is not namespaces]
            self._namespaces = others
            if not others:
                self._end()

    def check(self) -> None:
        """Raise CallError if anything was dropped since the last time."""
        if self._found:
            first = self._found[0]
            self._found.clear()
            raise first

    def _begin(self) -> None:
        self._found.clear()
        self._filters = warnings.catch_warnings()
        self._filters.__enter__()
        warnings.filterwarnings("always", DROPPED.pattern, RuntimeWarning)
        self._others, warnings.showwarning = warnings.showwarning, self._show

    def _end(self) -> None:
        assert self._filters is not None
        self._filters.__exit__(None, None, None)
        self._filters = None

    def _show(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        namespaces = [each for group in self._namespaces for each in group]
        by_test = any(filename == each.get("__file__") for each in namespaces)
        dropped = DROPPED.fullmatch(str(message))
        name = (
            ""
            if dropped is None
            else self._called(dropped[1], namespaces, by_test=by_test)
        )
        if not name:
            self._others(message, category, filename, lineno, file, line)
            return
        where = f" ({Path(filename).name}:{lineno})" if by_test else ""
        problem = (
            f"it was called without `await`{where}, so it did nothing: write "
            f"`await {name}(…)`"
        )
        self._found.append(CallError(f"{name}()", problem))

    def _called(
        self, qualified: str, namespaces: list[Mapping[str, Any]], *, by_test: bool
    ) -> str:
        """Return what a test calls this coroutine, "" if it is not the test's to await.

        What a module that it imports has is the test's if its own lines dropped it.
        """
        if qualified in self._steps:
            return self._steps[qualified]
        root, last = qualified.partition(".")[0], qualified.rpartition(".")[2]
        for namespace in namespaces:
            modules = [
                each for each in namespace.values() if isinstance(each, ModuleType)
            ]
            imported = by_test and any(root in vars(each) for each in modules)
            if root in namespace or imported:
                return last
        return ""


unawaited: Final = UnawaitedCalls()
unawaited.add_steps("live", LiveUser)
unawaited.add_steps("crowd", RunningCrowd)
