"""Hosts as they are opened, lost and ended: real processes, known by pid."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_liveview_load.distribution.link import HEARTBEAT, SILENCE, LinkClosed
from pytest_liveview_load.distribution.messages import (
    Hello,
    Ping,
    Pong,
    RunnerInfo,
    decode,
    encode,
)
from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.host import HostLink
from pytest_liveview_load.hosts.hosts import SILENT, Hosts
from tests.distribution.processes import is_alive, left_after

pytestmark = pytest.mark.anyio
PATIENCE = 200.0  # seconds
ENDING = (
    80.0  # seconds until a process is gone: it has three, and the machine may be busy
)


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    hosts = Hosts()
    yield hosts
    hosts.close_all()


class Heard:
    """What comes over a link, in the test's own loop."""

    def __init__(self, link: HostLink) -> None:
        loop = asyncio.get_running_loop()
        self.queue: asyncio.Queue[bytes | LinkClosed] = asyncio.Queue()

        def hear(data: bytes | LinkClosed, _: float) -> None:
            loop.call_soon_threadsafe(self.queue.put_nowait, data)

        link.listen(hear)

    async def next(self) -> bytes | LinkClosed:
        return await asyncio.wait_for(self.queue.get(), PATIENCE)

    async def until_gone(self) -> str:
        while not isinstance(heard := await self.next(), LinkClosed):
            pass
        return heard.why


def pid_of(hosts: Hosts, name: str) -> int:
    """The host's own process, for a plain popen is exec'ed."""
    process = hosts._hosts[name]._process
    assert process is not None
    return process.process.pid


async def test_a_host_serves_until_it_is_closed(hosts: Hosts) -> None:
    link = await hosts.open("h", "popen")
    heard = Heard(link)
    link.send(encode(Ping("r", 1), Hello("r", "h")))
    pong, here = await heard.next(), await heard.next()
    pid = pid_of(hosts, "h")

    assert isinstance(pong, bytes)
    assert isinstance(here, bytes)
    [first], [second] = decode(pong), decode(here)
    assert isinstance(first, Pong)
    assert isinstance(second, RunnerInfo)
    assert is_alive(pid)
    await hosts.close("h")
    assert not is_alive(pid)


async def test_an_open_host_is_used_again(hosts: Hosts) -> None:
    first = await hosts.open("h", "popen")

    assert first is await hosts.open("h", "popen")


async def test_a_spec_settles_where_and_how_it_runs(
    hosts: Hosts, tmp_path: Path
) -> None:
    await hosts.open("h", f"popen//chdir={tmp_path}/new//nice=3//env:COLOUR=red")
    proc = Path(f"/proc/{pid_of(hosts, 'h')}")

    assert tmp_path / "new" == (proc / "cwd").readlink()
    assert "3" == (proc / "stat").read_text().rpartition(")")[2].split()[16]


async def test_any_command_may_lead_to_a_python(hosts: Hosts) -> None:
    link = await hosts.open("h", f"popen//python=env A=1 'nice' {sys.executable}")

    assert "h" == link.name


async def test_hosts_are_opened_side_by_side(hosts: Hosts, tmp_path: Path) -> None:
    def meeting(one: str, other: str) -> str:
        script = tmp_path / f"{one}.sh"
        script.write_text(
            f"touch {tmp_path}/{one}; until [ -e {tmp_path}/{other} ]; do sleep 0.01; "
            f'done; exec {sys.executable} "$@"'
        )
        return f"popen//python=sh {script}"

    opening = [hosts.open("a", meeting("a", "b")), hosts.open("b", meeting("b", "a"))]
    links = await asyncio.gather(*opening)

    assert ["a", "b"] == [each.name for each in links]


