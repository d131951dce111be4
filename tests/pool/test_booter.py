"""The process that keeps a pool's hosts: what it boots it stops, whoever dies."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_liveview_load.pool.booter_client import ENDED
from tests.distribution.processes import hear_interrupts
from tests.pool.pool_machines import (
    BOOT,
    DEADLINE,
    SLOW_BOOT,
    STOP,
    BooterUnderTest,
    Machines,
    is_alive,
)

HERE = Path(__file__).parents[2]


def test_what_is_booted_is_up_and_is_stopped(machines: Machines) -> None:
    booter = BooterUnderTest(machines.settings())

    booter.client.boot("liveview-1")
    assert ("up", "liveview-1", "popen") == booter.next_message()
    assert {"liveview-1"} == machines.alive()

    booter.client.stop("liveview-1")
    assert ("stopped", "liveview-1", "") == booter.next_message()
    machines.wait_for(0)
    assert booter.close()


def test_the_end_stops_all_that_is_left(machines: Machines) -> None:
    booter = BooterUnderTest(machines.settings())
    for name in ("liveview-1", "liveview-2", "liveview-3"):
        booter.client.boot(name)
    assert {"liveview-1", "liveview-2", "liveview-3"} == {
        booter.next_message()[1] for _ in range(3)
    }

    assert booter.close()

    machines.wait_for(0)
    assert {"stopped"} == {booter.next_message()[0] for _ in range(3)}
    assert ENDED == booter.next_message()


def test_a_boot_under_way_is_ended_and_its_machine_stopped(machines: Machines) -> None:
    booter = BooterUnderTest(machines.settings(boot=SLOW_BOOT))
    booter.client.boot("liveview-1")
    machines.wait_for(1)

    booter.client.stop("liveview-1")

    assert ("stopped", "liveview-1", "") == booter.next_message()
    machines.wait_for(0)
    assert booter.close()


BAD_BOOTS = {
    "fails": (
        "echo starting; echo no more machines >&2; exit 3",
        ("", 3, "no more machines"),
    ),
    "fails without a word": ("exit 1", ("", 1, "")),
    "says nothing": (
        "true",
        ("it printed nothing; its last line is to be the host's spec", 0, ""),
    ),
    "is not there": ("no-such-command", ("", 127, "not found")),
}


@pytest.mark.parametrize(("boot", "expected"), BAD_BOOTS.values(), ids=BAD_BOOTS)
def test_a_bad_boot_is_told(
    machines: Machines, boot: str, expected: tuple[str, int, str]
) -> None:
    booter = BooterUnderTest(machines.settings(boot=boot, stop="true"))

    booter.client.boot("liveview-1")
    word, name, problem, status, last = booter.next_message()

    assert ("failed", "liveview-1") == (word, name)
    assert expected[:2] == (problem, status)
    assert expected[2] in last
    assert booter.close()


def test_a_spec_is_the_last_line(machines: Machines) -> None:
    boot = "echo booting; echo ssh=10.0.0.7; echo"
    booter = BooterUnderTest(machines.settings(boot=boot, stop="true"))
    booter.client.boot("liveview-1")

    assert ("up", "liveview-1", "ssh=10.0.0.7") == booter.next_message()
    booter.close()


def test_commands_know_whose_they_are(machines: Machines) -> None:
    settings = machines.settings(
        boot="echo ssh=$LIVEVIEW_HOST_NAME",
        stop='echo "$LIVEVIEW_HOST_NAME $LIVEVIEW_HOST_SPEC" > stopped',
    )
    booter = BooterUnderTest(settings)
    booter.client.boot("liveview-7")
    booter.next_message()
    assert booter.close()

    assert "liveview-7 ssh=liveview-7\n" == (machines.folder / "stopped").read_text()


def test_a_stop_that_fails_is_tried_again(machines: Machines) -> None:
    booter = BooterUnderTest(
        machines.settings(stop=f"mkdir ../first && exit 1; {STOP}")
    )
    booter.client.boot("liveview-1")
    booter.next_message()

    booter.client.stop("liveview-1")

    assert ("stopped", "liveview-1", "") == booter.next_message()
    machines.wait_for(0)
    assert booter.close()


def test_a_stop_that_fails_for_good_is_told(machines: Machines) -> None:
    booter = BooterUnderTest(
        machines.settings(boot="echo popen", stop="echo no right >&2; exit 4")
    )
    booter.client.boot("liveview-1")
    booter.next_message()

    booter.client.stop("liveview-1")

    assert (
        "stopped",
        "liveview-1",
        "exited with code 4: no right",
    ) == booter.next_message()
    assert booter.close()


def test_a_stop_that_hangs_is_given_up(machines: Machines) -> None:
    booter = BooterUnderTest(
        machines.settings(boot="echo popen", stop="sleep 600"), stop_timeout=0.1
    )
    booter.client.boot("liveview-1")
    booter.next_message()

    booter.client.stop("liveview-1")

    assert ("stopped", "liveview-1", "took longer than 0.1s") == booter.next_message()
    assert booter.close()


def test_a_booter_that_is_told_to_end_ends_its_hosts_first(machines: Machines) -> None:
    booter = BooterUnderTest(machines.settings())
    booter.client.boot("liveview-1")
    booter.next_message()

    os.kill(booter.client.pid, signal.SIGTERM)

    assert ("stopped", "liveview-1", "") == booter.next_message()
    assert ENDED == booter.next_message()
    machines.wait_for(0)
    assert booter.close()


def test_another_booter_takes_over_what_one_has_left(machines: Machines) -> None:
    first = BooterUnderTest(machines.settings())
    first.client.boot("liveview-1")
    first.next_message()
    os.kill(first.client.pid, signal.SIGKILL)
    assert ENDED == first.next_message()
    assert not first.close()

    second = BooterUnderTest(machines.settings())
    second.client.adopt("liveview-1", "popen")

    assert {"liveview-1"} == machines.alive()
    assert second.close()
    machines.wait_for(0)


# A controller that dies

CONTROLLER = """
    import sys, threading
    from pytest_liveview_load.pool.booter_client import BooterClient
    from pytest_liveview_load.pool.settings import PoolSettings

    boot, stop, folder = sys.argv[1:]
    up = threading.Semaphore(0)
    leases = BooterClient(
        PoolSettings(boot=boot, stop=stop, folder=folder),
        lambda words: print(*words, flush=True),
    )
    for name in ("liveview-1", "liveview-2", "liveview-3"):
        leases.boot(name)
    up.acquire()
