"""One file that a person has chosen, until it has arrived.

Law: it belongs to one user's `FormState`; what it holds is read by the one who sends it.
"""

from dataclasses import dataclass
from typing import Protocol

from pytest_liveview_load.liveview.protocol.upload import FileInfo


class Content(Protocol):
    """What a file holds."""

    def read(self, offset: int, size: int) -> bytes:
        """Return at most `size` bytes from `offset` on. Raises OSError."""
        ...


@dataclass(slots=True, kw_only=True, eq=False)
class ChosenFile:
    """A file in a file input; `ref` is its number on the page, once it has one."""

    info: FileInfo
    content: Content
    ref: str | None = None
    preflighting: bool = False  # `allow_upload` was asked and not refused
