"""What was asked for of hosts, before one is needed.

Law: plain values, and nothing heavy is imported, for a session may have no load test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from pytest_liveview_load.hosts.specs import HostSpec
    from pytest_liveview_load.plugin.pooling import PoolAsked
    from pytest_liveview_load.plugin.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """The hosts of a session, and where the tests are that travel to them.

    `ships` says that the plugin travels too; `import_mode` and `ignored` are pytest's
    importmode and norecursedirs.
    """

    specs: tuple[HostSpec, ...] = ()
    ships: bool = False
    rootdir: Path
    import_mode: str
    ignored: tuple[str, ...]
    pool: PoolAsked | None = None

    @classmethod
    def of(
        cls, config: pytest.Config, settings: Settings, pool: PoolAsked | None = None
    ) -> HostPlan:
        """Return what was set in a session."""
        return cls(
            specs=settings.hosts,
            ships=settings.ship,
            rootdir=config.rootpath,
            import_mode=config.getoption("importmode"),
            ignored=tuple(config.getini("norecursedirs")),
            pool=pool,
        )

    def files(self, tests: Iterable[str]) -> set[Path]:
        """Return the files that tests are in, by their node ids."""
        return {self.rootdir / each.partition("::")[0] for each in tests}
