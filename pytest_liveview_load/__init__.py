"""Load tests for Phoenix LiveView that stand next to unit tests.

Public is what this module exports. Names are loaded when first used (PEP 562), so that
a suite with no load test in it pays nothing for having the plugin installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_liveview_load.crowd.live_user import LiveUser
    from pytest_liveview_load.crowd.running import RunningCrowd
    from pytest_liveview_load.crowd.storm import Storm
    from pytest_liveview_load.errors import (
        BudgetExceeded,
        BudgetSyntaxError,
        CallError,
        ConfigurationError,
        ConnectionFailed,
        ConnectionLost,
        CrowdError,
        DataError,
        DevelopmentServerWarning,
        ElementError,
        HostError,
        InvalidRun,
        JoinFailed,
        LiveViewLoadError,
        LiveViewVersionWarning,
        LoadFailed,
        LoadRefused,
        MarkerError,
        NoData,
        NotLiveView,
        PageError,
        PoolError,
        ProtocolError,
        RendezvousTimeout,
        RunAborted,
        RunnerError,
        RunOver,
        ScenarioError,
        ServerFailed,
        SettingError,
        StepError,
        StepTimeout,
        SyncError,
        TooFewFiles,
        UnitError,
        UploadError,
        ViewCrashed,
        WrongAddress,
    )
    from pytest_liveview_load.experiments.compare import Comparison
    from pytest_liveview_load.experiments.find_limit import Limit
    from pytest_liveview_load.liveview.client.hooks import Hook
    from pytest_liveview_load.load_context import LoadContext
    from pytest_liveview_load.markers import budget, load
    from pytest_liveview_load.metrics.result import LoadResult
    from pytest_liveview_load.units import MB, KiB, MiB, kB, minute, ms, s, us

__all__ = [
    "MB",
    "BudgetExceeded",
    "BudgetSyntaxError",
    "CallError",
    "Comparison",
    "ConfigurationError",
    "ConnectionFailed",
    "ConnectionLost",
    "CrowdError",
    "DataError",
    "DevelopmentServerWarning",
    "ElementError",
    "Hook",
    "HostError",
    "InvalidRun",
    "JoinFailed",
    "KiB",
    "Limit",
    "LiveUser",
    "LiveViewLoadError",
    "LiveViewVersionWarning",
    "LoadContext",
    "LoadFailed",
    "LoadRefused",
    "LoadResult",
    "MarkerError",
    "MiB",
    "NoData",
    "NotLiveView",
    "PageError",
    "PoolError",
    "ProtocolError",
    "RendezvousTimeout",
    "RunAborted",
    "RunOver",
    "RunnerError",
    "RunningCrowd",
    "ScenarioError",
    "ServerFailed",
    "SettingError",
    "StepError",
    "StepTimeout",
    "Storm",
    "SyncError",
    "TooFewFiles",
    "UnitError",
    "UploadError",
    "ViewCrashed",
    "WrongAddress",
    "budget",
    "kB",
    "load",
    "minute",
    "ms",
    "s",
    "us",
]

HOMES = {
    "Comparison": "experiments.compare",
    "Hook": "liveview.client.hooks",
    "Limit": "experiments.find_limit",
    "LiveUser": "crowd.live_user",
    "LoadContext": "load_context",
    "LoadResult": "metrics.result",
    "RunningCrowd": "crowd.running",
    "Storm": "crowd.storm",
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
