"""The event loop of a test that no async plugin claims.

Law: asyncio, on uvloop where that is installed; the loop is closed with the test, and
Ctrl-C cancels the test before it reaches pytest, as asyncio.Runner does it.
"""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from pytest_liveview_load.errors import MarkerError


def run_test(item: pytest.Function) -> bool | None:
    """Run a test whose function is still async, that is: nobody else claimed it.

    None if it is not ours to run.
    """
    function = item.obj
    if not inspect.iscoroutinefunction(function):
        return None
    arguments = {
        name: item.funcargs[name]
        for name, parameter in inspect.signature(function).parameters.items()
        if name in item.funcargs and parameter.default is parameter.empty
    }
    run(function(**arguments))
    return True


def run(work: Coroutine[Any, Any, None]) -> None:
    """Run a test's coroutine to its end, on a loop of its own."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(work)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the fastest loop there is; None leaves it to asyncio."""
    try:
        import uvloop  # noqa: PLC0415 (costs 10 ms, and is not everywhere)
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def require_no_loop(test: str) -> None:
    """Raise MarkerError if the test runs already: then it is too late for `live`."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    message = (
        f"{test} asks for `live` or `load` while it runs (getfixturevalue): make it a "
        f"parameter, `async def {test}(live)`"
    )
    raise MarkerError(message)


def require_asyncio(test: str) -> None:
    """Raise MarkerError unless asyncio runs the current test."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        message = (
            f"{test} runs on another backend than asyncio, which `live` and `load` need: "
            "give the test an anyio_backend fixture that returns 'asyncio', or leave its "
            "anyio or trio marker out (none is needed)"
        )
        raise MarkerError(message) from None
