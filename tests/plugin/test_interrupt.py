"""Ctrl-C in mid-run: what was measured is shown and written, and nothing hangs."""

import json
import signal

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
LOOPS = {
    "our own loop": ("", "", ()),
    "anyio's": (
        "anyio_backend = pytest.fixture(name='anyio_backend')(lambda: 'asyncio')",
        "@pytest.mark.anyio",
        ("anyio.pytest_plugin",),
    ),
    "pytest-asyncio's": ("", "@pytest.mark.asyncio", ("pytest_asyncio.plugin",)),
}


def run_and_interrupt(suite: Suite, *arguments: str) -> tuple[int, str]:
    """Return exit code and output of a pytest that gets SIGINT once it says so."""
    with suite.start("-s", *arguments) as process:
        try:
            assert process.stdout is not None
            output = ""
            while "under way" not in output:
                line = process.stdout.readline()
                assert line, output
                output += line
            process.send_signal(signal.SIGINT)
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
