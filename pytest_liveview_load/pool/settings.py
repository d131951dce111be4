"""What a person writes of a pool: lines of `key = value`, checked.

`PoolSettings` exist only where every line is good: a bad line is a PoolError that
quotes it, raised before any test runs.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pytest_liveview_load.errors import PoolError, UnitError
from pytest_liveview_load.pool.policy import PoolLimits
from pytest_liveview_load.units import near_miss, parse_duration


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSettings:
    """The pool's numbers, and its shell commands, "" for none.

    `orphan` is run by a host whose link has ended, for then nobody may be left who could
    stop it; the others are run here.

    Commands run in `folder`.
    """

    plan: PoolLimits = field(default_factory=PoolLimits)
    boot: str = ""
    stop: str = ""
    on_grow: str = ""
    on_shrink: str = ""
    orphan: str = ""
    folder: str = "."


COMMANDS: Final = ("boot", "stop", "on_grow", "on_shrink", "orphan")
WORDS: Final = {"true": True, "false": False, "yes": True, "no": False}


def parse_pool(
    lines: Iterable[str], *, folder: str = ".", has_provider: bool = False
) -> PoolSettings:
    """Return what the lines say. Raises PoolError, which quotes the first bad one.

    A pool with a provider, which boots and stops, has no commands for that.
    """
    written: dict[str, str] = {}
    values: dict[str, Any] = {}
    for line in lines:
        key, equals, text = (part.strip() for part in line.partition("="))
        if not (key and equals and text):
            raise PoolError(repr(line), "write it like 'max = 20'")
        if key in values:
            raise PoolError(
                repr(line), f"{key} is given twice, before as {written[key]!r}"
            )
        values[key] = read(key, text, line)
        written[key] = line
    check_together(values, written, has_provider=has_provider)
    commands = {name: values[name] for name in COMMANDS if name in values}
    numbers = {
        FIELDS.get(name, name): it for name, it in values.items() if name in READERS
    }
    return PoolSettings(plan=PoolLimits(**numbers), folder=folder, **commands)


def read(key: str, text: str, line: str) -> Any:
    """Return a value. Raises PoolError."""
    if key in COMMANDS:
        return text
    if key not in READERS:
        advice = near_miss(key, (*READERS, *COMMANDS))
        known = f"Keys are {', '.join((*COMMANDS, *READERS))}"
        raise PoolError(repr(line), f"no key is called {key!r}.{advice or f' {known}'}")
    try:
        return READERS[key](text)
    except (UnitError, ValueError) as error:
        raise PoolError(repr(line), str(error)) from None


def check_together(
    values: Mapping[str, Any], written: Mapping[str, str], *, has_provider: bool
) -> None:
    """Raise PoolError for what does not go together, or is missing."""
    if "//" in values.get("orphan", ""):
        problem = (
            "'//' cannot be in it, for a host's spec takes it there: name a script"
        )
        raise PoolError(repr(written["orphan"]), problem)
    both = ("boot", "stop")
    if has_provider:
        for key in both:
            if key in values:
                problem = (
                    "a provider boots and stops the hosts of this pool: leave it out"
                )
                raise PoolError(repr(written[key]), problem)
    elif "boot" not in values:
        problem = (
            "how is a host booted? Write 'boot = COMMAND', whose last line of output is the "
            "host's spec, like ssh=root@10.0.0.7, or let a plugin or conftest.py return a "
            "provider from pytest_liveview_load_provide_host"
        )
        raise PoolError("boot", problem)
    elif "stop" not in values:
        problem = (
            "how is a host stopped? Write 'stop = COMMAND', which finds the host's name in "
            "LIVEVIEW_HOST_NAME; 'stop = true' where a host ends without it"
        )
        raise PoolError(repr(written["boot"]), problem)
    least = values.get("min", PoolLimits().least)
    most = values.get("max", PoolLimits().most)
    if least > most:
        problem = f"this is more than max = {most}"
        raise PoolError(repr(written.get("min", f"max = {most}")), problem)


def whole(least: int) -> Callable[[str], int]:
    """Return what reads whole numbers."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise ValueError(f"{text!r} is not a whole number from {least} on")
        return int(text)

    return number


def some_time(text: str) -> float:
    """Return seconds, more than none."""
    seconds = parse_duration(text)
    if not seconds:
        raise ValueError(f"{text!r} must be more than nothing")
    return seconds


def truth(text: str) -> bool:
    """Return whether it is so."""
    if text.lower() not in WORDS:
        raise ValueError(f"{text!r} is neither true nor false")
    return WORDS[text.lower()]


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "min": whole(0),
    "max": whole(1),
    "users_per_host": whole(1),
    "boot_timeout": some_time,
    "idle_shutdown": parse_duration,
    "single_use": truth,
}
FIELDS: Final = {"min": "least", "max": "most"}
