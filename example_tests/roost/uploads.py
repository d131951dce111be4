"""Files on their way: what a view allows, which entries it has, what they hold so far.

Law of this file: an upload says what it thinks of a file and never sends; its errors are the
recorded ones.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

TOKEN_SALT: Final = "lvu"
DONE: Final = 100


async def no_channel() -> None:
    """Close nothing: the file is not being sent."""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One file; `close` ends the channel that it is sent on."""

    ref: str
    name: str
    size: int
    errors: tuple[str, ...] = ()
    preflighted: bool = False
    progress: int = 0
    data: bytearray = field(default_factory=bytearray)
    close: Callable[[], Awaitable[None]] = no_channel


@dataclass(slots=True, kw_only=True)
class Upload:
    """Owns the entries of one file input, as `Phoenix.LiveView.UploadConfig`."""

    name: str
    accept: tuple[str, ...]  # extensions
    max_entries: int
    max_file_size: int = 1_000_000  # bytes
    chunk_size: int = 8192  # bytes
    chunk_timeout: int = 10_000  # milliseconds
    ref: str = field(default_factory=lambda: f"phx-{secrets.token_urlsafe(12)}")
    entries: list[Entry] = field(default_factory=list)

    def put_entries(self, files: Sequence[Mapping[str, Any]]) -> None:
        """Take up the files that a form has; those it had before stay as they are."""
        known = {entry.ref for entry in self.entries}
        self.entries += [
            Entry(
                ref=file["ref"],
                name=file["name"],
                size=file["size"],
                errors=self._complaints(file),
            )
            for file in files
            if file["ref"] not in known
        ]

    @property
    def errors(self) -> tuple[str, ...]:
        """What is wrong with all of them together."""
        too_many = len(self.entries) > self.max_entries
        return ("too_many_files",) if too_many else ()

    def refusals(self) -> list[tuple[str, str]]:
        """Return each error with the ref of its entry, or of the upload."""
        own = [(self.ref, error) for error in self.errors]
        return own + [
            (entry.ref, error) for entry in self.entries for error in entry.errors
        ]

    def allow(self, sign: Callable[[str], str]) -> dict[str, Any]:
        """Answer a preflight: a signed token for each file, or why not."""
        if refusals := self.refusals():
            return {"error": [list(refusal) for refusal in refusals], "ref": self.ref}
        fresh = [entry for entry in self.entries if not entry.preflighted]
        for entry in fresh:
            entry.preflighted = True
        return {
            "config": {
                "chunk_size": self.chunk_size,
                "chunk_timeout": self.chunk_timeout,
                "max_entries": self.max_entries,
                "max_file_size": self.max_file_size,
            },
            "entries": {entry.ref: sign(entry.ref) for entry in fresh},
            "errors": {},
            "ref": self.ref,
        }

    def entry(self, ref: str) -> Entry | None:
        """Return the entry with this ref, unless it is gone."""
        return next((entry for entry in self.entries if entry.ref == ref), None)

    async def cancel(self, ref: str) -> None:
        """Drop an entry, and what is being sent of it."""
        entry = self.entry(ref)
        if entry is not None:
            self.entries.remove(entry)
            await entry.close()

    def done(self) -> list[Entry]:
        """Return the entries that have arrived, the last first, as Phoenix consumes them."""
        return [entry for entry in reversed(self.entries) if entry.progress == DONE]

    def _complaints(self, file: Mapping[str, Any]) -> tuple[str, ...]:
        if file["size"] > self.max_file_size:
            return ("too_large",)
        accepted = file["name"].lower().endswith(self.accept)
        return () if accepted else ("not_accepted",)
