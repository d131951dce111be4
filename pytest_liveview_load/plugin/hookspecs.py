"""The hooks that this plugin calls, for conftest.py and other plugins.

Only declarations stand here: pytest reads this file at every start, so it imports nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_liveview_load.pool.booter_client import Provider


@pytest.hookspec(firstresult=True)
def pytest_liveview_load_provide_host(config: pytest.Config) -> Provider | None:
    """Return who boots and stops the hosts of the pool, None to leave that to others.

    It has two methods, which may be coroutines. `boot(name)` returns the execnet spec of
    a host that can be reached, like "ssh=root@10.0.0.7"; `stop(name, spec)` ends it, and
    gets "" for the spec of one that `boot` had not returned yet. They run in a process of
    their own, that stops all hosts even if pytest is killed: the provider must be
    picklable, and of a module that can be imported. Asked once, as the session starts.
    """
