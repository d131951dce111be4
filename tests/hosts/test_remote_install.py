"""What is missing there is installed there, once, by the pip that is there."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts import remote_cache
from pytest_liveview_load.hosts import ship as shipping
from pytest_liveview_load.hosts.pack import Requirements, Shipment
from pytest_liveview_load.hosts.ship import ship
from tests.hosts.remote_python import (
    at_once,
    far_python,
    imported,
    index_reached,
    make_wheel,
    of_pip,
    shipment_of,
    tiny_disk,
    wait_until,
)

NAME = "pytest-liveview-load"
TINY = shipment_of({"far_tests.py": b""}, "tiny==1.0")


def runs_of(log: Path) -> int:
    """Return how often pip has installed it."""
    return log.read_text().count("Successfully installed tiny-1.0")


def place_of(top: Path) -> dict[str, str]:
    """Return the variables of a Python whose cache and pip are below a folder."""
    make_wheel(top / "index")
    return {
        "XDG_CACHE_HOME": str(top / "cache"),
        **of_pip(top / "index", top / "pip.log"),
    }


def test_what_is_missing_is_installed_and_found_before_the_tests(
    tmp_path: Path,
) -> None:
    with far_python(**place_of(tmp_path)) as gateway:
        folders = ship(gateway, TINY)
        found = imported(gateway, folders, "tiny")

    cache = tmp_path / "cache" / NAME
    assert [cache, cache] == [Path(folders[0]).parents[1], Path(folders[1]).parent]
    assert f"{folders[0]}/tiny.py" == found
    assert not [each for each in cache.iterdir() if each.name.startswith(".")]


def test_it_is_installed_once_for_all_who_come_later(tmp_path: Path) -> None:
    place, found = place_of(tmp_path), []
    for _ in range(2):
        with far_python(**place) as gateway:
            found.append(ship(gateway, TINY))
        (tmp_path / "index" / "tiny-1.0-py3-none-any.whl").unlink(missing_ok=True)

    assert (found[0], 1) == (found[1], runs_of(tmp_path / "pip.log"))


def test_it_is_installed_once_for_all_who_come_at_once(tmp_path: Path) -> None:
    place = place_of(tmp_path)
    with far_python(**place) as one, far_python(**place) as two:
        first, second = at_once(lambda: ship(one, TINY), lambda: ship(two, TINY))

    assert (first, 1) == (second, runs_of(tmp_path / "pip.log"))


def test_another_list_is_another_folder(tmp_path: Path) -> None:
    place = place_of(tmp_path)
    make_wheel(tmp_path / "index", version="2.0")
    other = shipment_of({"far_tests.py": b""}, "tiny==2.0")
    with far_python(**place) as gateway:
        first, second = ship(gateway, TINY)[0], ship(gateway, other)[0]
        found = imported(gateway, [first], "tiny")

    assert first != second
    assert f"{first}/tiny.py" == found


def test_who_has_it_all_installs_nothing(tmp_path: Path) -> None:
    needs_msgspec = shipment_of(
        {}, f"msgspec=={dict(Requirements.ours().pins)['msgspec']}"
    )
    with far_python(**place_of(tmp_path)) as gateway:
        folders = ship(gateway, needs_msgspec)

    assert 1 == len(folders)
    assert not (tmp_path / "pip.log").exists()


def test_another_version_is_as_good_as_none(tmp_path: Path) -> None:
    place = place_of(tmp_path)
    make_wheel(tmp_path / "index", name="msgspec", version="0.0.1")
    with far_python(**place) as gateway:
        folders = ship(gateway, shipment_of({}, "msgspec==0.0.1"))
        found = imported(gateway, folders, "msgspec")

    assert f"{folders[0]}/msgspec.py" == found


def test_settings_of_that_machines_pip_do_not_stand_in_the_way(tmp_path: Path) -> None:
    place = {**place_of(tmp_path), "PIP_USER": "1", "PIP_REQUIRE_VIRTUALENV": "1"}
    with far_python(**place) as gateway:
        ship(gateway, TINY)

    assert 1 == runs_of(tmp_path / "pip.log")


# What goes wrong


def test_what_pip_said_last_is_quoted(tmp_path: Path) -> None:
    spec = "popen//id=far1"
    with (
        far_python(spec, **place_of(tmp_path)) as gateway,
        pytest.raises(HostError) as caught,
    ):
        ship(gateway, shipment_of({}, "tiny==9.9"))

    problem = (
        f"pip of {sys.executable} on {os.uname().nodename} could not install what is "
        "missing"
    )
    assert problem == caught.value.problem
    assert "let pip there reach a package index" in str(caught.value)
    assert "  ERROR: No matching distribution found for tiny==9.9" in str(caught.value)
    assert [] == [
        each.name
        for each in (tmp_path / "cache" / NAME).iterdir()
        if each.name.startswith(".new-")
    ]


def test_a_full_disk_is_what_pip_says_and_nothing_half_stays(tmp_path: Path) -> None:
    place = place_of(tmp_path)
    make_wheel(
        tmp_path / "index", version="3.0", more=f"LARGE = {os.urandom(99_999)!r}"
    )
    with (
        tiny_disk(tmp_path / "disk") as disk,
        far_python(**{**place, "XDG_CACHE_HOME": str(disk)}) as gateway,
    ):
        with pytest.raises(HostError, match="No space left on device"):
            ship(gateway, shipment_of({}, "tiny==3.0"))
        left = [each.name for each in (disk / NAME).iterdir()]

    assert [] == [each for each in left if each.startswith(".new-")]


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has nothing, not even pip."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True
    )
    return str(folder / "bin" / "python")


def test_a_python_without_pip_is_named(bare_python: str, tmp_path: Path) -> None:
    spec = f"popen//python={bare_python}"
    with (
        far_python(spec, **place_of(tmp_path)) as gateway,
        pytest.raises(HostError) as caught,
    ):
        ship(gateway, TINY)

    problem = f"{bare_python} on {os.uname().nodename} has no pip to install tiny==1.0"
    advice = "run python -m ensurepip there, or install pytest-liveview-load there"
    assert (problem, True) == (
        caught.value.problem,
        caught.value.advice.startswith(advice),
    )


def slow_pip(folder: Path) -> None:
    """Put a pip into a folder that never ends, and writes down its own process id."""
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(
        "import os, time\n"
        f"open({str(folder / 'pid')!r}, 'w').write(str(os.getpid()) + '.')\n"
        "print('downloads the whole world', flush=True)\n"
        "time.sleep(60)\n"
    )


def has_ended(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def pid_in(folder: Path) -> int:
    def told() -> str:
        file = folder / "pid"
        return file.read_text() if file.exists() else ""

    return int(wait_until(lambda: told().endswith(".") and told())[:-1])


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_pip_ends_with_the_host(tmp_path: Path) -> None:
    slow_pip(tmp_path / "slow")
    place = {**place_of(tmp_path), "PYTHONPATH": str(tmp_path / "slow")}
    said: list[str] = []
    with far_python(**place) as gateway:
        channel = gateway.remote_exec("import os; channel.send(os.getpid())")
        host = channel.receive(5)

        def kill() -> int:
            pip = pid_in(tmp_path / "slow")
            wait_until(lambda: "pip: downloads the whole world" in said)
            os.kill(host, signal.SIGKILL)
            return pip

        def shipped() -> HostError:
            with pytest.raises(HostError) as caught:
                ship(gateway, TINY, say=said.append)
            return caught.value

        pip, error = at_once(kill, shipped)

    assert "it ended while it was sent things" == error.problem
    assert "is sent the tests (0 kB)" == said[0]
    wait_until(lambda: has_ended(pip))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_an_install_without_end_is_given_up_and_pip_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "INSTALL_TIMEOUT", 3.0)
    slow_pip(tmp_path / "slow")
    place = {**place_of(tmp_path), "PYTHONPATH": str(tmp_path / "slow")}
    with far_python(**place) as gateway:
        with pytest.raises(HostError) as caught:
            ship(gateway, TINY)
        wait_until(lambda: has_ended(pid_in(tmp_path / "slow")))

    assert caught.value.problem.startswith("pip was not done there within 3s: ")


def test_a_lock_of_a_process_that_was_killed_holds_nobody_up(tmp_path: Path) -> None:
    place = place_of(tmp_path)
    wanted, pins = list(TINY.requirements.wanted), list(TINY.requirements.pins)
    lock = tmp_path / "cache" / NAME / f"{remote_cache.name_of(wanted, pins)}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()  # it is there, and nobody holds it
    with far_python(**place) as gateway:
        ship(gateway, TINY)

    assert 1 == runs_of(tmp_path / "pip.log")


# All of it, from the index that this machine's pip knows


def test_a_python_with_nothing_but_pip_gets_all_that_the_plugin_needs(
    tmp_path: Path,
) -> None:
    if why := index_reached():
        pytest.skip(why)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "far")], check=True)
    (tmp_path / "test_far.py").write_text("import httpx, lxml.html, pytest")
    shipment = Shipment.of(
        tmp_path, [tmp_path / "test_far.py"], with_plugin=True, search=[]
    )
    spec = (
        f"popen//python={tmp_path}/far/bin/python//env:XDG_CACHE_HOME={tmp_path}/cache"
    )
    said: list[str] = []
    with far_python(spec) as gateway:
        folders = ship(gateway, shipment, say=said.append)
        modules = (
            "test_far",
            "msgspec",
            "pytest_liveview_load.hosts.remote",
        )
        found = [imported(gateway, folders, each) for each in modules]
    first = len(said)
    shutil.rmtree(next((tmp_path / "far" / "lib").glob("python*/site-packages/pip")))
    with far_python(spec) as gateway:
        again = ship(gateway, shipment, say=said.append)

    assert all(each.startswith(f"{tmp_path}/cache/") for each in found)
    assert (folders, first) == (again, len(said))
