"""Which hosts are to carry users, as a person writes it: `ssh=load1//python=python3.12`.

Law: text in, specs out, and nothing is opened. A spec is execnet's: `key=value` pairs with
`//` between them, whose first says how the host is reached: `popen`, a Python on this
machine or whatever the command `python=…` leads to, or `ssh=…`.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
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
