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
        self._namespaces: list[Mapping[str, Any]] = []  # of the tests that go on
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
        self._namespaces += namespaces
        try:
            yield
        finally:
            for each in namespaces:
                self._namespaces.remove(each)
            if not self._namespaces:
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
        dropped = DROPPED.fullmatch(str(message))
        name = self._called(dropped[1]) if dropped else ""
        if not name:
            self._others(message, category, filename, lineno, file, line)
            return
        is_theirs = any(filename == each.get("__file__") for each in self._namespaces)
        where = f" ({Path(filename).name}:{lineno})" if is_theirs else ""
        problem = (
            f"it was called without `await`{where}, so it did nothing: write "
            f"`await {name}(…)`"
        )
        self._found.append(CallError(f"{name}()", problem))

    def _called(self, qualified: str) -> str:
        """Return what a test calls this coroutine, "" if no test knows it."""
        if qualified in self._steps:
            return self._steps[qualified]
        root = qualified.partition(".")[0]
        for namespace in self._namespaces:
            modules = (
                each for each in namespace.values() if isinstance(each, ModuleType)
            )
            if root in namespace or any(root in vars(each) for each in modules):
                return qualified.rpartition(".")[2]
        return ""


unawaited: Final = UnawaitedCalls()
unawaited.add_steps("live", LiveUser)
unawaited.add_steps("crowd", RunningCrowd)
