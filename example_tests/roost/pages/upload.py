"""`/upload`: two files at most, of a megabyte each; what arrived is shown with its hash."""

import hashlib
from functools import cache, partial
from typing import Any

from roost.components import Reply
from roost.dialect import Dialect
from roost.elixir import decode_form
from roost.liveview import LiveView
from roost.rendered import Each, Html, Rendered, Template, attribute
from roost.uploads import DONE, Entry, Upload

PAGE = Template(
    """
<h1>Upload</h1>
<form id="upload-form" phx-change="validate" phx-submit="save">
  <input type="text" id="note" name="note"{note}>
  {input}
  <button id="upload-save">Upload</button>
</form>
{errors}
{entries}
<ul id="received">
  {received}
</ul>"""
)
ERROR = Template('<p class="error">{error}</p>')
ENTRY = Template(
    """
<div id="entry-{ref}" class="entry">
  <span class="name">{name}</span>
  <progress{value} max="100">{progress}%</progress>
  <button id="cancel-{ref}" phx-click="cancel"{value_ref}>cancel</button>
  {errors}
</div>"""
)
RECEIVED = Template(
    '<li class="received"{data_name}{data_size}{data_hash}>{name} {size} {hash}</li>'
)


class UploadLive(LiveView):
    """Takes files and tells what was in them."""

    view = "Roost.UploadLive"
    title = "Upload"

    async def mount(self) -> None:
        self.note: str | None = None
        self.received: list[Rendered] = []
        self.doc = self.allow_upload(
            Upload(name="doc", accept=(".txt", ".png", ".bin", ".pdf"), max_entries=2)
        )

    async def handle_event(self, event: str, value: Any) -> Reply:
        match event:
            case "validate":
                self.note = decode_form(value["fields"]).get("note")
            case "cancel":
                await self.doc.cancel(value["ref"])
            case "save":
                await self._save()
            case _:
                return await super().handle_event(event, value)
        return None

    async def _save(self) -> None:
        assert self.process is not None  # nobody saves a dead page
        arrived = self.doc.done()
        for entry in arrived:
            await entry.close()
            # One by one, each with a diff of its own, as channels end in Phoenix.
            self.process.call(partial(self.doc.cancel, entry.ref))
        self.received = [_received(entry) for entry in arrived] + self.received
        self.put_flash("info", f"Received {len(arrived)} file(s)")

    def render(self) -> Rendered:
        note = Html("") if self.note is None else attribute("value", self.note)
        return PAGE(
            note=note,
            input=_input(_input_template(self.server.dialect), self.doc),
            errors=_errors(self.doc.errors),
            entries=Each(ENTRY, [_entry(entry) for entry in self.doc.entries]),
            received=Each(RECEIVED, self.received),
        )


@cache
def _input_template(dialect: Dialect) -> Template:
    ignore = ' data-phx-update="ignore"' if dialect.ignores_file_inputs else ""
    failed = "{failed}" if dialect.names_refused_files else ""
    return Template(
        '<input{id} type="file"{name}{accept} data-phx-hook="Phoenix.LiveFileUpload"'
        f"{ignore}{{ref}}{{active}}{{done}}{{preflighted}}{failed}"
        "{auto_upload}{multiple}>"
    )


def _input(template: Template, doc: Upload) -> Rendered:
    failed = ",".join(ref for ref, _ in doc.refusals())
    return template(
        id=attribute("id", doc.ref),
        name=attribute("name", doc.name),
        accept=attribute("accept", ",".join(doc.accept)),
        ref=attribute("data-phx-upload-ref", doc.ref),
        active=_refs("active", doc.entries),
        done=_refs("done", [each for each in doc.entries if each.progress == DONE]),
        preflighted=_refs("preflighted", [e for e in doc.entries if e.preflighted]),
        failed=attribute("data-phx-error-refs", failed or False),
        auto_upload=None,
        multiple=attribute("multiple", doc.max_entries > 1),
    )


def _refs(what: str, entries: list[Entry]) -> Html:
    return attribute(f"data-phx-{what}-refs", ",".join(entry.ref for entry in entries))


def _errors(errors: tuple[str, ...]) -> Each:
    return Each(ERROR, [ERROR(error=f":{error}") for error in errors])


def _entry(entry: Entry) -> Rendered:
    return ENTRY(
        ref=entry.ref,
        name=entry.name,
        value=attribute("value", str(entry.progress)),
        progress=entry.progress,
        value_ref=attribute("phx-value-ref", entry.ref),
        errors=_errors(entry.errors),
    )


def _received(entry: Entry) -> Rendered:
    digest = hashlib.sha256(entry.data).hexdigest()
    size = str(len(entry.data))
    return RECEIVED(
        data_name=attribute("data-name", entry.name),
        data_size=attribute("data-size", size),
        data_hash=attribute("data-sha256", digest),
        name=entry.name,
        size=size,
        hash=digest,
    )
