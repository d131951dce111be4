"""A person's own object that boots and stops a pool's hosts, in the keeper's process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_liveview_load.errors import PoolError
from tests.pool.pool_machines import Kept, Machines

HERE = Path(__file__).parents[2]


class LocalProvider:
    """Boots processes, and keeps them where another process may find them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def boot(self, name: str) -> str:
        print("a provider may print")
        process = subprocess.Popen(["sleep", "600"], start_new_session=True)
        (self.folder / name).write_text(str(process.pid))
        return "popen"

    async def stop(self, name: str, spec: str) -> None:
        os.kill(int((self.folder / name).read_text()), signal.SIGKILL)


class Refusing(LocalProvider):
    def boot(self, name: str) -> str:
        raise ConnectionError("no more machines")


def test_a_provider_boots_and_stops(machines: Machines) -> None:
    kept = Kept(machines.settings("", ""), provider=LocalProvider(machines.folder))
    kept.leases.boot("liveview-1")
    assert ("up", "liveview-1", "popen") == kept.heard()
    assert {"liveview-1"} == machines.alive()

    assert kept.close()

    machines.wait_for(0)


def test_what_a_provider_raises_is_told(machines: Machines) -> None:
    kept = Kept(machines.settings("", ""), provider=Refusing(machines.folder))
    kept.leases.boot("liveview-1")

    expected = ("failed", "liveview-1", "ConnectionError: no more machines", None, "")
    assert expected == kept.heard()
    kept.close()


def test_a_provider_that_cannot_travel_is_refused() -> None:
    class Local(LocalProvider):
        pass

    with pytest.raises(PoolError, match="cannot be pickled"):
        Kept(Machines(Path()).settings("", ""), provider=Local(Path()))


def test_a_provider_that_cannot_be_loaded_is_told(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "path", [each for each in sys.path if each and Path(each) != HERE]
    )
    kept = Kept(machines.settings("", ""), provider=LocalProvider(machines.folder))

    word, problem = kept.heard()

    assert "broken" == word
    assert problem.startswith("ModuleNotFoundError: No module named 'pytest_liveview")
    assert kept.close()
