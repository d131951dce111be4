"""A real sshd with keys made for it, that lets this user in, started and stopped by pid."""

import getpass
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

SSHD = Path("/usr/sbin/sshd")
NEEDED = (SSHD, Path("/usr/bin/ssh"), Path("/usr/bin/ssh-keygen"))
PATIENCE = 10.0  # seconds
TRIES = 5  # for a port that is still free when sshd takes it

SERVER = """
Port {port}
ListenAddress {address}
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PidFile none
"""
CLIENT = """
Host *
  HostName {address}
  Port {port}
  User {user}
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  LogLevel ERROR
"""


@contextmanager
def running_sshd(
    folder: Path, address: str = "127.0.0.1", within: Sequence[str] = ()
) -> Iterator[Path]:
    """Yield the ssh_config with which any name leads to it; `within` is put before it."""
    missing = [str(each) for each in NEEDED if not each.exists()]
    if missing:
        pytest.skip(
            f"{', '.join(missing)}: no such file (apt-get install openssh-server)"
        )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where sshd puts itself in jail
    for name in ("host", "user"):
        generate = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f"]
        subprocess.run([*generate, str(folder / name)], check=True)
    process, port = started(folder, address, within)
    try:
        key = (folder / "host.pub").read_text()
        (folder / "known").write_text(f"[{address}]:{port} {key}")
        config = folder / "config"
        config.write_text(
            CLIENT.format(
                address=address, port=port, user=getpass.getuser(), folder=folder
            )
        )
        yield config
    finally:
        process.terminate()
        process.wait(PATIENCE)


def started(
    folder: Path, address: str, within: Sequence[str]
) -> tuple[subprocess.Popen[bytes], int]:
    """Return an sshd that listens, and its port."""
    log = folder / "log"
    for _ in range(TRIES):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        settings = folder / "sshd_config"
        settings.write_text(SERVER.format(port=port, address=address, folder=folder))
        command = [*within, str(SSHD), "-D", "-f", str(settings), "-E", str(log)]
        process = subprocess.Popen(command)
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None:
            if log.exists() and "Server listening" in log.read_text():
                return process, port
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)
    raise AssertionError(log.read_text())
