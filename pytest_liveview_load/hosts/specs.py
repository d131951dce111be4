"""Which hosts are to carry users, as a person writes it: `ssh=load1//python=python3.12`.

Nothing is opened here. A spec is execnet's: `key=value` pairs with
`//` between them, whose first says how the host is reached: `popen`, a Python on this
machine or whatever the command `python=…` leads to, or `ssh=…`.
"""

import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Final, NamedTuple

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.units import near_miss

WAYS: Final = ("popen", "ssh")
KEYS: Final = (
    "popen",
    "ssh",
    "ssh_config",
    "python",
    "id",
    "chdir",
    "nice",
    "dont_write_bytecode",
)
ENVIRONMENT: Final = "env:"
ORPHAN: Final = (
    "LIVEVIEW_HOST_ORPHAN"  # a shell command that a host runs once its link has ended
)
EXAMPLE: Final = (
    "write hosts like 'ssh=load1//python=python3.12, 2*popen'; what execnet does not reach "
    "by ssh is reached by a command, like 'popen//python=docker run -i --rm img python3'"
)
# A comma ends a spec only where another one begins, for commands have commas too.
NEXT_SPEC: Final = re.compile(r",\s*(?=(?:\d+\s*\*\s*)?(?:popen\b|ssh=))")
TIMES: Final = re.compile(r"(\d+)\s*\*\s*(.*)", re.DOTALL)
NAME: Final = re.compile(r"[\w.@:-]+")
TAKEN: Final = re.compile(r"gw\d+|lead")  # names of workers, and of who leads
MOST: Final = 1000  # hosts of one spec: more is a slip of the finger


class HostSpec(NamedTuple):
    """One host: the name by which a run knows it, and how it is reached."""

    name: str
    text: str


def parse_specs(texts: Iterable[str]) -> tuple[HostSpec, ...]:
    """Return the hosts that are asked for, in order. Raises HostError."""
    found = [spec for text in texts for spec in specs_of(text)]
    named = [(spec, fields_of(spec)) for spec in found]
    names = [name_of(spec, fields) for spec, fields in named]
    seen: Counter[str] = Counter()
    hosts = []
    for (spec, fields), name in zip(named, names, strict=True):
        seen[name] += 1
        if "id" in fields and names.count(name) > 1:
            problem = f"{names.count(name)} hosts are named {name!r}"
            raise HostError(spec, problem, "give each its own id=…, or none")
        is_plain = names.count(name) == 1 and not TAKEN.fullmatch(name)
        last = "" if is_plain else f"#{seen[name]}"
        hosts.append(HostSpec(f"{name}{last}", spec))
    return tuple(hosts)


def specs_of(text: str) -> Iterator[str]:
    """Yield the specs of one text, each as often as it says."""
    for line in text.splitlines():
        for part in NEXT_SPEC.split(line):
            spec = part.strip().rstrip(",").strip()
            times = TIMES.fullmatch(spec)
            count, spec = (int(times[1]), times[2]) if times else (1, spec)
            if not 1 <= count <= MOST:
                raise HostError(
                    part.strip(), f"{count} hosts is not between 1 and {MOST}"
                )
            if spec:
                yield from [spec] * count


def fields_of(spec: str) -> dict[str, str]:
    """Return the fields of a spec; those without a value have "". Raises HostError."""
    fields: dict[str, str] = {}
    for word in spec.split("//"):
        key, equals, value = word.partition("=")
        if key in fields:
            raise HostError(spec, f"{key} is given twice", EXAMPLE)
        if not (key in KEYS or is_variable(key)):
            near = near_miss(key, KEYS).strip()
            problem = f"{key!r} is no key of a host{near and f' ({near})'}"
            raise HostError(spec, problem, EXAMPLE)
        if not value and key not in ("popen", "dont_write_bytecode"):
            what = "nothing" if equals else "no value"
            raise HostError(spec, f"{key} has {what}", EXAMPLE)
        fields[key] = value
    ways = [key for key in WAYS if key in fields]
    if len(ways) != 1:
        said = " and ".join(ways) if ways else "neither popen nor ssh=…"
        raise HostError(spec, f"how is it reached? It says {said}", EXAMPLE)
    check_values(spec, fields)
    return fields


def is_variable(key: str) -> bool:
    """Return whether a key sets a variable of the environment."""
    return key.startswith(ENVIRONMENT) and len(key) > len(ENVIRONMENT)


def check_values(spec: str, fields: dict[str, str]) -> None:
    """Raise HostError for a value that cannot be."""
    if "," in fields.get("ssh", ""):
        after = fields["ssh"].partition(",")[2].strip()
        raise HostError(spec, f"{after!r} after the comma is no host", EXAMPLE)
    nice = fields.get("nice", "0")
    if not nice.lstrip("-").isdigit():
        raise HostError(spec, f"nice={nice} is no whole number")
    name = fields.get("id", "host")
    if not NAME.fullmatch(name):
        raise HostError(spec, f"id={name} is no name: letters, digits and . @ : - _")
    if TAKEN.fullmatch(name):
        raise HostError(
            spec, f"{name} is what another process is called", "take another id"
        )


def name_of(spec: str, fields: dict[str, str]) -> str:
    """Return what a host is called; several may have the same name."""
    if "id" in fields:
        return fields["id"]
    if "ssh" in fields:
        words = NAME.findall(fields["ssh"].split()[-1])
        return words[0] if words else spec
    return "popen"


# What a host must have


PLUGIN: Final = "pytest-liveview-load"
# What measures, or changes what is measured, has to be the same release ...
MEASURING: Final = ("msgspec", "lxml", "httpx", "httpcore", "h11", "websockets")
# ... of the rest any will do.
NEEDED: Final = ("anyio", "cssselect", "pytest")
INSTALL: Final = f"install {PLUGIN} there, or set liveview_ship = true"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInfo:
    """What runs on a host."""

    python: str
    implementation: str
    executable: str
    prefix: str
    host: str
    packages: Mapping[str, str]

    @property
    def is_here(self) -> bool:
        """Whether it is this machine's and this environment's Python, or a twin of it."""
        return (self.host, self.prefix) == (platform.node(), sys.prefix)


@cache
def our_packages() -> Mapping[str, str]:
    """Return the versions here of all that a host has to have."""
    return {name: metadata.version(name) for name in (PLUGIN, *MEASURING, *NEEDED)}


def check_python(spec: str, info: HostInfo) -> None:
    """Raise HostError for another Python than ours."""
    ours, theirs = minor(platform.python_version()), minor(info.python)
    here, there = platform.python_implementation(), info.implementation
    if (here, ours) != (there, theirs):
        problem = (
            f"its {info.executable} is {there} {info.python}, and here runs {here} "
            f"{platform.python_version()}"
        )
        advice = f"give a {ours} with python=…, like {spec_with_python(spec, ours)!r}"
        raise HostError(spec, problem, advice)


def check_packages(spec: str, info: HostInfo, ours: Mapping[str, str]) -> None:
    """Raise HostError for packages that are missing, or are other releases than `ours`."""
    missing = [name for name in ours if name not in info.packages]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        problem = f"{' and '.join(listed(missing))} {verb} missing there"
        raise HostError(spec, problem, INSTALL)
    other = [
        f"{name} is {info.packages[name]} there and {version} here"
        for name, version in ours.items()
        if name not in NEEDED and info.packages[name] != version
    ]
    if other:
        raise HostError(spec, ", ".join(other), f"let both have the same: {INSTALL}")


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
