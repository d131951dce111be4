"""A network namespace with one cable to it, where this machine lets us have one."""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Namespace:
    """`here` is this end's address, `there` the other's; `cable` is this end's device."""

    name: str
    here: str
    there: str
    cable: str

    @property
    def within(self) -> list[str]:
        """What is put before a command that is to run there."""
        return ["ip", "netns", "exec", self.name]

    def cut(self) -> None:
        ip("link", "set", self.cable, "down")

    def delay(self, seconds: float) -> None:
        """Let whatever goes there take longer. Skips where the kernel cannot."""
        # No netem without its module.
        command = ["tc", "qdisc", "add", "dev", self.cable, "root", "netem", "delay"]
        done = subprocess.run(
            [*command, f"{seconds * 1000:g}ms"], capture_output=True, text=True
        )
        if done.returncode:
            pytest.skip(f"tc netem: {done.stderr.strip()}")


def ip(*words: str) -> str:
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    return done.stdout


@contextlib.contextmanager
def namespace() -> Iterator[Namespace]:
    """Make one, and take it away again. Skips where that is not allowed."""
    if shutil.which("ip") is None:
        pytest.skip("there is no ip (apt-get install iproute2)")
    number = next(NUMBERS)
    # Names and addresses of this process alone; 198.18.0.0/15 is for tests of networks.
    unique = os.getpid() * 8 + number % 8
    name, cable = f"lv{unique}", f"lv{unique}a"
    net = f"198.{18 + unique // 65536 % 2}.{unique // 256 % 256}"
    low = unique % 64 * 4
    made = Namespace(name, f"{net}.{low + 1}", f"{net}.{low + 2}", cable)
    try:
        ip("netns", "add", name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"ip netns add: {error.stderr.strip()}")
    try:
        other = f"lv{unique}b"
        try:
            ip(
                "link",
                "add",
                cable,
                "type",
                "veth",
                "peer",
                "name",
                other,
                "netns",
                name,
            )
        except subprocess.CalledProcessError as error:
            pytest.skip(f"ip link add type veth: {error.stderr.strip()}")
        ip("addr", "add", f"{made.here}/30", "dev", cable)
        ip("link", "set", cable, "up")
        ip("-n", name, "addr", "add", f"{made.there}/30", "dev", other)
        ip("-n", name, "link", "set", other, "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield made
    finally:
        for pid in ip("netns", "pids", name).split():  # who waits there for an answer
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        ip("netns", "del", name)  # and the cable with it
