"""Far Pythons with a cache of their own, and shipment for them."""

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import execnet
import pytest

from pytest_liveview_load.hosts.pack import Archive, Requirements, Shipment

DEADLINE: Final = 300.0  # seconds
WHEEL: Final = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n"


@contextmanager
def far_python(spec: str = "popen", **environment: str) -> Iterator[Any]:
    """Yield a gateway to a Python that has these variables, and end it."""
    words = [spec, *(f"env:{name}={value}" for name, value in environment.items())]
    group = execnet.Group()
    try:
        yield group.makegateway("//".join(words))
    finally:
        group.terminate(timeout=2)


def shipment_of(
    files: Mapping[str, bytes], *wanted: str, folders: tuple[str, ...] = ("",)
) -> Shipment:
    """Return shipment of one archive, with what is to be installed, like "tiny==1.0"."""
    pins = tuple((each.split("==")[0], each.split("==")[1]) for each in wanted)
    return Shipment(
        archives=(Archive.of("the tests", files, folders),),
        requirements=Requirements(wanted=wanted, pins=pins),
    )


def make_wheel(
    index: Path, name: str = "tiny", version: str = "1.0", more: str = ""
) -> None:
    """Put a distribution into a folder that pip can be told to look in."""
    index.mkdir(parents=True, exist_ok=True)
    about = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"VERSION = {version!r}\n{more}",
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": f"{WHEEL}Tag: py3-none-any\n",
        f"{about}/RECORD": f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n",
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    (index / f"{name}-{version}-py3-none-any.whl").write_bytes(data.getvalue())


def of_pip(index: Path, log: Path) -> dict[str, str]:
    """Return variables that let pip find only what is in a folder, and log its runs."""
    return {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_LOG": str(log),
    }


@contextmanager
def tiny_disk(place: Path) -> Iterator[Path]:
    """Make a disk of 64 kB, or skip the test where that is not allowed."""
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"]
    try:
        mounted = subprocess.run(["mount", *options, str(place)], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@cache
def index_reached() -> str:
    """Return why pip finds nothing here to install, "" if it does."""
    version = dict(Requirements.ours().pins)["msgspec"]
    command = ["install", "--dry-run", "--no-deps", "--ignore-installed"]
    tried = subprocess.run(
        [sys.executable, "-m", "pip", *command, f"msgspec=={version}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if not tried.returncode:
        return ""
    said = [each for each in tried.stderr.splitlines() if each.strip()]
    return f"pip reaches no index here: {said[-1] if said else 'it says nothing'}"


def imported(gateway: Any, folders: list[str], module: str) -> str:
    """Return what file a far Python imports from these folders."""
    channel = gateway.remote_exec(
        "import importlib, sys\n"
        "folders, name = channel.receive()\n"
        "sys.path[:0] = folders\n"
        "channel.send(importlib.import_module(name).__file__)"
    )
    channel.send((folders, module))
    return str(channel.receive(DEADLINE))


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Return what calls in threads return."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [each.result(DEADLINE) for each in [pool.submit(call) for call in calls]]


def wait_until(condition: Callable[[], Any]) -> Any:
    """Return what a condition is once it is true."""
    deadline = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return value