async def test_a_killed_host_is_gone_at_once_and_opened_anew(hosts: Hosts) -> None:
    first = await hosts.open("h", "popen")
    heard = Heard(first)
    pid = pid_of(hosts, "h")
    os.kill(pid, signal.SIGKILL)

    assert "its process has ended (signal SIGKILL)" == await heard.until_gone()
    again = await hosts.open("h", "popen")
    assert again is not first
    assert pid != pid_of(hosts, "h")


async def test_a_host_that_ends_before_anybody_listens_is_opened_anew(
    hosts: Hosts,
) -> None:
    first = await hosts.open("h", "popen")
    os.kill(pid_of(hosts, "h"), signal.SIGKILL)
    assert hosts._hosts["h"].has_ended(ENDING)  # and its status has been read

    assert first is not await hosts.open("h", "popen")


async def test_a_host_that_hangs_is_ended_with_the_session(hosts: Hosts) -> None:
    await hosts.open("h", "popen")
    pid = pid_of(hosts, "h")
    os.kill(pid, signal.SIGSTOP)
    hosts.close_all()

    assert set() == left_after([pid], ENDING)


async def test_a_host_that_reads_no_more_is_ended_with_the_session(
    hosts: Hosts,
) -> None:
    link = await hosts.open("h", "popen")
    heard = Heard(link)
    pid = pid_of(hosts, "h")
    os.kill(pid, signal.SIGSTOP)
    for number in range(50):  # more than a pipe holds
        link.send(bytes(100_000 + number))
    closing = asyncio.get_running_loop().run_in_executor(None, hosts.close_all)

    await asyncio.wait_for(closing, PATIENCE)
    assert set() == left_after([pid], ENDING)
    assert heard.queue.empty()


