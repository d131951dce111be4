"""What travels of a suite: all that its modules import, under the names pytest gives."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from io import BytesIO
from pathlib import Path

import pytest

from pytest_liveview_load.hosts.find_files import SuiteFiles
from pytest_liveview_load.hosts.pack import Shipment

TESTS = "tests/load/test_buy.py"


def project(top: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return top


def names_of(top: Path, *tests: str, search: tuple[str, ...] = ()) -> set[str]:
    """Return the files that travel for these tests of a project."""
    found = SuiteFiles(
        top,
        [top / each for each in tests or (TESTS,)],
        search=[str(top / each) for each in search],
    )
    return {each.relative_to(top).as_posix() for each in found.files}


FOLDERS: dict[str, tuple[dict[str, str], set[str]]] = {
    "what lies beside a test, deeper too": (
        {TESTS: "", "tests/load/photos/cat.jpg": "", "tests/load/steps.py": ""},
        {TESTS, "tests/load/photos/cat.jpg", "tests/load/steps.py"},
    ),
    "no neighbours that nobody imports": (
        {TESTS: "", "tests/unit/test_x.py": "", "mix.exs": "", "lib/shop.ex": ""},
        {TESTS},
    ),
    "the whole package that a test is in": (
        {
            "tests/__init__.py": "",
            "tests/load/__init__.py": "",
            TESTS: "",
            "tests/a": "",
        },
        {"tests/__init__.py", "tests/load/__init__.py", TESTS, "tests/a"},
    ),
    "conftest.py of all folders above": (
        {TESTS: "", "tests/conftest.py": "", "conftest.py": "", "tests/unit/a.py": ""},
        {TESTS, "tests/conftest.py", "conftest.py", "tests/unit/a.py"},
    ),
    "nothing that is hidden, compiled or ignored": (
        {
            TESTS: "",
            "tests/load/.env": "SECRET=1",
            "tests/load/__pycache__/a.pyc": "",
            "tests/load/a.pyc": "",
            "tests/load/node_modules/a.py": "",
            "tests/load/env/pyvenv.cfg": "",
            "tests/load/env/lib/a.py": "",
            "tests/load/.git/config": "",
        },
        {TESTS},
    ),
    "a package, though its name is ignored": (
        {TESTS: "", "tests/load/build/__init__.py": "", "tests/load/dist/a.py": ""},
        {TESTS, "tests/load/build/__init__.py"},
    ),
}


@pytest.mark.parametrize(("files", "expected"), FOLDERS.values(), ids=FOLDERS)
def test_folders(files: dict[str, str], expected: set[str], tmp_path: Path) -> None:
    assert expected == names_of(project(tmp_path, files))


SHOP = {
    "src/shop/__init__.py": "from shop.prices import p\nfrom .cart import c",
    "src/shop/prices.py": "import money",
    "src/shop/cart.py": "c = 1",
    "src/shop/rates.csv": "",
    "src/money.py": "",
    "src/other.py": "",
}
WHOLE_SHOP = {each for each in SHOP if "other" not in each}
SHARED = {"src/shared/data/one.py": "", "src/shared/two.py": "", "src/shared/a": ""}
IMPORTS: dict[str, tuple[str, dict[str, str], set[str]]] = {
    "a package goes whole, and what it imports": ("import shop", SHOP, WHOLE_SHOP),
    "by a part of it": ("from shop.cart import c", SHOP, WHOLE_SHOP),
    "by another name, among others": ("import os, shop as s", SHOP, WHOLE_SHOP),
    "inside a function": ("def f():\n    import shop", SHOP, WHOLE_SHOP),
    "a module goes alone": ("import money", SHOP, {"src/money.py"}),
    "a namespace's Python files": (
        "from shared import two",
        SHARED,
        {*list(SHARED)[:2]},
    ),
    "a module of a namespace goes alone": (
        "import shared.data.one",
        SHARED,
        {"src/shared/data/one.py"},
    ),
    "what is installed stays": (
        "import pytest, no_such_thing, pytest_none",
        SHOP,
        set(),
    ),
    "what is only spoken of stays": ("x = 'we import shop'", SHOP, set()),
}


@pytest.mark.parametrize(("text", "files", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_imports(
    text: str, files: dict[str, str], expected: set[str], tmp_path: Path
) -> None:
    top = project(tmp_path, {TESTS: text, **files})

    assert {TESTS, *expected} == names_of(top, search=("src",))


def test_norecursedirs_says_what_stays(tmp_path: Path) -> None:
    names = (
        "tests/load/films/a.mp4",
        "tests/load/build/a.py",
        "tests/load/.git/config",
    )
    top = project(tmp_path, dict.fromkeys((TESTS, *names), ""))

    found = SuiteFiles(top, [top / TESTS], ignored=["fil*"])

    assert {top / TESTS, top / "tests/load/build/a.py"} == found.files


def test_of_the_rootdir_itself_only_what_is_imported_travels(tmp_path: Path) -> None:
    files = {"test_buy.py": "import steps", "steps.py": "", "huge.bin": "", "b.py": ""}
    top = project(tmp_path, files)

    assert {"test_buy.py", "steps.py"} == names_of(top, "test_buy.py")


def test_a_link_to_a_folder_is_followed_and_one_that_leads_back_ends(
    tmp_path: Path,
) -> None:
    top = project(tmp_path, {TESTS: "", "data/rows.csv": ""})
    (top / "tests/load/data").symlink_to(top / "data")
    (top / "tests/load/back").symlink_to(top / "tests/load")

    assert {TESTS, "tests/load/data/rows.csv"} == names_of(top)


class Installed:
    """Finds one package, as an editable install does that is not on sys.path."""

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self.file = file

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        return spec_from_file_location(name, self.file) if name == self.name else None


@pytest.mark.parametrize("place", ["here", "elsewhere"])
def test_a_package_installed_in_place_travels_if_it_is_of_the_project(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = "from far_shop.cart import c\nimport no_such_thing"
    files = {"far_shop/__init__.py": "", "far_shop/cart.py": ""}
    top = project(tmp_path / "here", {TESTS: test})
    package = project(tmp_path / place / "apps", files) / "far_shop/__init__.py"
    monkeypatch.setattr(
        sys, "meta_path", [*sys.meta_path, Installed("far_shop", package)]
    )

    found = SuiteFiles(top, [top / TESTS])

    its = {f"apps/{each}" for each in files} if place == "here" else set()
    assert {TESTS, *its} == {each.relative_to(top).as_posix() for each in found.files}
    assert [top / "tests/load", *([top / "apps"] if its else [])] == found.roots


def test_sys_path_may_know_the_rootdir_by_another_name(tmp_path: Path) -> None:
    project(tmp_path / "real", {TESTS: "import money", "src/money.py": ""})
    top = tmp_path / "link"
    top.symlink_to(tmp_path / "real")

    found = SuiteFiles(top, [top / TESTS], search=[str(tmp_path / "real/src")])

    assert {top / TESTS, top / "src/money.py"} == found.files


def test_nothing_of_an_environment_in_the_project_travels(tmp_path: Path) -> None:
    installed = "env/lib/python3/site-packages"
    top = project(tmp_path, {TESTS: "import money", f"{installed}/money.py": ""})

    assert {TESTS} == names_of(top, search=(installed,))


# As pytest imports them

PLAIN = {
    "tests/load/test_buy.py": "import steps\nfrom helpers.forms import fill",
    "tests/load/steps.py": "",
    "helpers/__init__.py": "",
    "helpers/forms.py": "def fill(): ...",
}
PACKAGES = {
    "tests/__init__.py": "",
    "tests/load/__init__.py": "",
    "tests/load/test_buy.py": "from ..steps import go\nfrom tests.more import m",
    "tests/steps.py": "def go(): ...",
    "tests/more/__init__.py": "m = 1",
}
NAMESPACES = {
    "tests/load/test_buy.py": "from helpers.forms import fill",
    "tests/unit/test_buy.py": "",
    "helpers/forms.py": "def fill(): ...",
}
ROOT = {"test_buy.py": "import steps", "steps.py": ""}
SUITES: dict[str, tuple[str, dict[str, str]]] = {
    "prepend, folders": ("prepend", PLAIN),
    "prepend, packages": ("prepend", PACKAGES),
    "prepend, the rootdir": ("prepend", ROOT),
    "append, folders": ("append", PLAIN),
    "append, packages": ("append", PACKAGES),
    "importlib, packages": ("importlib", PACKAGES),
    "importlib, the same name twice": ("importlib", NAMESPACES),
    "importlib, the rootdir": ("importlib", ROOT),
}
# Prints what pytest calls each module of tests.
SPY = """
def pytest_collection_finish(session):
    for item in session.items:
        print("module:", item.module.__name__)
