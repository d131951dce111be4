"""What runs first on a host, before anything of ours is there.

This file's source is sent, so it may import only the standard library, and must run on
Pythons too old for the plugin. It answers one request after the other in the main thread
and ends by serving users.
"""

from __future__ import annotations  # Pythons before 3.9 cannot read the others

import importlib
import os
import platform
import sys
from typing import Any


def describe(names: list[str]) -> dict[str, Any]:
    """Return what runs here, and the versions of the packages that there are."""
    found = {}
    try:
        from importlib import metadata  # noqa: PLC0415
    except ImportError:
        names = []
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "host": platform.node(),
        "packages": found,
    }


def configure(folder: str, nice: int, variables: dict[str, str]) -> None:
    """Do what the spec asks for, as execnet's own groups do."""
    os.environ.update(variables)
    if folder:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
        os.chdir(folder)
    if nice:
        os.nice(nice)


def import_first_from(entries: list[str]) -> None:
    """Import from these before all others."""
    sys.path[:0] = entries
    importlib.invalidate_caches()


def answer(channel: Any) -> None:
    """Answer until told to serve, and serve to the end."""
    while True:
        word, arguments = channel.receive()
        if word == "describe":
            channel.send(describe(*arguments))
        elif word == "configure":
            configure(*arguments)
        elif word == "path":
            import_first_from(*arguments)
        else:
            from pytest_liveview_load.hosts.remote import (  # noqa: PLC0415
                serve,
            )

            serve(channel)
            return


if __name__ == "__channelexec__":
    answer(channel)  # type: ignore[name-defined] # noqa: F821 (execnet puts it here)
