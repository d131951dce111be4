"""Ctrl-C and its like in mid-run: what was measured is shown and written, nothing hangs."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.plugin.conftest import Suite

# Says when the load is under way and every number has samples.
UNDER_WAY = """
    import asyncio
    import pytest
    from pytest_liveview_load import budget, load

    {fixture}
    passes = []

    {mark}
    @load(users=3, duration="60s", think="1ms")
    @budget("mounts == 0")
    async def test_endless(live):
        await live.visit("/counter")
        passes.append(live.id)
        if len(passes) == 10:
            print("under way", flush=True)

    def test_never(): ...
"""
UNDER_WAY_WORDS = "under way"
LOOPS = {
    "our own loop": ("", "", ()),
    "anyio's": (
        "anyio_backend = pytest.fixture(name='anyio_backend')(lambda: 'asyncio')",
        "@pytest.mark.anyio",
        ("anyio.pytest_plugin",),
    ),
    "pytest-asyncio's": ("", "@pytest.mark.asyncio", ("pytest_asyncio.plugin",)),
}


def run_and_interrupt(
    suite: Suite,
    *arguments: str,
    by: Sequence[tuple[str, signal.Signals]] = ((UNDER_WAY_WORDS, signal.SIGINT),),
) -> tuple[int, str]:
    """Return exit code and output of a pytest that gets each signal once it says so."""
    with suite.start("-s", *arguments) as process:
        try:
            assert process.stdout is not None
            output = ""
            for words, number in by:
                while words not in output:
                    line = process.stdout.readline()
                    assert line, output
                    output += line
                process.send_signal(number)
            rest, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    return process.returncode, output + rest


@pytest.mark.parametrize(("fixture", "mark", "plugins"), LOOPS.values(), ids=LOOPS)
def test_partial_numbers_are_shown_and_written(
    suite: Suite, fixture: str, mark: str, plugins: tuple[str, ...]
) -> None:
    suite.use(*plugins)
    suite.tests(UNDER_WAY.format(fixture=fixture, mark=mark))

    code, output = run_and_interrupt(suite, "--liveview-json=out.json")

    assert pytest.ExitCode.INTERRUPTED == code, output
    assert "PARTIAL: interrupted; these are the numbers until then" in output
    assert "not judged  mounts == 0  the run was cut short" in output
    assert "mount              /counter" in output
    assert "Traceback" not in output
    # pytest itself says in one line where the signal was met; that may be anywhere.
    ours = [line for line in output.splitlines() if "pytest_liveview_load/" in line]
    assert all(line.endswith(": KeyboardInterrupt") for line in ours), ours
    assert "test_never" not in output
    document = json.loads((suite.pytester.path / "out.json").read_text())
    (run,) = document["load_tests"]
    assert document["interrupted"]
    assert "interrupted" == run["partial"]
    assert run["counts"]["mounts"] >= 3


def check_what_is_left(suite: Suite, code: int, output: str) -> None:
    assert pytest.ExitCode.INTERRUPTED == code, output
    assert "Traceback" not in output, output
    assert 1 == output.count("PARTIAL: interrupted; these are the numbers until then")
    check_what_is_written(suite)


def check_what_is_written(suite: Suite) -> None:
    document = json.loads((suite.pytester.path / "out.json").read_text())
    (run,) = document["load_tests"]
    assert document["interrupted"]
    assert "interrupted" == run["partial"]
    assert run["counts"]["mounts"] >= 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("fixture", "mark", "plugins"), LOOPS.values(), ids=LOOPS)
def test_other_signals_that_end_a_session_are_as_ctrl_c(
    suite: Suite,
    number: signal.Signals,
    fixture: str,
    mark: str,
    plugins: tuple[str, ...],
) -> None:
    suite.use(*plugins)
    suite.tests(UNDER_WAY.format(fixture=fixture, mark=mark))

    code, output = run_and_interrupt(
        suite, "--liveview-json=out.json", by=[(UNDER_WAY_WORDS, number)]
    )

    check_what_is_left(suite, code, output)
    assert f"liveview: {number.name} has ended the session" in output


def test_a_signal_ends_a_session_that_is_deaf_to_ctrl_c(suite: Suite) -> None:
    suite.pytester.makeconftest("""
        import signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in a shell's background
    """)
    suite.tests(UNDER_WAY.format(fixture="", mark=""))

    code, output = run_and_interrupt(
        suite, "--liveview-json=out.json", by=[(UNDER_WAY_WORDS, signal.SIGTERM)]
    )

    check_what_is_left(suite, code, output)


# Where the second signal comes: in what a user does last, in what a fixture does.
SECOND = {
    "while users end": """
            try:
                await live.think("60s")
            finally:
                print("leaving", flush=True)
                await asyncio.sleep(60)
    """,
    "while fixtures are torn down": """
            await live.think("60s")

    @pytest.fixture
    def stubborn():
        yield
        print("leaving", flush=True)
        time.sleep(60)
    """,
}


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("then", SECOND.values(), ids=SECOND)
def test_a_second_signal_loses_no_numbers(
    suite: Suite, then: str, second: signal.Signals
) -> None:
    suite.tests(
        """
    import asyncio
    import time
    import pytest
    from pytest_liveview_load import load

    @pytest.fixture
    def stubborn(): ...

    there = []

    @load(users=3, duration="60s", grace="60s")
    async def test_endless(live, stubborn):
        await live.visit("/counter")
        there.append(live.id)
        if len(there) == 3:
            print("under way", flush=True)
        if True:"""
        + then
    )

    code, output = run_and_interrupt(
        suite,
        "--liveview-json=out.json",
        by=[(UNDER_WAY_WORDS, signal.SIGINT), ("leaving", second)],
    )

    check_what_is_left(suite, code, output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_end_of_a_session_loses_no_numbers(
    suite: Suite, number: signal.Signals
) -> None:
    suite.pytester.makeconftest("""
        import time

        def pytest_sessionfinish():
            print("leaving", flush=True)
            time.sleep(60)
    """)
    suite.tests("""
        from pytest_liveview_load import load

        @load(users=2)
        async def test_short(live):
            await live.visit("/counter")
    """)

    code, output = run_and_interrupt(
        suite, "--liveview-json=out.json", by=[("leaving", number)]
    )

    assert pytest.ExitCode.INTERRUPTED == code, output
    assert "2 users, 1 iteration each" in output
    assert "1 passed" in output
    assert "Traceback" not in output


def test_numbers_are_written_though_the_terminal_is_closed(suite: Suite) -> None:
    suite.tests(UNDER_WAY.format(fixture="", mark=""))
    ours, its = pty.openpty()
    command = suite.arguments(("-s", "--liveview-json=out.json"))
    with subprocess.Popen(
        [sys.executable, "-c", LEADER, *command],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=suite.pytester.path,
        start_new_session=True,
    ) as process:
        try:
            os.close(its)
            output = b""
            while b"3/3 users" not in output:  # the progress line
                output += os.read(ours, 4096)
            os.close(ours)
            process.wait(30)
        finally:
            process.kill()

    check_what_is_written(suite)


# A pytest whose terminal controls it: closing that sends SIGHUP.
LEADER = """
import fcntl, sys, termios
import pytest

