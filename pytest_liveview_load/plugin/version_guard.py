"""What a session warns of once: a LiveView release that nobody has compared the client with,
and an app that is a development server, whose timings are measured.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import DevelopmentServerWarning, LiveViewVersionWarning
from pytest_liveview_load.liveview.protocol.versions import DEVELOPMENT, HELD, is_held

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


IN_DEVELOPMENT: Final = (
    "the app is a development server (its pages have the frame of phoenix_live_reload): it "
    "looks for changed code at each request, and its timings are not those of production. "
    "Measure a release, or MIX_ENV=prod mix phx.server; filterwarnings = "
    "ignore::pytest_liveview_load.DevelopmentServerWarning silences this"
)
KINDS: Final = {
    each.__name__: each for each in (LiveViewVersionWarning, DevelopmentServerWarning)
}


def new_warnings(met: Iterable[str], known: set[str]) -> dict[str, str]:
    """Return what is to be warned of in this process, by its kind; `known` grows.

    `met` are what servers were, as `Network.versions` has them. Raises a warning where the
    filters make it an error, and leaves out what they ignore.
    """
    new = {each for each in met if each == DEVELOPMENT or not is_held(each)} - known
    known.update(new)
    told: dict[str, str] = {}
    if versions := sorted(new - {DEVELOPMENT}):
        told[LiveViewVersionWarning.__name__] = MESSAGE.format(
            version=" and ".join(versions)
        )
    if DEVELOPMENT in new:
        told[DevelopmentServerWarning.__name__] = IN_DEVELOPMENT
    return {kind: said for kind, said in told.items() if is_heeded(kind, said)}


def is_heeded(kind: str, message: str) -> bool:
    """Return whether the filters show a warning. Raises it if they make it an error."""
    with warnings.catch_warnings(record=True) as heeded:
        warnings.warn(message, KINDS[kind], stacklevel=1)
    return bool(heeded)


def warn_once(
    session: LoadSession, config: pytest.Config, kind: str, said: str
) -> None:
    """Show a warning in pytest's summary, unless the session has had one of its kind."""
    if kind in session.warned:
        return
    session.warned.add(kind)
    try:
        config.issue_config_time_warning(KINDS[kind](said), stacklevel=2)
    except KINDS[kind]:
        # An error by the session's filters that the test's own mark took back.
        session.complaints.append(said)
