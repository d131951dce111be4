"""The progress line: beside pytest's own, and gone when it is not wanted."""

import io
import os
import pty
import subprocess
import sys
from typing import Any

import pytest

from pytest_liveview_load.plugin.progress_display import ProgressDisplay
from tests.plugin.conftest import Suite


class Screen:
    """A terminal of one line of dots and our line below, as escape codes make it."""

    def __init__(self) -> None:
        self.lines = [""]
        self.row = self.column = 0

    def feed(self, text: str) -> None:
        for piece in text.replace("\x1b[", "\0\x1b[").split("\0"):
            rest = piece
            if rest.startswith("\x1b["):
                end = next(
                    at for at, char in enumerate(rest) if at > 1 and char.isalpha()
                )
                self.control(rest[end], int(rest[2:end] or 1))
                rest = rest[end + 1 :]
            for char in rest:
                self.put(char)

    def control(self, letter: str, number: int) -> None:
        if letter == "K":
            self.lines[self.row] = self.lines[self.row][: self.column]
        elif letter == "A":
            self.row -= number
        elif letter == "C":
            self.column += number

    def put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [""] * (self.row + 1 - len(self.lines))
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
            self.column += 1


@pytest.fixture
def now() -> list[float]:
    return [0.0]


def display(
    config: pytest.Config, now: list[float], *, tty: bool
) -> tuple[ProgressDisplay, Any, io.StringIO]:
    """Return a display on a terminal reporter that writes into memory."""
    kind: Any = type(config.pluginmanager.get_plugin("terminalreporter"))
    file = io.StringIO()
    file.isatty = lambda: tty  # type: ignore[method-assign]
    reporter = kind(config, file)
    return ProgressDisplay(reporter, clock=lambda: now[0]), reporter, file


@pytest.fixture
def config(suite: Suite) -> pytest.Config:
    return suite.pytester.parseconfigure(*suite.arguments(()))


def test_the_line_of_dots_is_as_if_nothing_had_been_there(
    config: pytest.Config, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, reporter, file = display(config, now, tty=True)
    monkeypatch.setattr(config, "get_terminal_writer", lambda: reporter._tw)
    screen = Screen()

    reporter.write("test_it.py ..")
    shown.show("5s of 10s · 50 users")
    shown.show("6s of 10s")
    screen.feed(file.getvalue())
    while_running = list(screen.lines)
    file.seek(0)
    file.truncate()
    shown.clear()
    reporter.write(".F")
    screen.feed(file.getvalue())

    assert ["test_it.py ..", "6s of 10s"] == while_running
    assert ["test_it.py ...F", ""] == screen.lines


def test_a_long_line_is_cut_to_the_terminal(
    config: pytest.Config, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, reporter, file = display(config, now, tty=True)
    monkeypatch.setattr(config, "get_terminal_writer", lambda: reporter._tw)
    reporter._tw.fullwidth = 10

    shown.show("0123456789abc")

    assert "\n01234567…" == file.getvalue()


def test_a_log_gets_a_line_each_ten_seconds(
    config: pytest.Config, now: list[float]
) -> None:
    shown, reporter, file = display(config, now, tty=False)

    reporter.write_ensure_prefix("test_it.py ", "..")
    for second in range(1, 26):
        now[0] = float(second)
        shown.show(f"at {second}s")
    shown.clear()

    assert "\ntest_it.py ..\nat 10s\nat 20s\n" == file.getvalue()


WATCHED = {
    "as usual": ((), True),
    "verbose": (("-v",), True),
    "quiet": (("-q",), False),
    "without a terminal": (("-p", "no:terminal"), False),
}


@pytest.mark.parametrize(("arguments", "expected"), WATCHED.values(), ids=WATCHED)
def test_who_is_watched(
    suite: Suite, arguments: tuple[str, ...], expected: bool
) -> None:
    config = suite.pytester.parseconfigure(*suite.arguments(arguments))

    assert expected == (ProgressDisplay.of(config) is not None)


def test_nobody_watches_a_worker(
    config: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "workerinput", {}, raising=False)

    assert ProgressDisplay.of(config) is None


def test_on_a_terminal_a_run_is_watched_and_leaves_no_trace(suite: Suite) -> None:
    suite.tests("""
        from pytest_liveview_load import load

        @load(users=2, duration="1.2s", think="10ms")
        async def test_load(live):
            await live.visit("/counter")

        def test_after(): ...
    """)

    output = in_a_terminal(suite)

    assert "/2 users · " in output
    assert "events/s · p95 mount " in output
    screen = Screen()
    screen.feed(output)
    (dots,) = [line for line in screen.lines if line.startswith("test_it.py")][:1]
    assert dots.startswith("test_it.py ..")


def in_a_terminal(suite: Suite) -> str:
    """Return what pytest writes on a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "--color=no", *suite.arguments(())],
        stdout=theirs,
        stderr=theirs,
        stdin=subprocess.DEVNULL,
        cwd=suite.pytester.path,
    )
    os.close(theirs)
    chunks = []
    try:
        while True:
            try:
                chunk = os.read(ours, 65536)
            except OSError:  # how Linux says that the other end is closed
                break
            if not chunk:
                break
            chunks.append(chunk)
        assert 0 == process.wait(30)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return b"".join(chunks).decode().replace("\r\n", "\n")
