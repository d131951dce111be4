"""Who uses the package with types gets them: mypy reads a user's module from outside."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

USAGE = Path(__file__).with_name("usage.py")
WRONG = {
    "a marker's argument": (
        'users=500, ramp="10s"',
        'users="500", ramp="10s"',
        'Argument "users" to "load" has incompatible type "str"',
    ),
    "an argument that no marker has": (
        "seed=1)",
        "sead=1)",
        'Unexpected keyword argument "sead" for "load"',
    ),
    "a step that there is not": (
        "await live.back()",
        "await live.forth()",
        '"LiveUser" has no attribute "forth"',
    ),
    "a number taken for a text": (
        "assert_type(result.p95_mount * 2, float)",
        "assert_type(result.p95_mount, str)",
        'not "str"',
    ),
}


def strictly(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Return what `mypy --strict` says of a module that stands outside this project."""
    (folder / "test_shop.py").write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty"]
    cache = ["--cache-dir", str(folder.parent / "mypy_cache"), "test_shop.py"]
    return subprocess.run(
        [*command, *cache], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture(autouse=True)
def _needs_mypy() -> None:
    pytest.importorskip("mypy")


def test_a_users_module_is_typed(tmp_path: Path) -> None:
    told = strictly(tmp_path, USAGE.read_text())

    assert told.returncode == 0, told.stdout + told.stderr


def test_a_users_mistakes_are_found(tmp_path: Path) -> None:
    code = USAGE.read_text()
    for right, wrong, _ in WRONG.values():
        assert right in code
        code = code.replace(right, wrong)

    told = strictly(tmp_path, code)

    missed = [name for name, (*_, said) in WRONG.items() if said not in told.stdout]
    assert [] == missed, told.stdout


def test_the_package_says_that_it_is_typed() -> None:
    assert (files("pytest_liveview_load") / "py.typed").is_file()
