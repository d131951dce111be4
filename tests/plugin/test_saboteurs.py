"""What spoils a run is caught, with the right cause. With real processes.

No duration is asserted, for machines that run it are busy; saboteurs are bounded in time,
and stopped by their pid.
"""

import sys
from pathlib import Path

import pytest

from tests.plugin.conftest import Suite

HOGS = 6
BOUND = 60  # seconds

HOG = f"""
import time
end = time.monotonic() + {BOUND}
while time.monotonic() < end:
    pass
"""

# Stops whoever `pid` is for a second, once `flag` is there.
PAUSE = f"""
import os, signal, sys, time
from pathlib import Path
pid, flag = int(sys.argv[1]), Path(sys.argv[2])
end = time.monotonic() + {BOUND}
while not flag.exists() and time.monotonic() < end:
    time.sleep(0.01)
os.kill(pid, signal.SIGSTOP)
try:
    time.sleep(1)
finally:
    os.kill(pid, signal.SIGCONT)
"""


@pytest.fixture
def strict(suite: Suite) -> Suite:
    """A suite with the lag that is allowed by default."""
    suite.ini(f"[pytest]\nliveview_url = {suite.url}\n")
    return suite


def invalid_because(result: pytest.RunResult, *, beside: int = 0) -> str:
    """Return the causes that the summary tells, `beside` so many tests that passed."""
    result.assert_outcomes(failed=1, passed=beside)
    result.stdout.fnmatch_lines(["* - InvalidRun: the run is invalid*"])
    text = " ".join(" ".join(result.outlines).split())
    return text.partition(" INVALID: ")[2].partition(" measured ")[0]


@pytest.mark.skipif(
    not Path("/proc/thread-self/schedstat").exists(),
    reason="only Linux tells how long a thread waits for a CPU",
)
def test_a_hog_beside_the_run_is_caught(strict: Suite) -> None:
    (strict.pytester.path / "hog.py").write_text(HOG)
    strict.tests(f"""
        import os, subprocess, sys
        import pytest
        from pytest_liveview_load import load

        @pytest.fixture
        def hogs():
            cores = os.sched_getaffinity(0)
            os.sched_setaffinity(0, {{min(cores)}})  # our children's too
            running = [
                subprocess.Popen([sys.executable, "hog.py"]) for _ in range({HOGS})
            ]
            yield
            for each in running:
                each.kill()
                each.wait()
            os.sched_setaffinity(0, cores)

        @load(users=10, duration="4s", think="20ms", grace="30s")
        async def test_counter(live, hogs):
            await live.visit("/counter")
            await live.click("#inc")
    """)

    result = strict.run()

    causes = invalid_because(result)
    assert "the CPU" in causes
    assert "load from another one" in causes
    assert "event-loop lag" not in causes


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
def test_a_pause_of_the_whole_process_is_caught(strict: Suite) -> None:
    (strict.pytester.path / "pause.py").write_text(PAUSE)
    strict.tests(f"""
        import os, subprocess, sys
        from pathlib import Path
        import pytest
        from pytest_liveview_load import load

        FLAG = Path("under_way")

        @pytest.fixture
        def pausing():
            command = [sys.executable, "pause.py", str(os.getpid()), str(FLAG)]
            with subprocess.Popen(command) as process:
                yield
                process.wait({BOUND})

        @load(users=5, duration="4s", think="20ms", grace="30s")
        async def test_counter(live, pausing):
            await live.visit("/counter")
            FLAG.touch()
            await live.click("#inc")
    """)

    result = strict.run()

    causes = invalid_because(result)
    assert "the process was stopped or blocked for " in causes
    assert "SIGSTOP" in causes
    assert "test_it.py" not in causes


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGSTOP")
@pytest.mark.parametrize(
    "step",
    [
        "async with live.throttle('clicks', rate='20/s'):",
        "if await live.rendezvous('click', users=2, late='go'):",
    ],
    ids=["throttle", "rendezvous"],
)
def test_a_pause_of_the_controller_is_caught(strict: Suite, step: str) -> None:
    (strict.pytester.path / "pause.py").write_text(PAUSE)
    strict.add_ini("liveview_max_lag = 20ms")
    strict.use("xdist.plugin")
    strict.tests(f"""
        import os, subprocess, sys
        from pathlib import Path
        import pytest
        from pytest_liveview_load import load

        FLAG = Path("under_way")

        @pytest.fixture
        def pausing():
            controller = os.getppid()  # of this worker
            command = [sys.executable, "pause.py", str(controller), str(FLAG)]
            with subprocess.Popen(command) as process:
                yield
                process.wait({BOUND})

        @load(users=4, duration="5s", think="20ms", grace="30s")
        async def test_counter(live, pausing):
            await live.visit("/counter")
            {step}
                await live.click("#inc")
            FLAG.touch()
    """)

    result = strict.run("-n2")

    causes = invalid_because(result)
    assert (
        "the controller, which users wait for at throttles and rendezvous: " in causes
    )
    assert "the process was stopped or blocked for " in causes
    assert "SIGSTOP" in causes


