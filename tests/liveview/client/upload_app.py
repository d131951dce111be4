"""A scripted view with one upload: it takes files as Phoenix does, and can be told not to.

What a server says of an upload is in its rendering (the refs) and its replies;
`sent` is what has arrived, by entry.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.liveview.client.scripted_server import (
    Handler,
    Said,
    ScriptedServer,
    Talk,
    accepting,
)

REF = "phx-up"
CHUNK = 10


@dataclass
class UploadApp:
    """The server's side of one page at /upload."""

    server: ScriptedServer
    attributes: str = "multiple"
    version: str = "1.2.10"
    active: list[str] = field(default_factory=list)
    preflighted: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sent: dict[str, bytes] = field(default_factory=dict)
    metas: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        server = self.server
        server.page("/upload", view="UploadLive")
        server.on["phx_join"] = self.join
        server.on["validate"] = self.validate
        server.on["cancel"] = self.cancel
        server.on["allow_upload"] = self.allow
        server.on["chunk"] = self.chunk
        server.on["progress"] = self.progress
        self.take: Handler = lambda talk, said: talk.reply(said)

    def join(self, talk: Talk, said: Said) -> None:
        if said.topic.startswith("lvu:"):
            self.take(talk, said)
            return
        self.active, self.preflighted, self.done, self.errors = [], [], [], []
        opening = (
            '<form id="f" phx-change="validate" phx-submit="save"><input name="note">'
            f'<input id="doc" type="file" name="doc" data-phx-upload-ref="{REF}" '
            f"{self.attributes}"
        )
        closing = (
            '<button id="save">Save</button></form>'
            '<button id="cancel" phx-click="cancel" phx-value-ref="0">x</button>'
            '<section id="zone" phx-drop-target="doc"><p>Drop it here</p></section>'
        )
        statics = [
            f'{opening} data-phx-active-refs="',
            '" data-phx-done-refs="',
            '" data-phx-preflighted-refs="',
            '" data-phx-error-refs="',
            f'">{closing}',
        ]
        rendered = {**self.diff(), "s": statics}
        accepting(rendered, self.version)(talk, said)

    def diff(self) -> dict[str, str]:
        lists = self.active, self.done, self.preflighted, self.errors
        return {str(index): ",".join(refs) for index, refs in enumerate(lists)}

    def validate(self, talk: Talk, said: Said) -> None:
        entries = said.payload["uploads"].get(REF, [])
        self.active = [entry["ref"] for entry in entries]
        talk.reply(said, diff=self.diff())

    def cancel(self, talk: Talk, said: Said) -> None:
        self.active.remove(said.payload["value"]["ref"])
        talk.reply(said, diff=self.diff())

    def allow(self, talk: Talk, said: Said) -> None:
        refs = [entry["ref"] for entry in said.payload["entries"]]
        self.preflighted += refs
        entries = {ref: self.metas.get(ref, f"token-{ref}") for ref in refs}
        config = {"chunk_size": CHUNK, "max_entries": 3, "max_file_size": 1000}
        talk.reply(
            said, ref=REF, config=config, entries=entries, errors={}, diff=self.diff()
        )

    def chunk(self, talk: Talk, said: Said) -> None:
        ref = said.topic.removeprefix("lvu:")
        self.sent[ref] = self.sent.get(ref, b"") + said.payload
        talk.reply(said)

    def progress(self, talk: Talk, said: Said) -> None:
        if said.payload["progress"] == 100:
            self.done.append(said.payload["entry_ref"])
        talk.reply(said, diff=self.diff())

    def progresses(self) -> list[tuple[str, Any]]:
        """Return what was told of progress, in order."""
        heard = self.server.heard("progress")
        return [(each.payload["entry_ref"], each.payload["progress"]) for each in heard]
