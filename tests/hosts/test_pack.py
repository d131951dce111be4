"""A shipment: the same bytes for the same files, and an end to how many there may be."""

import io
import os
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.pack import (
    DISTRIBUTION,
    MOST,
    Archive,
    Requirements,
    Shipment,
    needs_of,
)


def suite(top: Path) -> Path:
    folder = top / "tests"
    folder.mkdir(parents=True)
    for name in ("test_buy.py", "steps.py", "cat.jpg"):
        (folder / name).write_text(name)
    return top


def packed(top: Path, most: int = MOST) -> Archive:
    tests = [top / "tests" / "test_buy.py"]
    return Shipment.of(top, tests, with_plugin=False, search=[], most=most).archives[-1]


def test_the_same_files_are_the_same_bytes_wherever_and_whenever(
    tmp_path: Path,
) -> None:
    first = packed(suite(tmp_path / "a"))
    again = suite(tmp_path / "b")
    (again / "tests" / "cat.jpg").chmod(0o600)
    os.utime(again / "tests" / "steps.py", (1, 1))

    assert first == packed(again)


@pytest.mark.parametrize("change", ["another text", "another name"])
def test_another_file_is_another_name_for_all(change: str, tmp_path: Path) -> None:
    top = suite(tmp_path)
    before = packed(top).sha256
    file = top / "tests" / "cat.jpg"
    if change == "another text":
        file.write_text("dog")
    else:
        file.rename(file.with_name("dog.jpg"))

    assert before != packed(top).sha256


def test_too_much_is_refused_by_the_names_of_the_largest(tmp_path: Path) -> None:
    top = suite(tmp_path)
    (top / "tests" / "film.mp4").write_bytes(bytes(3_000_000))

    with pytest.raises(HostError) as caught:
        packed(top, most=2_000_000)

    assert (
        f"liveview_hosts: 4 files of {top} are to go to every host, 3.0 MB, and 2.0 MB are "
        "the most; the largest are tests/film.mp4 (3.0 MB), tests/test_buy.py (0.0 MB), "
        "tests/steps.py (0.0 MB), tests/cat.jpg (0.0 MB): move large files out of the "
        "folders of tests and of the packages that they import, or name a folder in "
        "norecursedirs, which then stays"
    ) == str(caught.value)


def test_a_file_that_is_not_there_any_more_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "test_gone.py"

    with pytest.raises(HostError) as caught:
        Shipment.of(tmp_path, [missing], with_plugin=False, search=[])

    assert (
        f"liveview_hosts: {missing} is to go to hosts and cannot be read: No such file or "
        "directory"
    ) == str(caught.value)


def test_the_plugin_comes_before_the_tests_and_knows_its_version(
    tmp_path: Path,
) -> None:
    top = suite(tmp_path)
    tests = [top / "tests" / "test_buy.py"]
    shipment = Shipment.of(top, tests, with_plugin=True, search=[])
    plugin = shipment.archives[0]
    zipfile.ZipFile(io.BytesIO(plugin.data)).extractall(tmp_path / "there")

    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import pytest_liveview_load as it; "
        "from importlib import metadata; "
        "print(metadata.version('pytest-liveview-load'), it.__file__)"
    )
    told = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path / "there")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    assert [packed(top)] == list(shipment.archives[1:])
    assert Requirements.ours() == shipment.requirements
    file = tmp_path / "there" / "pytest_liveview_load" / "__init__.py"
    assert f"{metadata.version(DISTRIBUTION)} {file}\n" == told


def test_what_the_plugin_needs_is_what_is_here() -> None:
    ours = Requirements.ours()
    pins = dict(ours.pins)

    assert {each.name for each in needs_of(DISTRIBUTION)} == {
        each.partition("=")[0] for each in ours.wanted
    }
    assert f"msgspec=={metadata.version('msgspec')}" in ours.wanted
    # What is needed only by what is needed: pip would choose another version.
    assert metadata.version("httpcore") == pins["httpcore"]
    assert "locust" not in pins  # an extra


def test_a_mark_is_for_the_far_side_to_judge() -> None:
    (uvloop,) = [each for each in Requirements.ours().wanted if "uvloop" in each]

    assert uvloop.endswith(
        '; sys_platform != "win32" and implementation_name == "cpython"'
    )