"""


def killed(controller: "subprocess.Popen[str]") -> None:
    controller.kill()


def interrupted(controller: "subprocess.Popen[str]") -> None:
    os.killpg(controller.pid, signal.SIGINT)  # as a terminal does


@pytest.mark.parametrize("end", [killed, interrupted])
@pytest.mark.parametrize("boot", [BOOT, SLOW_BOOT], ids=["up", "booting"])
def test_no_host_outlives_its_controller(
    machines: Machines, boot: str, end: Callable[["subprocess.Popen[str]"], None]
) -> None:
    controller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(CONTROLLER),
            boot,
            STOP,
            str(machines.folder),
        ],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509 (no thread of a test runs here)
    )
    try:
        assert {"liveview-1", "liveview-2", "liveview-3"} == machines.wait_for(3)
        end(controller)
        controller.wait(DEADLINE)

        machines.wait_for(0)
    finally:
        controller.kill()
        controller.communicate()


def test_a_child_of_the_controller_that_lives_on_does_not_keep_the_hosts(
    machines: Machines,
) -> None:
    forking = "import os\nif not os.fork(): __import__('time').sleep(600)\n"
    script = textwrap.dedent(CONTROLLER).replace(
        "up.acquire()", f"{forking}up.acquire()"
    )
    controller = subprocess.Popen(
        [sys.executable, "-c", script, BOOT, STOP, str(machines.folder)],
        cwd=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        machines.wait_for(3)
        controller.kill()
        controller.wait(DEADLINE)

        machines.wait_for(0)
    finally:
        os.killpg(controller.pid, signal.SIGKILL)


def test_the_booter_is_gone_when_all_is_stopped(machines: Machines) -> None:
    booter = BooterUnderTest(machines.settings())
    booter.client.boot("liveview-1")
    booter.next_message()

    assert booter.close()
    assert not is_alive(booter.client.pid)
