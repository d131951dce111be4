"""Load tests for Phoenix LiveView that stand next to unit tests.

Public is what this module exports. Names are loaded when first used (PEP 562), so that
a suite with no load test in it pays nothing for having the plugin installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_liveview_load.crowd.running import RunningCrowd
    from pytest_liveview_load.crowd.storm import Storm
    from pytest_liveview_load.errors import (
        BudgetExceeded,
        ConfigurationError,
        InvalidRun,
        LiveViewLoadError,
        NoData,
        RunAborted,
        StepError,
    )
    from pytest_liveview_load.experiments.compare import Comparison
    from pytest_liveview_load.experiments.find_limit import Limit
    from pytest_liveview_load.liveview.client.hooks import Hook
    from pytest_liveview_load.liveview.user.live_user import LiveUser
    from pytest_liveview_load.load_context import LoadContext
    from pytest_liveview_load.markers import budget, load
    from pytest_liveview_load.metrics.result import LoadResult
    from pytest_liveview_load.plugin.version_guard import LiveViewVersionWarning
    from pytest_liveview_load.units import MB, KiB, MiB, kB, minute, ms, s, us

__all__ = [
    "MB",
    "BudgetExceeded",
    "Comparison",
    "ConfigurationError",
    "Hook",
    "InvalidRun",
    "KiB",
    "Limit",
    "LiveUser",
    "LiveViewLoadError",
    "LiveViewVersionWarning",
    "LoadContext",
    "LoadResult",
    "MiB",
    "NoData",
    "RunAborted",
    "RunningCrowd",
    "StepError",
    "Storm",
    "budget",
    "kB",
    "load",
    "minute",
    "ms",
    "s",
    "us",
]

HOMES = {
    "Comparison": "crowd.trials.comparison",
    "Hook": "client.tab.hooks",
    "Limit": "crowd.trials.limit",
    "LiveUser": "client.live_user",
    "LoadContext": "crowd.context",
    "LiveViewVersionWarning": "plugin.version_guard",
    "LoadResult": "crowd.results.result",
    "RunningCrowd": "crowd.runs.running",
    "Storm": "crowd.runs.storm",
    "budget": "markers",
    "load": "markers",
    **dict.fromkeys(("KiB", "MB", "MiB", "kB", "minute", "ms", "s", "us"), "units"),
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    home = import_module(f"{__name__}.{HOMES.get(name, 'errors')}")
    value: object = getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
