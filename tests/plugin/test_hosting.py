"""The hosts of a session, and what a person is told who waits for them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_liveview_load.distribution.controller import Controller
from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.specs import parse_specs
from pytest_liveview_load.plugin.host_setup import SessionHosts
from tests.distribution.fake_runners import prepare

BEGIN = prepare(users=2)


@pytest.fixture
def controller() -> Iterator[Controller]:
    controller = Controller()
    controller.start()
    yield controller
    controller.close()


def hosting(folder: Path, specs: str, shown: list[str]) -> SessionHosts:
    (folder / "test_it.py").touch()
    return SessionHosts(
        specs=parse_specs([specs]),
        tests=["test_it.py::test_it"],
        rootdir=folder,
        import_mode="prepend",
        ignored=(),
        show=shown.append,
        complain=shown.append,
    )


def but_for_what_is_sent(shown: list[str]) -> list[str]:
    """Return the lines that do not depend on what the cache of this machine has."""
    return [each for each in shown if " is sent " not in each]


def test_who_waits_is_told_for_whom_and_only_then(
    controller: Controller, tmp_path: Path
) -> None:
    shown: list[str] = []
    hosts = hosting(tmp_path, "popen//id=one, popen//id=two", shown)
    try:
        first = asyncio.run(hosts.open(controller, BEGIN))
        second = asyncio.run(hosts.open(controller, BEGIN))
    finally:
        hosts.close()

    assert ("one", "two") == first == second
    assert ["opening one, two", "", ""] == but_for_what_is_sent(shown)


def test_those_that_could_be_opened_stay_open(
    controller: Controller, tmp_path: Path
) -> None:
    shown: list[str] = []
    hosts = hosting(tmp_path, "popen//id=one, popen//id=two//python=false", shown)
    try:
        for _ in range(2):
            with pytest.raises(
                HostError, match=r"no Python answered \(exit status 1\)"
            ):
                asyncio.run(hosts.open(controller, BEGIN))
    finally:
        hosts.close()

    assert ["opening one, two", "", "opening two", ""] == but_for_what_is_sent(shown)
