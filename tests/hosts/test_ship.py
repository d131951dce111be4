"""Shipping to real Pythons: what is there is not sent, and nothing half is ever used."""

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts import ship as shipping
from pytest_liveview_load.hosts.pack import Shipment
from pytest_liveview_load.hosts.ship import ship
from tests.hosts.remote_python import (
    at_once,
    far_python,
    imported,
    shipment_of,
    tiny_disk,
)

NAME = "pytest-liveview-load"
TESTS = {
    "tests/test_far_buy.py": b"x = 1",
    "tests/cat.jpg": b"\xff",
    "far_shop.py": b"",
}
SHIPMENT = shipment_of(TESTS, folders=("tests", ""))
SHA = SHIPMENT.archives[0].sha256
SENT = "is sent the tests (0 kB)"


def entries(cache: Path) -> list[str]:
    return sorted(each.name for each in (cache / NAME).iterdir())


def age(entry: Path, days: float) -> None:
    then = time.time() - days * 86400
    os.utime(entry, (then, then))


def test_what_is_shipped_can_be_imported_there(tmp_path: Path) -> None:
    with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
        folders = ship(gateway, SHIPMENT)
        found = imported(gateway, folders, "test_far_buy")
        other = imported(gateway, folders, "far_shop")

    top = tmp_path / NAME / SHA
    assert [str(top / "tests"), str(top)] == folders
    assert [f"{top}/tests/test_far_buy.py", f"{top}/far_shop.py"] == [found, other]
    assert b"\xff" == (top / "tests" / "cat.jpg").read_bytes()


