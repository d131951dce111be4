"""Hosts that have next to nothing carry load tests, for what they lack travels to them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_liveview_load.hosts.specs import HostInfo
from pytest_liveview_load.plugin.host_setup import SessionHosts
from tests.hosts.remote_python import far_python as gateway_to
from tests.hosts.remote_python import index_reached
from tests.plugin.conftest import Suite

CACHE = ".cache/pytest-liveview-load"
OTHER = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
OTHERS = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{OTHER}.*/bin/python"))

# Writes down where each host has its modules from.
STEPS = """
import msgspec, os, sys
import pytest_liveview_load
from pathlib import Path
from {helpers} import WHERE

async def look(live):
    await live.visit("/counter")
    here = [__file__, pytest_liveview_load.__file__, msgspec.__file__, sys.prefix]
    here.append((Path(__file__).parent / "data.txt").read_text())
    Path(WHERE, str(os.getpid())).write_text("\\n".join(here))
"""
TEST = """
from pytest_liveview_load import load
from {steps} import look

@load(users=2, iterations=1)
async def test_look(live):
    await look(live)
"""


def suite_in(top: Path, *, importlib: bool = False) -> Path:
    """Write a suite whose modules import one another; return where hosts leave notes."""
    notes = top / "notes"
    notes.mkdir()
    load = top / "tests" / "load"
    load.mkdir(parents=True)
    (load / "data.txt").write_text("beside")
    (top / "tests" / "far_helpers.py").write_text(f"WHERE = {str(notes)!r}\n")
    (top / "tests" / "conftest.py").touch()
    there = "tests." if importlib else ""
    (load / "far_steps.py").write_text(STEPS.format(helpers=f"{there}far_helpers"))
    steps = f"{there}load.far_steps" if importlib else "far_steps"
    (load / "test_far_look.py").write_text(TEST.format(steps=steps))
    return notes


def notes_in(notes: Path) -> list[list[str]]:
    return [each.read_text().split("\n") for each in sorted(notes.iterdir())]


@pytest.fixture(scope="module")
def far_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has nothing but pip."""
    folder = tmp_path_factory.mktemp("far")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    return str(folder / "bin" / "python")


def test_a_host_with_nothing_but_pip_carries_a_load_test(
    suite: Suite, far_python: str
) -> None:
    if why := index_reached():
        pytest.skip(why)
    top = suite.pytester.path
    notes = suite_in(top)
    suite.add_ini(
        f"liveview_hosts = 2*popen//python={far_python}\nliveview_ship = true"
    )

    suite.run("--liveview-json=out.json").assert_outcomes(passed=1)

    [run] = json.loads((top / "out.json").read_text())["load_tests"]
    assert [1, 1] == [each["users"] for each in run["runners"]]
    cache = f"{top}/{CACHE}/"
    for steps, plugin, msgspec, prefix, data in notes_in(notes):
        assert [True] * 3 == [
            each.startswith(cache) for each in (steps, plugin, msgspec)
        ]
        assert (str(Path(far_python).parents[1]), "beside") == (prefix, data)
    for pip in Path(far_python).parents[1].glob("lib/*/site-packages/pip"):
        pip.rename(pip.with_name("no_pip"))  # so nothing can be installed a second time
    suite.run().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "workers", [(), ("-p", "xdist.plugin", "-n1")], ids=["", "-n1"]
)
@pytest.mark.parametrize("mode", ["prepend", "append", "importlib"])
def test_the_tests_travel_to_every_host(
    suite: Suite, tmp_path: Path, mode: str, workers: tuple[str, ...]
) -> None:
    top = suite.pytester.path
    notes = suite_in(top, importlib=mode == "importlib")
    suite.add_ini(f"pythonpath = {'.' if mode == 'importlib' else 'tests'}")
    elsewhere = tmp_path / "elsewhere"
    spec = f"popen//chdir={elsewhere}//id=far"

    result = suite.run(f"--import-mode={mode}", f"--liveview-hosts={spec}", *workers)

    result.assert_outcomes(passed=1)
    assert 1 + bool(workers) == len(notes_in(notes))
    assert ["beside"] * (1 + bool(workers)) == [each[-1] for each in notes_in(notes)]


def test_what_is_sent_is_shown_with_the_name_of_the_host(tmp_path: Path) -> None:
    suite_in(tmp_path)
    said: list[str] = []
    hosting = SessionHosts(
        tests=["tests/load/test_far_look.py::test_look"],
        rootdir=tmp_path,
        import_mode="prepend",
        ignored=(),
        show=said.append,
        complain=print,
    )
    facts = HostInfo(
        python="3.11.7",
        implementation="CPython",
        executable="",
        prefix="",
        host="load1",
        packages={},
    )

    with gateway_to("popen", XDG_CACHE_HOME=str(tmp_path / "cache")) as gateway:
        folders = hosting.prepare(gateway, facts)

    assert ["load1 is sent the test modules (1 kB)"] == said
    assert all(each.startswith(f"{tmp_path}/cache/") for each in folders)


def test_without_it_what_a_host_lacks_is_named(suite: Suite, tmp_path: Path) -> None:
    notes = suite_in(suite.pytester.path)
    bare = tmp_path / "bare"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True
    )
    spec = f"popen//python={bare}/bin/python"

    result = suite.run(f"--liveview-hosts={spec}")

    result.assert_outcomes(failed=1)
    advice = "install pytest-liveview-load there, or set liveview_ship = true"
    result.stdout.fnmatch_lines(
        [f"{spec}: pytest-liveview-load, * are missing there: {advice}"]
    )
    assert [] == notes_in(notes)


def test_a_host_without_pip_is_named(suite: Suite, tmp_path: Path) -> None:
    suite_in(suite.pytester.path)
    bare = tmp_path / "bare"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True
    )
    spec = f"popen//python={bare}/bin/python"

    result = suite.run(f"--liveview-hosts={spec}", "--liveview-ship=true")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            f"{spec}: {bare}/bin/python on * has no pip to install *: run python -m ensurepip*"
        ]
    )


@pytest.mark.skipif(not OTHERS, reason=f"there is no Python {OTHER} in ~/.pyenv")
def test_another_python_is_named_before_anything_is_sent(suite: Suite) -> None:
    suite_in(suite.pytester.path)
    spec = f"popen//python={OTHERS[0]}"

    result = suite.run(f"--liveview-hosts={spec}", "--liveview-ship=true")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [f"{spec}: its {OTHERS[0]} is CPython {OTHER}.*, and here runs CPython *"]
    )
    assert not (suite.pytester.path / CACHE).exists()


def test_a_suite_that_is_too_large_is_said_by_its_largest_file(suite: Suite) -> None:
    suite_in(suite.pytester.path)
    with (suite.pytester.path / "tests/load/film.mp4").open("wb") as film:
        film.truncate(100_000_000)

    result = suite.run("--liveview-hosts=popen")

    result.assert_outcomes(failed=1)
    most = "100.0 MB, and 67.1 MB are the most"
    largest = "the largest are tests/load/film.mp4 (100.0 MB)"
    result.stdout.fnmatch_lines(
        [f"liveview_hosts: 6 files of * are to go to every host, {most}; {largest}, *"]
    )


def test_what_is_neither_true_nor_false_is_said_before_any_test_runs(
    suite: Suite,
) -> None:
    result = suite.run("--liveview-ship=maybe")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        ["ERROR: --liveview-ship: 'maybe' is neither true nor false"]
    )