fcntl.ioctl(0, termios.TIOCSCTTY, 0)
raise SystemExit(pytest.main(sys.argv[1:]))
"""


def test_a_conducting_test_shows_the_runs_that_ended_too(suite: Suite) -> None:
    suite.tests("""
        async def browse(live):
            await live.visit("/counter")

        async def wait(live):
            print("under way", flush=True)
            await live.think("60s")

        async def test_two(load):
            await load.run(browse, users=2)
            await load.run(wait, users=1)
    """)

    code, output = run_and_interrupt(suite)

    assert pytest.ExitCode.INTERRUPTED == code, output
    assert "test_it.py::test_two (browse)" in output
    assert "test_it.py::test_two (wait)" in output
    assert 1 == output.count("PARTIAL: interrupted")


def test_a_single_user_is_interrupted_as_any_test(suite: Suite) -> None:
    suite.tests("""
        async def test_one(live):
            await live.visit("/counter")
            print("under way", flush=True)
            await live.think("60s")
    """)

    code, output = run_and_interrupt(suite)

    assert pytest.ExitCode.INTERRUPTED == code, output
    assert "Traceback" not in output


def test_a_loop_that_drops_its_tasks_loses_no_numbers(suite: Suite) -> None:
    suite.pytester.makeconftest("""
        import asyncio
        import inspect
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_pyfunc_call(pyfuncitem):
            if not inspect.iscoroutinefunction(pyfuncitem.obj):
                return None
            loop = asyncio.new_event_loop()
            loop.run_until_complete(pyfuncitem.obj(live=pyfuncitem.funcargs["live"]))
            return True
    """)
    suite.tests(UNDER_WAY.format(fixture="", mark=""))

    # What it drops is never closed, of which Python warns.
    code, output = run_and_interrupt(suite, "-Wignore")

    assert pytest.ExitCode.INTERRUPTED == code, output
    assert 1 == output.count("PARTIAL: interrupted")