def test_what_is_there_is_not_sent_again(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
            ship(gateway, SHIPMENT, say=said.append)

    assert ([SENT], [SHA]) == (said, entries(tmp_path))


def test_without_a_home_for_caches_one_of_our_own_among_temporary_files_is_used(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tmp").mkdir()
    place = {"XDG_CACHE_HOME": f"{tmp_path}/file/none", "TMPDIR": f"{tmp_path}/tmp"}
    said: list[str] = []
    for _ in range(2):
        with far_python(**place) as gateway:
            folders = ship(gateway, SHIPMENT, say=said.append)

    ours = tmp_path / "tmp" / f"{NAME}-{os.getuid()}"
    assert (f"{ours}/{SHA}", [SENT]) == (folders[-1], said)
    assert 0o700 == ours.stat().st_mode & 0o777


def test_a_folder_that_others_may_write_to_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    taken = tmp_path / f"{NAME}-{os.getuid()}"
    taken.mkdir()
    taken.chmod(0o777)
    place = {"XDG_CACHE_HOME": f"{tmp_path}/file/none", "TMPDIR": str(tmp_path)}
    with far_python(**place) as gateway:
        folders = ship(gateway, SHIPMENT)

    assert not list(taken.iterdir())
    assert str(tmp_path) == str(Path(folders[-1]).parents[1])


def test_two_hosts_on_one_machine_at_once_both_have_it(tmp_path: Path) -> None:
    large = shipment_of({f"far_{each}.py": os.urandom(4096) for each in range(200)})
    place = str(tmp_path)
    with (
        far_python(XDG_CACHE_HOME=place) as one,
        far_python(XDG_CACHE_HOME=place) as two,
    ):
        first, second = at_once(lambda: ship(one, large), lambda: ship(two, large))

    sha = large.archives[0].sha256
    assert first == second == [f"{tmp_path}/{NAME}/{sha}"]
    assert [sha] == entries(tmp_path)
    assert 200 == len(list((tmp_path / NAME / sha).iterdir()))


def test_what_a_killed_process_left_half_done_is_not_used_and_goes(
    tmp_path: Path,
) -> None:
    cache = tmp_path / NAME
    for name, days in ((".new-old", 1), (".old-old", 1), (".new-busy", 0)):
        (cache / name).mkdir(parents=True)
        (cache / name / "test_far_buy.py").write_text("half")
        age(cache / name, days)
    with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
        found = imported(gateway, ship(gateway, SHIPMENT), "test_far_buy")

    assert f"{cache}/{SHA}/tests/test_far_buy.py" == found
    assert [".new-busy", SHA] == entries(tmp_path)


# Has a Python killed when it has unpacked the first file.
KILLED = """
import os, signal, zipfile

def extractall(self, folder):
    self.extract(self.namelist()[0], folder)
    os.kill(os.getpid(), signal.SIGKILL)

zipfile.ZipFile.extractall = extractall
"""


def test_a_process_killed_while_it_unpacks_leaves_nothing_that_is_used(
    tmp_path: Path,
) -> None:
    place = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with far_python(**place) as gateway:
        gateway.remote_exec(KILLED).waitclose(5)
        with pytest.raises(HostError, match=r"it ended while it was sent things$"):
            ship(gateway, SHIPMENT)
    left = entries(tmp_path / "cache")
    with far_python(**place) as gateway:
        found = imported(gateway, ship(gateway, SHIPMENT), "test_far_buy")

    assert [True] == [each.startswith(".new-") for each in left]
    assert f"{tmp_path}/cache/{NAME}/{SHA}/tests/test_far_buy.py" == found


def test_what_nobody_has_used_for_long_goes(tmp_path: Path) -> None:
    cache = tmp_path / NAME
    days = {"a": 15.0, "b": 13.0, **{f"{each:02}": 2.0 for each in range(30)}}
    for name, old in days.items():
        (cache / (name * 64)[:64]).mkdir(parents=True)
        age(cache / (name * 64)[:64], old)
    stale = cache / f"{'a' * 64}.lock"
    stale.touch()
    age(stale, 15)
    with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
        ship(gateway, SHIPMENT)
    kept = entries(tmp_path)

    assert (24, True) == (len(kept), SHA in kept)
    assert not {"a" * 64, "b" * 64, stale.name} & set(kept)


def test_what_is_used_again_stays(tmp_path: Path) -> None:
    with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
        ship(gateway, SHIPMENT)
        age(tmp_path / NAME / SHA, 20)
        ship(gateway, SHIPMENT)
        ship(gateway, shipment_of({"other.py": b""}))

    assert SHA in entries(tmp_path)


# What goes wrong


def test_a_full_disk_there_is_said_once_and_nothing_half_stays(tmp_path: Path) -> None:
    large = shipment_of({"far_film.py": os.urandom(200_000)})
    with tiny_disk(tmp_path / "disk") as disk:
        spec = f"popen//env:XDG_CACHE_HOME={disk}"
        with far_python(spec) as gateway, pytest.raises(HostError) as caught:
            ship(gateway, large)
        kept = entries(disk)
        with far_python(spec) as gateway:
            ship(gateway, SHIPMENT)  # which is small
        kept_then = entries(disk)

    entry = f"{disk}/{NAME}/{large.archives[0].sha256}"
    assert (
        f"{spec}: {os.uname().nodename} cannot keep what it is sent in {entry}: No space "
        "left on device: make room there, or let XDG_CACHE_HOME there name a folder that "
        "has it"
    ) == str(caught.value)
    assert ([], [SHA]) == (kept, kept_then)


def test_a_host_that_ends_meanwhile_is_said_to_have_ended(tmp_path: Path) -> None:
    with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
        channel = gateway.remote_exec("import os; channel.send(os.getpid())")
        os.kill(channel.receive(5), signal.SIGKILL)
        with suppress(EOFError):  # it may hear of the end in this way
            channel.waitclose(5)
        with pytest.raises(HostError, match=r"it ended while it was sent things$"):
            ship(gateway, SHIPMENT)


def test_a_host_that_reads_nothing_any_more_is_said_to_be_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "SILENT", 0.5)
    large = shipment_of(
        {"film.mp4": os.urandom(10_000_000)}
    )  # more than any pipe holds
    with far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway:
        channel = gateway.remote_exec("import os; channel.send(os.getpid())")
        process = channel.receive(5)
        stopped: list[str] = []

        def stop(said: str) -> None:
            os.kill(process, signal.SIGSTOP)
            stopped.append(said)

        try:
            with pytest.raises(HostError) as caught:
                ship(gateway, large, say=stop)
        finally:
            os.kill(process, signal.SIGKILL)

    assert "it was silent for 500ms while it was sent things" == caught.value.problem
    assert 1 == len(stopped)


def test_what_arrives_damaged_is_not_kept(tmp_path: Path) -> None:
    cut = replace(SHIPMENT.archives[0], data=SHIPMENT.archives[0].data[:-1])
    with (
        far_python(XDG_CACHE_HOME=str(tmp_path)) as gateway,
        pytest.raises(HostError, match=f"{SHA}: it has arrived damaged: "),
    ):
        ship(gateway, Shipment(archives=(cut,)))

    assert [] == entries(tmp_path)