async def test_who_gives_up_waiting_leaves_nothing_behind(
    hosts: Hosts, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    opening = asyncio.create_task(
        hosts.open("h", f"popen//python=sh -c 'echo $$ > {note}; exec sleep 60' x")
    )
    while not (note.exists() and note.read_text().strip()):  # noqa: ASYNC110 (a file)
        await asyncio.sleep(0.01)
    opening.cancel()
    hosts.close_all()

    assert set() == left_after([int(note.read_text())], ENDING)
    with pytest.raises(HostError, match="the session has ended"):
        await hosts.open("h", "popen")


async def test_who_does_not_answer_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    script = f"echo waiting >&2; sleep 60 & echo $! $$ > {note}; wait"
    hosts = Hosts(answer_timeout=1.0)
    with pytest.raises(HostError) as caught:
        await hosts.open("h", f"popen//python=sh -c '{script}' x")

    assert "no Python answered within 1s (waiting)" == caught.value.problem
    assert set() == left_after(map(int, note.read_text().split()), ENDING)
    hosts.close_all()


REFUSED = {
    "no such command": (
        "popen//python=/no/such/python",
        "'/no/such/python' cannot be started: No such file or directory",
    ),
    "it ends at once": (
        "popen//python=sh -c 'echo not today >&2; exit 3' x",
        "no Python answered (exit status 3: not today)",
    ),
    "it is killed": (
        "popen//python=sh -c 'kill -9 $$' x",
        "no Python answered (signal SIGKILL)",
    ),
    "it says something else": (
        f"popen//python=sh -c 'echo Welcome; exec {sys.executable} \"$@\"' x",
        (
            "what comes from it first is not what a Python says: nothing else may write to "
            "its standard output, like a shell's rc file"
        ),
    ),
    "it has nothing": (
        "popen//python={sys} -I -S",
        (
            "pytest-liveview-load, msgspec, lxml, httpx, httpcore, h11, websockets, anyio, "
            "cssselect and pytest are missing there: install pytest-liveview-load there, "
            "or set liveview_ship = true"
        ),
    ),
    "it lacks a folder": (
        "popen//chdir=/proc/no/such",
        (
            "it cannot get ready: FileNotFoundError: [Errno 2] No such file or directory: "
            "'/proc/no'"
        ),
    ),
}


@pytest.mark.parametrize(("spec", "problem"), REFUSED.values(), ids=list(REFUSED))
async def test_what_is_said_of_a_host_that_cannot(
    hosts: Hosts, spec: str, problem: str
) -> None:
    spec = spec.replace("{sys}", sys.executable)

    with pytest.raises(HostError) as caught:
        await hosts.open("h", spec)

    assert f"{spec}: {problem}" == str(caught.value)


async def test_another_python_is_refused_before_anything_is_sent(
    hosts: Hosts, tmp_path: Path
) -> None:
    # A Python that calls itself another.
    (tmp_path / "sitecustomize.py").write_text(
        "import platform\nplatform.python_version = lambda: '3.9.2'\n"
    )
    hosts.prepare = lambda *_: pytest.fail("something was sent")
    spec = f"popen//python=env PYTHONPATH={tmp_path} {sys.executable}"

    with pytest.raises(HostError) as caught:
        await hosts.open("h", spec)

    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert "is CPython 3.9.2, and here runs CPython" in caught.value.problem
    assert f"give a {here} with python=" in caught.value.advice


async def test_preparing_comes_before_packages_are_looked_for(
    hosts: Hosts, tmp_path: Path
) -> None:
    def prepare(_: object, __: object) -> list[str]:
        about = tmp_path / "brought-1.5.dist-info" / "METADATA"
        about.parent.mkdir()
        about.write_text("Metadata-Version: 2.1\nName: brought\nVersion: 1.5\n")
        return [str(tmp_path)]

    hosts.packages = {"brought": "1.5"}
    hosts.prepare = prepare

    assert "h" == (await hosts.open("h", "popen")).name


async def test_what_preparing_cannot_is_the_hosts_error(hosts: Hosts) -> None:
    def prepare(*_: object) -> list[str]:
        raise ZeroDivisionError("by zero")

    hosts.prepare = prepare

    with pytest.raises(HostError, match="could not be opened: ZeroDivisionError: by"):
        await hosts.open("h", "popen")


async def test_an_idle_host_that_is_silent_is_cut_off() -> None:
    now = 100.0
    hosts = Hosts(clock=lambda: now)
    try:
        link = await hosts.open("h", "popen")
        heard = Heard(link)
        pid = pid_of(hosts, "h")
        os.kill(pid, signal.SIGSTOP)
        link.heard_at = hosts._pinged_at = now
        for _ in range(int(SILENCE / HEARTBEAT)):
            assert not link.is_gone
            now += HEARTBEAT
            hosts.ping_all()

        assert SILENT == await heard.until_gone()
        assert set() == left_after([pid], ENDING)
    finally:
        hosts.close_all()


# What the controller's end means for its hosts

CONTROLLER = """
    import asyncio, sys
    from pytest_liveview_load.hosts.hosts import Hosts

    async def main():
        hosts = Hosts(prepare=lambda *_: [{folder!r}])
        await asyncio.gather(hosts.open("a", "popen"), hosts.open("b", {stuck!r}))
        print(*(hosts._hosts[name]._process.process.pid for name in "ab"), flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
"""


def test_hosts_end_when_their_controller_is_killed(tmp_path: Path) -> None:
    # One of them stands still in its main thread, for it is told to serve that way.
    stuck = tmp_path / "stuck" / "sitecustomize.py"
    stuck.parent.mkdir()
    stuck.write_text("import asyncio, time\nasyncio.run = lambda _: time.sleep(60)\n")
    text = CONTROLLER.format(
        folder=str(tmp_path),
        stuck=f"popen//python=env PYTHONPATH={stuck.parent} {sys.executable}",
    )
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(text)], stdout=subprocess.PIPE, text=True
    ) as controller:
        try:
            assert controller.stdout is not None
            pids = [int(each) for each in controller.stdout.readline().split()]
            assert [True, True] == [is_alive(each) for each in pids]
        finally:
            controller.kill()

    assert set() == left_after(pids, ENDING)
