"""Uploads: files go as a browser sends them, and what is refused is an error."""

from hashlib import sha256
from pathlib import Path

import pytest

from pytest_liveview_load import LiveUser, budget, load
from pytest_liveview_load.errors import UploadError

PICTURE = bytes(range(256)) * 100


async def test_files_arrive_whole(live: LiveUser, tmp_path: Path) -> None:
    greeting = tmp_path / "hello.txt"
    greeting.write_text("hello roost\n")
    await live.visit("/upload")

    await live.upload("[name=doc]", greeting, ("me.png", PICTURE))
    assert live.all(".entry .name") == ["hello.txt", "me.png"]
    await live.click("#upload-save")

    assert live.text("#flash-info") == "Received 2 file(s)"
    await live.until("#received li:nth-of-type(2)")
    assert sha256(PICTURE).hexdigest() in live.text("#received")


async def test_a_cancelled_file_stays_at_home(live: LiveUser) -> None:
    await live.visit("/upload")

    await live.upload("[name=doc]", ("a.txt", b"a"), ("b.txt", b"b"))
    await live.click("#cancel-0")
    await live.click("#upload-save")

    assert live.attr("#received li", "data-name") == "b.txt"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("bad.exe", b"MZ")], "not_accepted"),
        ([("huge.bin", bytes(1_000_001))], "too_large"),
        ([(f"{n}.txt", b"x") for n in range(3)], "too_many_files"),
    ],
)
async def test_what_is_refused_is_an_error(
    live: LiveUser, files: list[tuple[str, bytes]], reason: str
) -> None:
    await live.visit("/upload")

    with pytest.raises(UploadError) as refused:
        await live.upload("[name=doc]", *files)

    assert refused.value.reason == reason
    assert live.text(".error") == f":{reason}"


@load(users=5, iterations=10)
@budget("p95_upload[doc] < 500ms", "error_rate == 0%")
async def test_many_upload_at_once(live: LiveUser) -> None:
    await live.visit("/upload")
    await live.upload("[name=doc]", ("me.png", PICTURE))
    await live.submit("#upload-form")
    assert live.text("#flash-info") == "Received 1 file(s)"
