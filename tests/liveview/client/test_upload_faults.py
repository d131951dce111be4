"""Uploads that something ends on the way, and those that an app sends elsewhere."""

import asyncio

import pytest

from pytest_liveview_load.errors import (
    ConnectionLost,
    StepTimeout,
    UploadError,
    ViewCrashed,
)
from pytest_liveview_load.liveview.client.upload_entries import ExternalEntry
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    never,
)
from tests.liveview.client.upload_app import REF, UploadApp
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

LONG = bytes(range(25))


# What goes wrong on the way


async def test_a_slow_ack_is_named_and_the_next_submit_waits_for_it(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["chunk"] = never
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(StepTimeout, match=r"the ack of 'long.bin' up to byte 10 of 25"):
        await live.submit("#f", timeout=0.05)

    server.on["chunk"] = app.chunk
    (late,) = server.heard("chunk")
    app.chunk(server.talks[0], late)
    await live.submit("#f")

    assert app.sent == {"0": LONG}
    assert len(server.heard("allow_upload")) == 1
    assert len(server.heard("save")) == 1


async def test_a_preflight_without_answer_is_named(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["allow_upload"] = never
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"))
    with pytest.raises(StepTimeout, match="the reply to allow_upload 'doc'"):
        await live.submit("#f", timeout=0.05)

    assert app.sent == {}


async def test_a_socket_lost_on_the_way_ends_the_upload(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["chunk"] = lambda talk, said: talk.hang_up()
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(ConnectionLost, match=r"the upload of 'long.bin'"):
        await live.submit("#f")

    server.on["chunk"] = app.chunk
    await live.upload("#doc", ("short.bin", b"again"))
    await live.submit("#f")
    assert b"again" in app.sent.values()


async def test_a_view_that_crashes_on_the_way_ends_the_upload(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["chunk"] = lambda talk, said: talk.crash(server.said[0])
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(ViewCrashed, match="UploadLive crashed on the server"):
        await live.submit("#f")

    server.on["chunk"] = app.chunk
    await live.upload("#doc", ("short.bin", b"again"))
    await live.submit("#f")
    assert b"again" in app.sent.values()


async def test_a_view_that_crashes_at_progress_ends_the_upload(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    def crash_at_the_end(talk: Talk, said: Said) -> None:
        # Not earlier: a rejoin would outdate the next crash, which then nobody hears of.
        if said.payload["progress"] == 100:
            talk.crash(said)
        else:
            app.progress(talk, said)

    server.on["progress"] = crash_at_the_end
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(ViewCrashed, match="during progress 'doc'"):
        await live.submit("#f")

    assert app.done == []
    assert not server.heard("save")


async def test_what_ended_between_two_steps_is_not_told_of_a_later_upload(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["chunk"] = never
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(StepTimeout):
        await live.submit("#f", timeout=0.05)
    server.talks[0].hang_up()
    await server.until(lambda: len(server.talks) == 2 and app.active == [])

    server.on["chunk"] = app.chunk
    await live.upload("#doc", ("short.bin", b"again"))
    await live.submit("#f")
    assert app.sent == {"1": b"again"}


async def test_a_person_whom_the_server_leads_away_leaves_the_upload_behind(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.page("/counter")

    def lead_away(talk: Talk, said: Said) -> None:
        talk.push(server.said[0], "redirect", {"to": "/counter"})
        talk.reply(said)

    server.on["chunk"] = lead_away
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    await live.submit("#f")

    assert live.path == "/counter"
    assert len(server.heard("chunk")) == 1
    assert not server.heard("save")


# External uploads


async def test_a_registered_uploader_takes_the_file_elsewhere(
    app: UploadApp, server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    app.metas = {"0": {"uploader": "S3", "url": "https://s3.test/0"}}
    taken = []

    async def s3(entry: ExternalEntry) -> None:
        taken.append((entry.meta["url"], entry.info.name, entry.read()))
        entry.progress(50)

    await live.visit("/upload")
    live.uploaders["S3"] = s3
    await live.upload("#doc", ("long.bin", LONG))
    await live.submit("#f")

    assert taken == [("https://s3.test/0", "long.bin", LONG)]
    assert app.progresses() == [("0", 50), ("0", 100)]
    assert measured.labels("upload") == ["doc"]
    assert not server.heard("chunk")
    assert len(server.heard("save")) == 1


async def test_an_uploader_hears_that_the_server_has_cancelled_its_entry(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    app.metas = {"0": {"uploader": "S3"}}

    def drop(talk: Talk, said: Said) -> None:
        app.active = []
        talk.reply(said, diff=app.diff())

    entries = []

    async def s3(entry: ExternalEntry) -> None:
        stopped = asyncio.Event()
        entry.on_cancel(stopped.set)
        entries.append(entry)
        entry.progress(50)
        assert not entry.cancelled
        await stopped.wait()
        entry.progress(75)

    server.on["progress"] = drop
    await live.visit("/upload")
    live.uploaders["S3"] = s3
    await live.upload("#doc", ("long.bin", LONG))
    await live.submit("#f")

    (entry,) = entries
    assert entry.cancelled
    late: list[str] = []
    entry.on_cancel(lambda: late.append("told at once"))
    assert ["told at once"] == late
    assert app.progresses() == [("0", 50)]
    assert len(server.heard("save")) == 1
    assert not live._tab.page.form.files(REF)  # type: ignore[union-attr]


async def test_an_uploader_hears_that_its_page_was_left(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    app.metas = {"0": {"uploader": "S3"}}
    stopped = asyncio.Event()

    async def s3(entry: ExternalEntry) -> None:
        entry.on_cancel(stopped.set)
        await stopped.wait()

    await live.visit("/upload")
    live.uploaders["S3"] = s3
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(StepTimeout):
        await live.submit("#f", timeout=0.05)
    await live.visit("/counter")

    assert stopped.is_set()


async def test_what_a_callback_for_cancelling_raises_fails_the_step(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    app.metas = {"0": {"uploader": "S3"}}

    def drop(talk: Talk, said: Said) -> None:
        app.active = []
        talk.reply(said, diff=app.diff())

    def failing() -> None:
        raise KeyError("nothing")

    async def s3(entry: ExternalEntry) -> None:
        entry.on_cancel(failing)
        entry.progress(50)
        await asyncio.Event().wait()

    server.on["progress"] = drop
    await live.visit("/upload")
    live.uploaders["S3"] = s3
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(UploadError, match="its on_cancel raised KeyError: 'nothing'"):
        await live.submit("#f")


async def test_an_uploader_that_raises_refuses_the_entry(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    app.metas = {"0": {"uploader": "S3"}}

    async def s3(entry: ExternalEntry) -> None:
        raise OSError(f"no way to {entry.info.name}")

    await live.visit("/upload")
    live.uploaders["S3"] = s3
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(UploadError, match=r"raised OSError: no way to long.bin"):
        await live.submit("#f")

    assert app.progresses() == [("0", {"error": "failed"})]
    assert not server.heard("save")


async def test_an_uploader_that_nobody_registered_is_named(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    app.metas = {"0": {"uploader": "S3"}}
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(UploadError, match=r"set live.uploaders\['S3'\]"):
        await live.submit("#f")

    assert not server.heard("save")
