"""Where the rows of a load come from, by the name that a test gives: a file or a fixture.

A file is looked for beside the test's own; a name that is no file is a fixture's. What can
be checked at collection is checked there, before any test has run.
"""

from __future__ import annotations

import contextlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_liveview_load.crowd.data import PARSERS, Rows, read
from pytest_liveview_load.errors import DataError, PoolError, SettingError, UnitError
from pytest_liveview_load.pool.booter_client import Provider, pickled
from pytest_liveview_load.pool.settings import PoolSettings, parse_pool
from pytest_liveview_load.units import near_miss

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_liveview_load.crowd.plan import RunPlan
    from pytest_liveview_load.plugin.options import Given

# Where releases of pytest keep fixtures by name: all we lose with a new one is a hint.
KEPT_BY: Final = (
    "_arg2fixturedefs",
    "_arg2node2fixturedefs",
    "_arg2nodeid2fixturedefs",
)
MOST_FILES: Final = 1000  # that are looked through for a near miss


def check_data(item: pytest.Function, plan: RunPlan) -> None:
    """Check what can be known of a load's data, and have its fixture set up with the test.

    Raises DataError.
    """
    name = plan.data
    if not isinstance(name, str):
        return
    path = path_of(item, name)
    if path.exists():
        # The header and the first row: the others are read when they are needed.
        with contextlib.closing(read(path, name)) as rows:
            next(rows)
    elif is_fixture(item, name):
        item.fixturenames.append(name)
    else:
        raise unknown(item, name)


class DataSources:
    """Owns the rows that the loads of one test were given by name, each read once.

    `fixture` returns the value of a fixture of the test.
    """

    def __init__(self, item: pytest.Function, fixture: Callable[[str], Any]) -> None:
        self.item = item
        self.fixture = fixture
        self._known: dict[str, Rows] = {}

    def rows_of(self, plan: RunPlan) -> Rows | None:
        """Return the rows of a load, None if it has no data. Raises DataError."""
        name = plan.data
        if not isinstance(name, str):
            return name
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    def _found(self, name: str) -> Rows:
        path = path_of(self.item, name)
        if path.exists():
            return Rows(list(read(path, name)), name)
        if not is_fixture(self.item, name):
            raise unknown(self.item, name)
        called = f"the fixture {name!r}"
        try:
            return Rows(self.fixture(name), called)
        except UnitError as error:
            raise DataError(called, str(error)) from None


def path_of(item: pytest.Function, name: str) -> Path:
    """Return the file that a name would be."""
    return Path(item.path.parent, Path(name).expanduser())


def is_fixture(item: pytest.Function, name: str) -> bool:
    """Return whether a test could ask for a fixture of this name."""
    # There is no public way to ask whether there is one without making it.
    manager = getattr(item.session, "_fixturemanager", None)
    return manager is not None and bool(manager.getfixturedefs(name, item))


def unknown(item: pytest.Function, name: str) -> DataError:
    """Return the error that says what was looked for, and offers the near miss."""
    path = path_of(item, name)
    beside = [each.name for each in siblings(path) if each.suffix.lower() in PARSERS]
    manager = getattr(item.session, "_fixturemanager", None)
    fixtures = [each for kept in KEPT_BY for each in getattr(manager, kept, ())]
    hint = near_miss(path.name, beside) or near_miss(name, fixtures)
    why = f"there is no file {str(path)!r}, and no fixture of this name.{hint}"
    return DataError(f"load(data={name!r})", why)


def siblings(path: Path) -> list[Path]:
    """Return files in a folder, none if there is no such folder."""
    try:
        return sorted(islice(path.parent.iterdir(), MOST_FILES))
    except OSError:
        return []


# The pool that was asked for: its lines, and who provides its hosts.


class PoolAsked(NamedTuple):
    """What was asked of a pool, checked; without a provider it has commands."""

    settings: PoolSettings
    provider: Provider | None


def asked_pool(config: pytest.Config, given: Given | None) -> PoolAsked | None:
    """Return the pool, None if neither lines nor a provider ask for one.

    Raises SettingError, which quotes the line that is wrong.
    """
    provider = config.hook.pytest_liveview_load_provide_host(config=config)
    if given is None and provider is None:
        return None
    folder = given.folder if given is not None else str(config.rootpath)
    lines = given.lines if given is not None else []
    lines = [each for each in lines if not each.startswith("#")]
    try:
        if provider is not None:
            pickled(provider)
        settings = parse_pool(lines, folder=folder, has_provider=provider is not None)
    except PoolError as error:
        place = f" ({given.place})" if given is not None else ""
        raise SettingError(f"{error}{place}") from None
    return PoolAsked(settings, provider)
