"""A pool's hosts for runs: booted by real commands, opened by a fake opener."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from pytest_liveview_load.errors import HostError, PoolError
from pytest_liveview_load.hosts.host import HostLink
from pytest_liveview_load.hosts.hosts import Hosts
from pytest_liveview_load.pool.policy import PoolLimits
from pytest_liveview_load.pool.pool import HostPool
from tests.pool.pool_machines import (
    DEADLINE,
    MACHINE,
    SLOW_BOOT,
    Machines,
)

pytestmark = pytest.mark.anyio


class FakeLink(HostLink):
    def __init__(self, name: str) -> None:
        self.name = name
        self.is_gone = False

    def listen(self, hear: Any) -> None: ...
    def send(self, data: bytes) -> None: ...
    def kill(self, why: str) -> None: ...
    def close(self) -> None: ...


class FakeHosts(Hosts):
    """Opens whatever it is asked for, but for the first `refused`."""

    def __init__(self) -> None:
        self.links: dict[str, FakeLink] = {}
        self.specs: dict[str, str] = {}
        self.closed: list[str] = []
        self.refused = 0

    async def open(self, name: str, spec: str) -> FakeLink:
        if self.refused:
            self.refused -= 1
            raise HostError(spec, "no Python answered")
        self.specs[name] = spec
        link = self.links[name] = FakeLink(name)
        return link

    async def close(self, name: str) -> None:
        self.closed.append(name)


class Scene:
    """A pool over a fake opener, and what it has told."""

    def __init__(self, machines: Machines) -> None:
        self.machines = machines
        self.hosts = FakeHosts()
        self.shown: list[str] = []
        self.complaints: list[str] = []
        self.ahead = 0.0  # seconds of its clock

    @asynccontextmanager
    async def pool(self, **settings: Any) -> AsyncIterator[HostPool]:
        commands = {name: settings.pop(name) for name in COMMANDS if name in settings}
        plan = {"most": 4, "users_per_host": 100, "retry": 0.0, **settings}
        provision = HostPool(
            replace(self.machines.settings(plan=PoolLimits(**plan)), **commands),
            self.hosts,
            show=self.shown.append,
            complain=self.complaints.append,
            clock=lambda: time.perf_counter() + self.ahead,
        )
        try:
            async with asyncio.timeout(DEADLINE):
                yield provision
        finally:
            await asyncio.to_thread(provision.close)
            self.machines.wait_for(0)


COMMANDS = ("boot", "stop", "on_grow", "on_shrink", "orphan")


@pytest.fixture
def scene(machines: Machines) -> Scene:
    return Scene(machines)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 (processes tell of nothing)
        await asyncio.sleep(0.01)


async def test_a_run_gets_hosts_that_are_open(scene: Scene) -> None:
    async with scene.pool() as pool:
        hosts = await pool.acquire("a", 250)

        assert 3 == len(hosts) == len({each.name for each in hosts})
        assert {each.name for each in hosts} == scene.machines.alive()
        assert ["popen"] * 3 == [each.spec for each in hosts]
        assert [scene.hosts.links[each.name] for each in hosts] == [
            each.link for each in hosts
        ]
        assert all(each.booted_in for each in hosts)


async def test_nothing_runs_before_a_run_needs_it(scene: Scene) -> None:
    async with scene.pool() as pool:
        assert pool.booter is None


async def test_a_later_run_reuses_hosts_and_says_which_are_new(scene: Scene) -> None:
    async with scene.pool() as pool:
        first = await pool.acquire("a", 100)
        pool.release("a")
        second = await pool.acquire("b", 200)

        assert first[0].name == second[0].name
        assert [True, False] == [each.booted_in is None for each in second]
        assert 2 == len(scene.machines.alive())


async def test_idle_hosts_are_closed_and_stopped_down_to_the_least(
    scene: Scene,
) -> None:
    async with scene.pool(idle_shutdown=0.0, least=1) as pool:
        hosts = await pool.acquire("a", 300)
        pool.release("a")
        await until(lambda: len(scene.machines.alive()) == 1)

        assert {each.name for each in hosts} - scene.machines.alive() == set(
            scene.hosts.closed
        )


async def test_too_many_users_boot_nothing(scene: Scene) -> None:
    async with scene.pool() as pool:
        with pytest.raises(PoolError, match="401 users need 5 hosts"):
            await pool.acquire("a", 401)

        assert {} == scene.machines.pids()


async def test_a_boot_that_fails_is_tried_again(scene: Scene) -> None:
    boot = f"mkdir ../first 2>/dev/null && exit 1; {scene.machines.settings().boot}"
    async with scene.pool(boot=boot) as pool:
        hosts = await pool.acquire("a", 100)

        assert {hosts[0].name} == scene.machines.alive()


async def test_a_boot_that_fails_three_times_is_one_error(scene: Scene) -> None:
    boot = "echo asking; echo $((1 + 1)) zones full >&2; exit 9"
    async with scene.pool(boot=boot) as pool:
        with pytest.raises(PoolError) as caught:
            await pool.acquire("a", 100)

        assert f"{pool.policy._prefix}-3" in str(caught.value)
        assert (
            "exited with code 9; its last line of output is '2 zones full'; "
            "3 tries have failed"
        ) in str(caught.value)
        assert (9, "2 zones full") == (caught.value.status, caught.value.last_line)


async def test_what_is_no_spec_is_an_error_that_quotes_it(scene: Scene) -> None:
    async with scene.pool(boot="echo machine 17 is ready") as pool:
        with pytest.raises(PoolError, match="machine 17 is ready"):
            await pool.acquire("a", 100)


async def test_a_host_is_told_what_to_do_once_it_is_cut_off(scene: Scene) -> None:
    async with scene.pool(orphan="sudo poweroff") as pool:
        (host,) = await pool.acquire("a", 100)

        assert (
            "popen//env:LIVEVIEW_HOST_ORPHAN=sudo poweroff"
            == (scene.hosts.specs[host.name])
        )


async def test_a_host_that_cannot_be_opened_is_replaced(scene: Scene) -> None:
    scene.hosts.refused = 1
    async with scene.pool() as pool:
        await pool.acquire("a", 100)

        await until(lambda: len(scene.machines.alive()) == 1)
        assert 2 == len(scene.machines.pids())


async def test_a_host_that_is_never_up_is_given_up(scene: Scene) -> None:
    async with scene.pool(boot=SLOW_BOOT, boot_timeout=600.0) as pool:
        acquiring = asyncio.create_task(pool.acquire("a", 100))
        for number in (1, 2, 3):
            await until(lambda: len(scene.machines.pids()) == number)  # noqa: B023
            scene.ahead += 600.0
        with pytest.raises(PoolError, match="was not up in time; 3 tries have failed"):
            await acquiring

        await until(lambda: not scene.machines.alive())
        assert 3 == len(scene.machines.pids())


async def test_a_host_whose_link_is_gone_is_stopped(scene: Scene) -> None:
    async with scene.pool() as pool:
        first, second = await pool.acquire("a", 200)
        scene.hosts.links[first.name].is_gone = True

        await until(lambda: {second.name} == scene.machines.alive())


async def test_a_run_that_is_called_off_leaves_its_hosts_to_others(
    scene: Scene,
) -> None:
    waiting = f"{MACHINE}; until [ -e ../go ]; do sleep 0.02; done; echo popen"
    async with scene.pool(boot=waiting) as pool:
        calling = asyncio.create_task(pool.acquire("a", 100))
        await until(lambda: bool(scene.machines.pids()))
        calling.cancel()
        await asyncio.wait([calling])
        (scene.machines.folder.parent / "go").touch()

        hosts = await pool.acquire("b", 100)

        assert [*scene.machines.pids()] == [each.name for each in hosts]


async def test_who_waits_hears_of_an_error_of_ours(scene: Scene) -> None:
    def broken(_: str) -> None:
        raise ZeroDivisionError

    async with scene.pool(boot=SLOW_BOOT) as pool:
        pool.show = broken
        with pytest.raises(ZeroDivisionError):
            await pool.acquire("a", 100)


async def test_two_runs_at_once_boot_at_once(scene: Scene) -> None:
    async with scene.pool() as pool:
        first, second = await asyncio.gather(
            pool.acquire("a", 100), pool.acquire("b", 200)
        )

        assert set() == {each.name for each in first} & {each.name for each in second}
        assert 3 == len(scene.machines.alive())


async def test_who_waits_is_told_how_far_it_is(scene: Scene) -> None:
    async with scene.pool(boot=SLOW_BOOT) as pool:
        calling = asyncio.create_task(pool.acquire("a", 200))
        await until(lambda: bool(scene.shown))
        calling.cancel()

        assert scene.shown[0].startswith("booting 2 hosts, 0 are up (")


async def test_growing_and_shrinking_are_told_to_a_person_s_commands(
    scene: Scene,
) -> None:
    async with scene.pool(
        on_grow="echo $LIVEVIEW_POOL_HOSTS > ../grown",
        on_shrink="echo $LIVEVIEW_POOL_HOSTS > ../shrunk; echo hm >&2; exit 2",
        idle_shutdown=0.0,
    ) as pool:
        await pool.acquire("a", 200)
        pool.release("a")
        await until(lambda: bool(scene.complaints))

    folder = scene.machines.folder.parent
    assert ("2\n", "0\n") == (
        (folder / "grown").read_text(),
        (folder / "shrunk").read_text(),
    )
    assert "exited with code 2: hm" in scene.complaints[0]


async def test_a_host_that_cannot_be_stopped_is_complained_of(scene: Scene) -> None:
    async with scene.pool(boot="echo popen", stop="echo who >&2; exit 3") as pool:
        (host,) = await pool.acquire("a", 100)

    assert [
        f"liveview_pool: {host.name} may still be there, for stop exited with code 3: who"
    ] == scene.complaints


async def test_hosts_are_stopped_though_the_booter_was_killed(scene: Scene) -> None:
    async with scene.pool() as pool:
        await pool.acquire("a", 100)
        assert pool.booter is not None
        old_booter = pool.booter
        os.kill(old_booter.pid, signal.SIGKILL)
        await until(lambda: pool.booter is not old_booter)
        assert 1 == len(scene.machines.alive())

        pool.release("a")
        assert 2 == len(await pool.acquire("b", 200))
