"""`liveview_server`: the app is started once, waited for, watched and stopped."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from pytest_liveview_load.errors import ServerFailed
from pytest_liveview_load.plugin.server import AppServer
from pytest_liveview_load.plugin.settings import Settings
from tests.plugin.conftest import Suite

# Notes who it is, then serves; `{port}` and PORT are the same.
APP = """
import http.server, os, sys

with open({pids!r}, "a") as pids:
    print(os.getpid(), file=pids)
assert sys.argv[1] == os.environ["PORT"]
http.server.HTTPServer(
    ("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler
).serve_forever()
"""
URL_TEST = """
    import urllib.request

    def test_it_answers(liveview_url):
        assert urllib.request.urlopen(liveview_url).status == 200
"""


class App:
    """A small server that leaves its process ids in a file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "pids"
        self.program = folder / "app.py"
        self.program.write_text(APP.format(pids=str(self.file)))
        self.command = f"{sys.executable} {self.program} {{port}}"

    def pids(self) -> list[int]:
        return [int(line) for line in self.file.read_text().split()]


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path)


def is_running(pid: int) -> bool:
    """Whether a process runs; one that nobody has waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z"


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        os.sched_yield()
    assert not is_running(pid)


def server(command: str, folder: Path, server_timeout: float = 20) -> AppServer:
    settings = Settings(
        server=command,
        server_env={},
        server_cwd=folder,
        server_timeout=server_timeout,
    )
    return AppServer(settings)


def use(suite: Suite, app: App) -> None:
    suite.ini(f"[pytest]\nliveview_server = {app.command}")


def test_it_is_started_when_first_needed_and_stopped_at_the_end(
    suite: Suite, app: App
) -> None:
    use(suite, app)
    suite.tests(URL_TEST)

    result = suite.run()

    result.assert_outcomes(passed=1)
    (pid,) = app.pids()
    assert not is_running(pid)


def test_tests_that_do_not_need_it_do_not_start_it(suite: Suite, app: App) -> None:
    use(suite, app)
    suite.tests("def test_x(): ...")

    suite.run_here().assert_outcomes(passed=1)
    assert not app.file.exists()


def test_all_workers_share_one(suite: Suite, app: App) -> None:
    suite.use("xdist.plugin")
    use(suite, app)
    suite.tests(
        URL_TEST
        + """
    def test_again(liveview_url):
        test_it_answers(liveview_url)
    """
    )

    result = suite.run("-n2", "--dist=each")

    result.assert_outcomes(passed=4)
    (pid,) = app.pids()
    assert not is_running(pid)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_one_that_dies_at_once_is_quoted(suite: Suite, workers: str) -> None:
    suite.use("xdist.plugin")
    suite.ini("[pytest]\nliveview_server = echo no database; exit 3")
    suite.tests("async def test_x(live): ...\n\nasync def test_y(live): ...")

    result = suite.run(workers)

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            (
                "liveview_server 'echo no database; exit 3' exited with code 3 after *, "
                "before it answered at http://localhost:*; its last lines:"
            ),
            "  no database",
        ]
    )
    result.stdout.no_fnmatch_line("*/pytest_liveview_load/*")


def test_one_that_is_late_is_stopped_and_quoted(tmp_path: Path) -> None:
    late = server("echo $$ > pid; echo compiling; sleep 60", tmp_path, 0.3)

    with pytest.raises(ServerFailed, match=r"did not answer .* within 300ms") as caught:
        late.url()
    late.stop()

    assert ("compiling",) == caught.value.last_lines
    assert not is_running(int((tmp_path / "pid").read_text()))


def test_only_the_last_twenty_lines_are_quoted(tmp_path: Path) -> None:
    talking = server("seq 1 50; exit 1", tmp_path)

    with pytest.raises(ServerFailed) as caught:
        talking.url()
    talking.stop()

    assert tuple(map(str, range(31, 51))) == caught.value.last_lines


def test_its_children_are_ended_with_it_even_if_they_ignore_sigterm(
    tmp_path: Path, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pytest_liveview_load.plugin.server.TERMINATION", 0.3)
    stubborn = "sh -c 'trap \"\" TERM; echo $$ > stubborn; while :; do sleep 1; done' &"
    family = server(f"{stubborn} {app.command}", tmp_path)

    family.url()
    family.stop()

    (pid,) = app.pids()
    assert not is_running(pid)
    # It was killed, and is nobody's child that we could wait for.
    wait_until_gone(int((tmp_path / "stubborn").read_text()))


def test_an_address_that_answers_already_is_not_taken_for_the_server(
    tmp_path: Path, roost: str
) -> None:
    settings = Settings(
        server="sleep 60", server_env={}, server_cwd=tmp_path, url=roost
    )

    with pytest.raises(ServerFailed, match="something answers at"):
        AppServer(settings).url()


def test_environment_folder_and_port_reach_it(suite: Suite, app: App) -> None:
    folder = suite.pytester.mkdir("backend")
    suite.ini(f"""
        [pytest]
        liveview_server = pwd > seen; echo $MIX_ENV >> seen; {app.command}
        liveview_server_cwd = backend
        liveview_server_env = MIX_ENV=test
    """)
    suite.tests(URL_TEST)

    suite.run_here().assert_outcomes(passed=1)

    assert f"{folder}\ntest\n" == (folder / "seen").read_text()


def test_python_in_the_command_is_the_python_of_the_tests(tmp_path: Path) -> None:
    if sys.prefix == sys.base_prefix:
        pytest.skip("not in a virtual environment")
    ask = "-c 'import sys; print(sys.prefix)'"
    asking = server(f"python {ask}; {{python}} {ask}", tmp_path)

    with pytest.raises(ServerFailed) as caught:
        asking.url()
    asking.stop()

    assert (sys.prefix, sys.prefix) == caught.value.last_lines


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_its_death_in_mid_run_is_told_with_its_last_lines(
    suite: Suite, workers: str
) -> None:
    suite.use("xdist.plugin")
    examples = Path(__file__).parents[2] / "example_tests"
    suite.ini(
        f"""
        [pytest]
        liveview_server = echo $$ > {suite.pytester.path}/pid; echo overslept;
            exec {sys.executable} -m roost --port {{port}}
        liveview_server_cwd = {examples}
        liveview_max_lag = 10s
    """.replace(";\n            exec", "; exec")
    )
    suite.tests("""
        import os
        from pathlib import Path
        from pytest_liveview_load import load

        @load(users=2)
        async def test_load(live):
            await live.visit("/counter")
            try:
                os.kill(int(Path("pid").read_text()), 9)
            except ProcessLookupError:
                pass
            await live.visit("/counter")

        async def test_one(live, load):  # of `load`, or a worker would run it first
            await live.visit("/counter")
    """)

    result = suite.run(workers)

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "*_ test_load _*",
            "2 of 2 iterations failed:",
            "*was ended by SIGKILL during the run; its last lines:",
            "  overslept",
            "*_ test_one _*",
            "*was ended by SIGKILL during the run; its last lines:",
        ]
    )


def test_it_is_gone_after_ctrl_c(suite: Suite, app: App) -> None:
    use(suite, app)
    suite.tests("""
        import signal

        def test_stop(liveview_url):
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.raise_signal(signal.SIGINT)
    """)

    assert suite.run().ret == pytest.ExitCode.INTERRUPTED

    (pid,) = app.pids()
    assert not is_running(pid)


def test_it_does_not_outlive_a_killed_pytest(suite: Suite, app: App) -> None:
    use(suite, app)
    suite.tests("""
        import os, signal

        def test_die(liveview_url):
            os.kill(os.getpid(), signal.SIGKILL)
    """)

    result = suite.run()

    assert result.ret == -signal.SIGKILL
    (pid,) = app.pids()
    wait_until_gone(pid)
