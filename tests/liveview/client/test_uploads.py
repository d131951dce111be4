"""Uploads: what goes over the wire in which order, and what ends them."""

import os
from pathlib import Path

import pytest

from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.liveview.client.scripted_server import Said, ScriptedServer, Talk
from tests.liveview.client.upload_app import CHUNK, REF, UploadApp
from tests.liveview.conftest import Measured

pytestmark = pytest.mark.anyio

LONG = bytes(range(25))


def told(server: ScriptedServer, *events: str) -> list[str]:
    """Return the channel events among `events` in the order in which they came."""
    return [said.event for said in server.said if said.event in events]


# What is sent


async def test_files_go_in_chunks_before_the_submit(
    app: UploadApp, server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    assert not server.heard("allow_upload")
    await live.submit("#f")

    assert app.sent == {"0": LONG}
    assert app.progresses() == [("0", 40), ("0", 80), ("0", 100)]
    chunks = server.heard("chunk")
    assert [len(each.payload) for each in chunks] == [CHUNK, CHUNK, 5]
    assert told(server, "allow_upload", "chunk", "event") == [
        "event",
        "allow_upload",
        *["chunk"] * 3,
        "event",
    ]
    assert server.said[-1].payload["event"] == "save"
    (join,) = [said for said in server.heard("phx_join") if said.topic == "lvu:0"]
    assert join.payload == {"token": "token-0"}
    assert measured.labels("upload") == ["doc"]
    header = len("\x00" + "1234") + len("12" + "16" + "lvu:0" + "chunk")
    assert measured.sizes.count(("sent_bytes", "doc", header + CHUNK)) == 2
    assert measured.sizes.count(("sent_bytes", "doc", header + 5)) == 1


async def test_three_files_go_at_once_each_on_a_channel_of_its_own(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    files = {str(n): bytes([n]) * (CHUNK * n + 1) for n in range(3)}
    await live.visit("/upload")
    await live.upload("#doc", *((f"{n}.txt", data) for n, data in files.items()))
    await live.submit("#f")

    assert app.sent == files
    assert len(server.heard("allow_upload")) == 1
    topics = [said.topic for said in server.said if said.topic.startswith("lvu:")]
    assert topics[:6] == [*["lvu:0", "lvu:1", "lvu:2"] * 2]


async def test_files_chosen_later_join_the_others_and_only_they_are_new(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"))
    await live.upload("#doc", ("b.txt", b"b"))
    await live.submit("#f")
    await live.upload("#doc", ("c.txt", b"c"))

    said = [each.payload["uploads"][REF] for each in server.heard("validate")]
    assert [[entry["ref"] for entry in each] for each in said] == [
        ["0"],
        ["0", "1"],
        ["2"],
    ]
    assert app.sent == {"0": b"a", "1": b"b"}


async def test_another_file_replaces_the_one_of_an_input_for_one(
    app: UploadApp, live: Visitor
) -> None:
    app.attributes = ""
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"))
    await live.upload("#doc", ("b.txt", b"b"))
    await live.submit("#f")

    assert app.sent == {"1": b"b"}


async def test_an_empty_file_is_chosen_and_never_sent(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("empty.txt", b""))
    await live.submit("#f")

    (chosen,) = server.heard("validate")
    assert chosen.payload["uploads"] == {}
    assert not server.heard("allow_upload")
    assert len(server.heard("save")) == 1
    assert app.sent == {}


async def test_a_file_on_disk_is_told_of_as_a_browser_tells_of_it(
    app: UploadApp, server: ScriptedServer, live: Visitor, tmp_path: Path
) -> None:
    file = tmp_path / "me.png"
    file.write_bytes(LONG)
    os.utime(file, ns=(0, 1_700_000_000_123_456_789))
    await live.visit("/upload")
    await live.upload("#doc", file)
    await live.submit("#f")

    (chosen,) = server.heard("validate")
    assert chosen.payload["uploads"][REF] == [
        {
            "path": "doc",
            "ref": "0",
            "last_modified": 1_700_000_000_123,
            "name": "me.png",
            "relative_path": "",
            "type": "image/png",
            "size": 25,
        }
    ]
    assert app.sent == {"0": LONG}


async def test_a_given_content_type_is_taken(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("me.png", b"x", "image/webp"))

    (chosen,) = server.heard("validate")
    assert chosen.payload["uploads"][REF][0]["type"] == "image/webp"
    assert app.active == ["0"]


async def test_what_is_dropped_is_uploaded(
    app: UploadApp, server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    app.attributes = "multiple data-phx-auto-upload"
    await live.visit("/upload")
    await live.upload("#zone p", ("a.txt", LONG), ("b.txt", b"b"))

    assert app.sent == {"0": LONG, "1": b"b"}
    assert measured.labels("upload") == ["doc"]
    (dropped,) = server.heard("validate")
    assert dropped.payload["meta"] == {"_target": "doc"}


async def test_a_folder_goes_with_the_path_of_each_file(
    app: UploadApp, server: ScriptedServer, live: Visitor, tmp_path: Path
) -> None:
    app.attributes = "webkitdirectory"
    folder = tmp_path / "photos"
    (folder / "2024").mkdir(parents=True)
    (folder / "2024" / "me.png").write_bytes(LONG)
    (folder / "list.txt").write_text("me.png")
    await live.visit("/upload")
    await live.upload("#doc", folder)
    await live.submit("#f")

    (chosen,) = server.heard("validate")
    (asked,) = server.heard("allow_upload")
    for entries in (chosen.payload["uploads"][REF], asked.payload["entries"]):
        assert [(each["name"], each["relative_path"]) for each in entries] == [
            ("me.png", "photos/2024/me.png"),
            ("list.txt", "photos/list.txt"),
        ]
    assert app.sent == {"0": LONG, "1": b"me.png"}


async def test_auto_upload_sends_at_once(
    app: UploadApp, server: ScriptedServer, live: Visitor, measured: Measured
) -> None:
    app.attributes = "multiple data-phx-auto-upload"
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))

    assert app.sent == {"0": LONG}
    assert measured.labels("upload") == ["doc"]
    await live.submit("#f")
    assert len(server.heard("allow_upload")) == 1


async def test_a_file_that_the_person_cancels_is_not_sent(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    await live.visit("/upload")
    await live.upload("#doc", ("a.txt", b"a"), ("b.txt", b"b"))
    await live.click("#cancel")
    await live.submit("#f")

    assert app.sent == {"1": b"b"}
    (asked,) = server.heard("allow_upload")
    assert [entry["ref"] for entry in asked.payload["entries"]] == ["1"]


async def test_a_file_that_the_server_cancels_on_its_way_ends_there(
    app: UploadApp, server: ScriptedServer, live: Visitor
) -> None:
    def cancel(talk: Talk, said: Said) -> None:
        app.preflighted = app.active = []
        talk.send(said.join_ref, said.join_ref, said.topic, "phx_close", {})
        talk.push(server.said[0], "diff", app.diff())

    server.on["chunk"] = cancel
    await live.visit("/upload")
    await live.upload("#doc", ("long.bin", LONG))
    await live.submit("#f")

    assert len(server.heard("chunk")) == 1
    assert len(server.heard("save")) == 1
