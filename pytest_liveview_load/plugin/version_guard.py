"""The one warning about a LiveView release that nobody has compared the client with."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import LiveViewVersionWarning
from pytest_liveview_load.liveview.protocol.versions import HELD, is_held

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from pytest_liveview_load.plugin.session import LoadSession

FIRST: Final = ".".join(HELD[0].split(".")[:2])
LAST: Final = ".".join(HELD[-1].split(".")[:2])
MESSAGE: Final = (
    "the app's LiveView is {version}; this client is held to recordings of LiveView "
    f"{FIRST} to {LAST} ({', '.join(HELD)}), so what it sends and shows there is unproven. "
    "A newer pytest-liveview-load may know it; filterwarnings = "
    "ignore::pytest_liveview_load.LiveViewVersionWarning silences this"
)


def new_warning(versions: Iterable[str], known: set[str]) -> str:
    """Return what is to be warned of in this process, "" if nothing; `known` grows.

    Raises LiveViewVersionWarning where the filters make it an error, and returns nothing
    where they ignore it.
    """
    new = sorted(each for each in versions if each not in known and not is_held(each))
    known.update(new)
    if not new:
        return ""
    message = MESSAGE.format(version=" and ".join(new))
    with warnings.catch_warnings(record=True) as heeded:
        warnings.warn(message, LiveViewVersionWarning, stacklevel=1)
    return message if heeded else ""


def warn_once(session: LoadSession, config: pytest.Config, message: str) -> None:
    """Show a warning in pytest's summary, unless the session has had one."""
    if session.version_warned:
        return
    session.version_warned = True
    try:
        config.issue_config_time_warning(LiveViewVersionWarning(message), stacklevel=2)
    except LiveViewVersionWarning:
        # An error by the session's filters that the test's own mark took back.
        session.complaints.append(message)
