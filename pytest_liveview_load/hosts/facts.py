"""What a host has to have, compared with what it has.

Law: numbers of several processes are merged, so all of them are to be measured by the same
code; what is not alike is named with both sides before anything runs.
"""

import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, Final

from pytest_liveview_load.errors import HostError

PLUGIN: Final = "pytest-liveview-load"
# What measures, or changes what is measured, has to be the same release ...
MEASURING: Final = ("msgspec", "lxml", "httpx", "httpcore", "h11", "websockets")
# ... of the rest any will do.
NEEDED: Final = ("anyio", "cssselect", "pytest")
INSTALL: Final = f"install {PLUGIN} there, or set liveview_ship = true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What runs on a host."""

    python: str
    implementation: str
    executable: str
    prefix: str
    host: str
    pid: int
    packages: Mapping[str, str]

    @property
    def is_here(self) -> bool:
        """Whether it is this machine's and this environment's Python, or a twin of it."""
        return (self.host, self.prefix) == (platform.node(), sys.prefix)


@cache
def our_packages() -> Mapping[str, str]:
    """Return the versions here of all that a host has to have."""
    return {name: metadata.version(name) for name in (PLUGIN, *MEASURING, *NEEDED)}


def check_python(spec: str, facts: Facts) -> None:
    """Raise HostError for another Python than ours."""
    ours, theirs = minor(platform.python_version()), minor(facts.python)
    here, there = platform.python_implementation(), facts.implementation
    if (here, ours) != (there, theirs):
        problem = (
            f"its {facts.executable} is {there} {facts.python}, and here runs {here} "
            f"{platform.python_version()}"
        )
        advice = f"give a {ours} with python=…, like {spec_with_python(spec, ours)!r}"
        raise HostError(spec, problem, advice)


def check_packages(
    spec: str, facts: Facts, ours: Mapping[str, str], advice: str = INSTALL
) -> None:
    """Raise HostError for packages that are missing, or are other releases than `ours`."""
    missing = [name for name in ours if name not in facts.packages]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        problem = f"{' and '.join(listed(missing))} {verb} missing there"
        raise HostError(spec, problem, advice)
    other = [
        f"{name} is {facts.packages[name]} there and {version} here"
        for name, version in ours.items()
        if name not in NEEDED and facts.packages[name] != version
    ]
    if other:
        raise HostError(spec, ", ".join(other), f"let both have the same: {advice}")


def facts_from(data: Mapping[str, Any]) -> Facts:
    """Return what a host says of itself."""
    return Facts(**data)


def minor(version: str) -> str:
    """Return '3.12' of '3.12.4'."""
    return ".".join(version.split(".")[:2])


def listed(names: Sequence[str]) -> tuple[str, ...]:
    """Return names as they are joined by 'and': all but the last together."""
    return (", ".join(names[:-1]), names[-1]) if len(names) > 1 else tuple(names)


def spec_with_python(spec: str, version: str) -> str:
    """Return how a spec would ask for a Python."""
    kept = [word for word in spec.split("//") if not word.startswith("python=")]
    return "//".join([*kept, f"python=python{version}"])
