"""Uploads that are refused: by the server, or before anything is sent."""

from pathlib import Path
from typing import Any

import pytest

from pytest_liveview_load.errors import ElementError, UploadError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import (
    Said,
    ScriptedServer,
    Talk,
    never,
)
from tests.liveview.client.upload_app import CHUNK, REF, UploadApp
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

LONG = bytes(range(25))


# What is refused


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ([("huge.bin", b"x")], ["0", "too_large"]),
        ([("bad.exe", b"x")], ["0", "not_accepted"]),
        ([("a.txt", b"a"), ("b.txt", b"b")], [REF, "too_many_files"]),
    ],
)
async def test_what_the_server_refuses_at_the_submit_is_an_error(
    app: UploadApp,
    server: ScriptedServer,
    live: Visitor,
    files: list[tuple[str, bytes]],
    error: list[str],
) -> None:
    server.on["allow_upload"] = lambda talk, said: talk.reply(
        said, ref=REF, error=[error]
    )
    await live.visit("/upload")
    await live.upload("#doc", *files)
    for _ in range(2):  # it stays refused until the person cancels it
        with pytest.raises(UploadError) as caught:
            await live.submit("#f")

        name = files[0][0] if error[0] == "0" else ""
        expected = "doc", error[0], name, error[1]
        refused = caught.value
        assert expected == (refused.upload, refused.ref, refused.name, refused.reason)
    assert not server.heard("save")
    assert app.sent == {}


@pytest.mark.parametrize(
    ("name", "marked", "reason"),
    [
        ("huge.bin", "0", "too_large"),
        ("bad.exe", "0", "not_accepted"),
        ("one.bin", REF, "too_many_files"),
    ],
)
async def test_what_the_server_marks_is_an_error_at_once_and_is_not_asked_for(
    app: UploadApp,
    server: ScriptedServer,
    live: Visitor,
    name: str,
    marked: str,
    reason: str,
) -> None:
    app.attributes = 'multiple accept=".bin"'
    app.errors = []

    def validate(talk: Talk, said: Said) -> None:
        app.errors = [marked]
        app.validate(talk, said)

    server.on["validate"] = validate
    await live.visit("/upload")
    for step in (live.upload("#doc", (name, b"x")), live.submit("#f")):
        with pytest.raises(UploadError) as caught:
            await step
        assert (marked, reason) == (caught.value.ref, caught.value.reason)
    assert not server.heard("allow_upload")
    assert not server.heard("save")


async def test_auto_upload_sends_the_rest_and_then_tells_what_was_refused(
    app: UploadApp, server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    app.attributes = "multiple data-phx-auto-upload"

    def allow(talk: Talk, said: Said) -> None:
        entries, config = {"1": "token-1"}, {"chunk_size": CHUNK}
        errors = {"0": ["too_large"]}
        talk.reply(said, ref=REF, config=config, entries=entries, errors=errors)

    server.on["allow_upload"] = allow
    await live.visit("/upload")
    with pytest.raises(UploadError, match=r"'huge.bin': too_large") as caught:
        await live.upload("#doc", ("huge.bin", b"x"), ("b.txt", b"b"))

    assert caught.value.ref == "0"
    assert app.sent == {"1": b"b"}
    assert measured.labels("upload") == ["doc"]


@pytest.mark.parametrize(
    ("version", "error"),
    [("1.2.10", "disallowed"), ("1.0.19", {"reason": "disallowed"})],
)
async def test_a_refused_channel_is_left_and_told_to_the_view(
    app: UploadApp,
    server: ScriptedServer,
    live: Visitor,
    version: str,
    error: Any,
) -> None:
    app.version = version
    app.take = lambda talk, said: talk.reply(said, "error", reason="disallowed")
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(UploadError, match=r"'doc' failed for 'long.bin': disallowed"):
        await live.submit("#f")

    assert app.progresses() == [("0", {"error": error})]
    (left,) = server.heard("phx_leave")
    assert left.topic == "lvu:0"
    assert not server.heard("save")


async def test_what_was_refused_is_told_though_the_view_never_answers(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    app.take = lambda talk, said: talk.reply(said, "error", reason="disallowed")
    server.on["progress"] = never
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"))

    with pytest.raises(UploadError) as caught:
        await live.submit("#f", timeout=0.05)

    assert caught.value.reason == "disallowed"


async def test_a_writer_that_fails_is_not_told_to_the_view_which_knows(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["chunk"] = lambda talk, said: talk.reply(
        said, "error", reason="writer_error"
    )
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(UploadError) as caught:
        await live.submit("#f")

    assert caught.value.reason == "writer_error"
    assert app.progresses() == []


async def test_an_upload_channel_that_crashes_is_told(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    server.on["chunk"] = lambda talk, said: talk.crash(said)
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    with pytest.raises(UploadError, match="channel_crash"):
        await live.submit("#f")

    assert app.progresses() == [("0", {"error": {"reason": "channel_crash"}})]


# What cannot be


async def test_a_file_that_cannot_be_read_is_told_before_anything_is_sent(
    app: UploadApp, server: ScriptedServer, live: Visitor, tmp_path: Path
) -> None:
    await live.visit("/upload")
    before = len(server.said)
    for given, problem in [
        ((str(tmp_path / "none.txt"),), r"none.txt': cannot be read \(No such file"),
        (("x" * 5000,), r"x': cannot be read \(File name too long"),
        (("a\0b",), r"cannot be read \(embedded null byte"),
        ((tmp_path,), "is a folder without files"),
        ((("a.txt", b"a"), tmp_path / "none.txt"), "cannot be read"),
        ((b"bytes",), r"b'bytes' is no file: give a path, or \(name, bytes\)"),
        ((("a.txt", "text"),), r"is no file: give a path, or \(name, bytes\)"),
        ((), "no file was given"),
    ]:
        with pytest.raises(UploadError, match=problem):
            await live.upload("#doc", *given)  # type: ignore[arg-type]

    assert before == len(server.said)
    assert app.active == []


async def test_a_file_that_shrinks_on_its_way_is_told(
    app: UploadApp, server: ScriptedServer, live: Visitor, tmp_path: Path
) -> None:
    file = tmp_path / "log.txt"
    file.write_bytes(LONG)
    await live.visit("/upload")
    await live.upload("#doc", file)
    file.write_bytes(LONG[:CHUNK])
    with pytest.raises(UploadError, match="has only 10 bytes by now"):
        await live.submit("#f")

    assert app.progresses()[-1] == ("0", {"error": "failed"})
    assert not server.heard("save")


@pytest.mark.parametrize(
    ("attributes", "selector", "files", "problem"),
    [
        ("", "#doc", 2, "takes one file, not 2"),
        ("disabled", "#doc", 1, "is disabled"),
        ("", "[name=note]", 1, "is no <input type=file>"),
    ],
)
async def test_what_no_person_could_choose_is_an_element_error(
    app: UploadApp,
    live: Visitor,
    attributes: str,
    selector: str,
    files: int,
    problem: str,
) -> None:
    app.attributes = attributes
    await live.visit("/upload")
    with pytest.raises(ElementError, match=problem):
        await live.upload(selector, *[("a.txt", b"a")] * files)

    assert app.active == []
