"""Headers that a person gives: what may be one, and those of one user."""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Final

from pytest_liveview_load.errors import SettingError

TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
# Each request has its own of these.
NOT_SETTABLE: Final = frozenset(
    {"connection", "content-length", "cookie", "host", "transfer-encoding", "upgrade"}
)


def check_header(name: object, value: object) -> None:
    """Raise SettingError for what is no header to set; the value is not repeated."""
    if not (isinstance(name, str) and TOKEN.fullmatch(name)):
        raise SettingError(
            f"{name!r} is not a header: write Name: value, like X-Tenant: acme"
        )
    if name.lower() in NOT_SETTABLE:
        raise SettingError(f"{name} cannot be set, for every request has its own")
    if not isinstance(value, str):
        raise SettingError(f"the value of {name} is no text")
    if not VALUE.fullmatch(value):
        raise SettingError(
            f"the value of {name} has a character that no header may have"
        )


class UserHeaders(MutableMapping[str, str]):
    """The headers of one user beside those of all, whatever the case of their names."""

    __slots__ = ("_headers",)

    def __init__(self) -> None:
        self._headers: dict[str, tuple[str, str]] = {}

    def added_to(
        self, given: tuple[tuple[str, str], ...]
    ) -> tuple[tuple[str, str], ...]:
        """Return `given`, of which those that the user has are the user's."""
        if not self._headers:
            return given
        kept = (each for each in given if each[0].lower() not in self._headers)
        return (*kept, *self._headers.values())

    def replace(self, headers: Mapping[str, str]) -> None:
        """Have these alone. Raises SettingError."""
        for name, value in headers.items():
            check_header(name, value)
        self._headers.clear()
        self.update(headers)

    def __getitem__(self, name: str) -> str:
        """Return a header's value. Raises KeyError."""
        return self._headers[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        """Set a header. Raises SettingError for what is none."""
        check_header(name, value)
        self._headers[name.lower()] = name, value

    def __delitem__(self, name: str) -> None:
        """Send it no more. Raises KeyError."""
        del self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        """Return the names as they were given."""
        return iter([name for name, _ in self._headers.values()])

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._headers)

    def __repr__(self) -> str:
        """Say which there are; their values may be secrets."""
        return f"<headers {', '.join(self) or 'none'}>"
