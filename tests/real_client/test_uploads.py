"""Roost's upload page in the real client and in ours: same page, same messages, same bytes.

Files that go side by side have no order among one another: what each of two sends is
compared by itself. What is sent alone is compared message by message, refs included.
"""

import os
from itertools import groupby
from pathlib import Path

import pytest

from pytest_liveview_load.errors import UploadError
from pytest_liveview_load.liveview.user.visitor import Visitor
from tests.real_client.browser import Browser
from tests.real_client.sent_messages import Overheard, Said, messages
from tests.real_client.side_by_side import agree, our_user
from tests.roost.process import RoostProcess

pytestmark = [pytest.mark.node, pytest.mark.anyio]

INPUT = "input[type=file]"
MODIFIED = 1_700_000_000  # Unix seconds
SIZES = {
    "long.bin": 20_000,
    "exact.bin": 16_384,  # two whole chunks
    "hello.txt": 11,
    "Grüße 1.pdf": 8_193,
    "huge.bin": 1_000_001,
    "empty.txt": 0,
    "wrong.exe": 3,
}


@pytest.fixture
def file(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / name for name in SIZES}
    for name, path in files.items():
        path.write_bytes(bytes(index * 31 % 256 for index in range(SIZES[name])))
        os.utime(path, (MODIFIED, MODIFIED))
    return files


async def choose(live: Visitor, browser: Browser, *files: Path) -> UploadError | None:
    """Choose in both; return what our user is told."""
    browser.choose(INPUT, *files)
    told = None
    try:
        await live.upload(INPUT, *files)
    except UploadError as error:
        told = error
    await agree(live, browser, f"choose {[each.name for each in files]}")
    return told


async def click(live: Visitor, browser: Browser, selector: str) -> None:
    browser.perform(f"click {selector}")
    await live.click(selector)
    await agree(live, browser, f"click {selector}")


async def write(live: Visitor, browser: Browser, text: str) -> None:
    browser.perform(f"type '{text}' into #note")
    await live.type("#note", text)
    await agree(live, browser, f"type {text!r}")


async def open_both(live: Visitor, browser: Browser, url: str) -> None:
    browser.open(f"{url}/upload")
    await live.visit("/upload")
    await agree(live, browser, "open")


def of_each_file(said: list[Said]) -> dict[str, list[tuple[str, object]]]:
    """Return events and payloads by who they are about: the view, or a file."""

    def about(each: Said) -> str:
        if each.event == "progress":
            return f"lvu:{each.payload['entry_ref']}"
        return each.topic

    return {
        topic: [(each.event, each.payload) for each in group]
        for topic, group in groupby(sorted(said, key=about), key=about)
    }


@pytest.mark.parametrize("name", ["long.bin", "exact.bin", "hello.txt", "Grüße 1.pdf"])
async def test_one_file_goes_in_the_same_messages(
    roost: RoostProcess,
    browser: Browser,
    overheard: Overheard,
    file: dict[str, Path],
    name: str,
) -> None:
    async with our_user(roost.url) as live:
        await open_both(live, browser, roost.url)
        await write(live, browser, "hi")
        assert await choose(live, browser, file[name]) is None
        await click(live, browser, "#upload-save")

    assert messages(browser.said()) == messages(overheard.said)


async def test_files_side_by_side_go_in_the_same_messages(
    roost: RoostProcess, browser: Browser, overheard: Overheard, file: dict[str, Path]
) -> None:
    async with our_user(roost.url) as live:
        await open_both(live, browser, roost.url)
        await choose(live, browser, file["long.bin"], file["Grüße 1.pdf"])
        await click(live, browser, "#upload-save")
        await choose(live, browser, file["hello.txt"])  # on the same page, once more
        await click(live, browser, "#upload-save")

    theirs, ours = messages(browser.said()), messages(overheard.said)
    assert of_each_file(theirs) == of_each_file(ours)
    assert sorted(str(each.ref) for each in theirs) == sorted(
        str(each.ref) for each in ours
    )


async def test_what_is_cancelled_is_sent_by_neither(
    roost: RoostProcess, browser: Browser, overheard: Overheard, file: dict[str, Path]
) -> None:
    async with our_user(roost.url) as live:
        await open_both(live, browser, roost.url)
        await choose(live, browser, file["long.bin"])
        await choose(live, browser, file["hello.txt"])  # it joins the first
        await click(live, browser, "#cancel-0")
        await write(live, browser, "x")
        await click(live, browser, "#upload-save")

    assert messages(browser.said()) == messages(overheard.said)


@pytest.mark.parametrize(
    ("names", "reason", "cancelled"),
    [
        (["wrong.exe"], "not_accepted", ["#cancel-0"]),
        (["huge.bin"], "too_large", ["#cancel-0"]),
        (["long.bin", "hello.txt", "exact.bin"], "too_many_files", ["#cancel-1"]),
        (["empty.txt"], None, []),
    ],
)
async def test_what_is_refused_is_sent_by_neither(
    roost: RoostProcess,
    browser: Browser,
    overheard: Overheard,
    file: dict[str, Path],
    client_line: str,
    names: list[str],
    reason: str | None,
    cancelled: list[str],
) -> None:
    async with our_user(roost.url) as live:
        await open_both(live, browser, roost.url)
        told = await choose(live, browser, *(file[name] for name in names))
        # Until 1.2 a file input did not tell which of its files are refused.
        known = reason if client_line == "1.2" else None
        assert known == (told.reason if told else None)
        for selector in cancelled:
            await click(live, browser, selector)
        await write(live, browser, "x")

    assert messages(browser.said()) == messages(overheard.said)