"""
# Imports from the folders that follow, as a host does.
IMPORT = """
import importlib, sys
names, sys.path[:0] = sys.argv[1].split(","), sys.argv[2:]
for name in names:
    print(importlib.import_module(name).test_it.__module__)
"""


def python(*arguments: str, cwd: Path) -> str:
    # An isolated Python: nothing of the project is found there by accident.
    result = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert not result.returncode, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize(("mode", "files"), SUITES.values(), ids=SUITES)
def test_modules_have_the_same_names_far_away_as_pytest_gives_them(
    mode: str, files: dict[str, str], tmp_path: Path
) -> None:
    tests = [name for name in files if "test_" in name]
    texts = {name: f"{files[name]}\ndef test_it(): ..." for name in tests}
    here = project(tmp_path / "here", {**files, **texts})
    project(here, {"pytest.ini": "[pytest]\npythonpath = .", "conftest.py": SPY})
    arguments = ("-m", "pytest", "-sq", "--collect-only", f"--import-mode={mode}")
    lines = python(*arguments, *tests, cwd=here).splitlines()
    modules = [line.split(": ")[1] for line in lines if line.startswith("module: ")]
    assert len(tests) == len(modules)

    shipment = Shipment.of(
        here,
        [here / name for name in tests],
        with_plugin=False,
        import_mode=mode,
        search=[str(here)],
    )

    (archive,) = shipment.archives
    there = tmp_path / "there"
    zipfile.ZipFile(BytesIO(archive.data)).extractall(there)
    folders = [str(there / each) for each in archive.folders]
    far = python("-I", "-c", IMPORT, ",".join(modules), *folders, cwd=tmp_path)
    assert modules == far.splitlines()


def test_an_installed_package_called_tests_does_not_come_before_ours(
    tmp_path: Path,
) -> None:
    here = project(tmp_path / "here", {TESTS: "def test_it(): ..."})
    other = project(tmp_path / "other", {"tests/__init__.py": ""})

    (archive,) = Shipment.of(
        here, [here / TESTS], with_plugin=False, import_mode="importlib", search=[]
    ).archives

    there = tmp_path / "there"
    zipfile.ZipFile(BytesIO(archive.data)).extractall(there)
    name = "tests.load.test_buy"
    folders = [*(str(there / each) for each in archive.folders), str(other)]
    assert f"{name}\n" == python("-I", "-c", IMPORT, name, *folders, cwd=tmp_path)


def test_tests_outside_of_the_rootdir_travel_too(tmp_path: Path) -> None:
    project(tmp_path, {"here/pytest.ini": "", "else/test_buy.py": "import steps"})
    project(tmp_path, {"else/steps.py": ""})

    (archive,) = Shipment.of(
        tmp_path / "here", [tmp_path / "else/test_buy.py"], with_plugin=False, search=[]
    ).archives

    packed = zipfile.ZipFile(BytesIO(archive.data)).namelist()
    assert (["else/steps.py", "else/test_buy.py"], ("else",)) == (
        packed,
        archive.folders,
    )
