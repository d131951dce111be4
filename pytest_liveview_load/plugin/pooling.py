"""The pool that was asked for: its lines, and who provides its hosts.

Law: it is checked whole as the session starts; nothing is booted before a load test runs.
"""

from typing import NamedTuple

import pytest

from pytest_liveview_load.errors import PoolError, SettingError
from pytest_liveview_load.plugin.options import Given
from pytest_liveview_load.pool.booter_client import Provider, pickled
from pytest_liveview_load.pool.settings import PoolSettings, parse_pool


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
    try:
        if provider is not None:
            pickled(provider)
        settings = parse_pool(
            lines_of(given), folder=folder, has_provider=provider is not None
        )
    except PoolError as error:
        place = f" ({given.place})" if given is not None else ""
        raise SettingError(f"{error}{place}") from None
    return PoolAsked(settings, provider)


def lines_of(given: Given | None) -> list[str]:
    """Return the lines that are not empty."""
    if given is None:
        return []
    texts = (given.text,) if isinstance(given.text, str) else given.text
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return [each for each in lines if each and not each.startswith("#")]
