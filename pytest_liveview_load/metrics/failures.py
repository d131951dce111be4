"""What went wrong, grouped so that a thousand like failures are one line.

Law: failures are alike if their error, their scenario and their message without numbers
and ids are equal; a group keeps one message and one traceback, the first that was seen
where it was recorded, and merging groups never depends on the order.
"""

import re
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

# Numbers, and words that only a machine would write: hex of 6 and more with a digit in
# it, and LiveView's ids such as phx-GJ1ZnDm-Dzhhpw1l.
CHANGING = re.compile(
    r"phx-[\w-]+|\b(?=[a-f-]*\d)[0-9a-f][0-9a-f-]{5,}\b|0x[0-9a-f]+|\d+(?:\.\d+)?",
    re.IGNORECASE,
)
# A page shown in a message may be long; what differs between failures is at its start.
LONGEST_MESSAGE: Final = 2000
# A server that puts random words into its errors must not fill our memory.
MOST_GROUPS: Final = 200
OTHERS: Final = "and others, too many different ones to keep apart"


@dataclass(frozen=True, slots=True)
class Failure:
    """`count` iterations that failed alike. `error` is the name of the exception's class."""

    error: str
    message: str
    traceback: str
    count: int
    scenario: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What alike failures share."""
        return self.error, alike(self.message), self.scenario

    def merged(self, other: "Failure") -> "Failure":
        """Return both as one group."""
        kept = min(self, other, key=lambda each: (each.message, each.traceback))
        return replace(kept, count=self.count + other.count)

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry."""
        return {
            "error": self.error,
            "message": self.message,
            "traceback": self.traceback,
            "count": self.count,
            "scenario": self.scenario,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Failure":
        """Return the failure whose `to_data` this is."""
        return cls(**data)


def grouped(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """Return one failure per group, the most frequent first."""
    groups: dict[tuple[str, str, str], Failure] = {}
    for failure in failures:
        known = groups.get(failure.key)
        groups[failure.key] = known.merged(failure) if known else failure
    return tuple(sorted(groups.values(), key=lambda each: (-each.count, each.key)))


def alike(message: str) -> str:
    """Return the message with its numbers and ids blotted out."""
    return CHANGING.sub("…", message)


class FailureLog:
    """The failures so far, one traceback formatted per group; owned by a recorder."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, str], Failure] = {}
        self.count = 0

    def add(self, error: BaseException, scenario: str) -> None:
        """Count `error` in its group."""
        self.count += 1
        name = type(error).__qualname__
        message = str(error)[:LONGEST_MESSAGE]
        key = (name, alike(message), scenario)
        known = self._groups.get(key)
        if known is None and len(self._groups) >= MOST_GROUPS:
            message, key = OTHERS, (name, OTHERS, scenario)
            known = self._groups.get(key)
        if known:
            self._groups[key] = replace(known, count=known.count + 1)
        else:
            text = "".join(traceback.format_exception(error))
            self._groups[key] = Failure(name, message, text, 1, scenario)

    def failures(self) -> tuple[Failure, ...]:
        """Return the groups, the most frequent first."""
        return grouped(self._groups.values())
