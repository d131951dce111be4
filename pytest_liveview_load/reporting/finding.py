"""What several runs of a test came to together: a limit, a comparison.

Law of this file: a finding is plain data, for it travels with the test's report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LIMIT: Final = "limit"
COMPARISON: Final = "comparison"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`lines` are what a person reads, at most 80 columns; `data` is for machines.

    `kind` is LIMIT or COMPARISON, `name` what it is of, if that has one. `test` is the
    node id, which the conductor knows.
    """

    kind: str
    name: str
    lines: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    test: str = ""

    @property
    def title(self) -> str:
        """What stands above the lines."""
        of = f": {self.name}" if self.name else ""
        return f"{self.test} ({self.kind}{of})"

    def to_data(self) -> dict[str, Any]:
        """Return builtins that JSON and execnet carry."""
        return {
            "test": self.test,
            "kind": self.kind,
            "name": self.name,
            "lines": list(self.lines),
            **self.data,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Finding":
        """Return the finding whose `to_data` this is."""
        own = ("test", "kind", "name", "lines")
        return cls(
            test=data["test"],
            kind=data["kind"],
            name=data["name"],
            lines=tuple(data["lines"]),
            data={key: value for key, value in data.items() if key not in own},
        )