def test_a_scenario_that_sleeps_is_caught_at_its_line(strict: Suite) -> None:
    strict.tests("""
        import time
        from pytest_liveview_load import load

        @load(users=2)
        async def test_counter(live):
            await live.visit("/counter")
            time.sleep(1)
    """)

    result = strict.run()

    causes = invalid_because(result)
    assert "the event loop was blocked for " in causes
    assert "(test_it.py:7 in test_counter: time.sleep(1)), " in causes
    assert " into the run, with " in causes


def test_want_of_files_is_said_and_not_a_failure_of_the_app(strict: Suite) -> None:
    strict.tests("""
        import os, resource
        import pytest
        from pytest_liveview_load import load

        @pytest.fixture
        def greedy():
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            files = []
            yield files
            for each in files:
                os.close(each)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

        @load(users=5, duration="2s", think="100ms")
        async def test_counter(live, greedy):
            if live.id == 0:
                hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
                resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
                try:
                    while True:
                        greedy.append(os.open(os.devnull, os.O_RDONLY))
                except OSError:
                    pass
            await live.visit("/counter")
    """)

    result = strict.run()

    causes = invalid_because(result)
    assert "no file descriptor was left, of 200, " in causes
    assert "raise the limit (ulimit -n " in causes
    result.stdout.no_fnmatch_line("*ConnectionFailed*")


def test_an_honest_run_is_valid_beside_its_neighbours(suite: Suite) -> None:
    # Ten times the lag that is allowed by default, for whatever runs beside our tests.
    suite.ini(f"[pytest]\nliveview_url = {suite.url}\nliveview_max_lag = 200ms")
    suite.tests("""
        from pytest_liveview_load import load

        @load(users=5, ramp="1s", duration="3s", think="50ms..150ms")
        async def test_counter(live):
            await live.visit("/counter")
            await live.click("#inc")
    """)

    result = suite.run()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*INVALID*")


def test_arrivals_that_nobody_serves_are_caught(strict: Suite) -> None:
    strict.add_ini("liveview_max_lag = 10s")  # it says nothing about time
    strict.tests("""
        from pytest_liveview_load import budget, load

        @load(arrival="20/s", duration="1s", max_users=2)
        async def test_counter(live):
            await live.visit("/counter")
            await live.think("700ms")

        @load(arrival="20/s", duration="1s", max_users=2)
        @budget("dropped_arrivals < 20")
        async def test_counter_that_may_drop(live):
            await live.visit("/counter")
            await live.think("700ms")
    """)

    result = strict.run()

    causes = invalid_because(result, beside=1)
    assert " arrivals found nobody free and were dropped, the first " in causes
    assert " into the run, with 2 users: raise max_users, " in causes
    result.stdout.fnmatch_lines(["within      dropped_arrivals < 20 *"])
