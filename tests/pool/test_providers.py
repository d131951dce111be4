"""A person's own object that boots and stops a pool's hosts, in the booter's process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_liveview_load.errors import PoolError
from tests.pool.pool_machines import BooterUnderTest, Machines

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
    booter = BooterUnderTest(
        machines.settings("", ""), provider=LocalProvider(machines.folder)
    )
    booter.client.boot("liveview-1")
    assert ("up", "liveview-1", "popen") == booter.next_message()
    assert {"liveview-1"} == machines.alive()

    assert booter.close()

    machines.wait_for(0)


def test_what_a_provider_raises_is_told(machines: Machines) -> None:
    booter = BooterUnderTest(
        machines.settings("", ""), provider=Refusing(machines.folder)
    )
    booter.client.boot("liveview-1")

    expected = ("failed", "liveview-1", "ConnectionError: no more machines", None, "")
    assert expected == booter.next_message()
    booter.close()


def test_a_provider_that_cannot_travel_is_refused() -> None:
    class Local(LocalProvider):
        pass

    with pytest.raises(PoolError, match="cannot be pickled"):
        BooterUnderTest(Machines(Path()).settings("", ""), provider=Local(Path()))


def test_a_provider_that_cannot_be_loaded_is_told(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys, "path", [each for each in sys.path if each and Path(each) != HERE]
    )
    booter = BooterUnderTest(
        machines.settings("", ""), provider=LocalProvider(machines.folder)
    )

    word, problem = booter.next_message()

    assert "broken" == word
    assert problem.startswith("ModuleNotFoundError: No module named 'pytest_liveview")
    assert booter.close()
