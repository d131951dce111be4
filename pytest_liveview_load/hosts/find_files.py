"""Which files a host needs to import the modules of a suite, and from which folders.

Nothing is imported and nothing is sent here; files are found as pytest and Python find
them. A folder of tests, and a package, goes whole, with the data that lies in it; of
the rootdir itself, which may hold anything, go the Python files that are imported.
"""

from __future__ import annotations

import os
import re
import sys
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

IMPORTLIB: Final = "importlib"  # of pytest's import modes, the one without sys.path
# Of pytest's option norecursedirs, where it is not set.
NEVER: Final = (
    "*.egg",
    ".*",
    "_darcs",
    "build",
    "CVS",
    "dist",
    "node_modules",
    "venv",
    "{arch}",
)
CACHES: Final = "__pycache__"
PACKAGE: Final = "__init__.py"
CONFTEST: Final = "conftest.py"
# Also in a function, a branch or a docstring: what is found in vain does no harm.
IMPORTED: Final = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))",
    re.MULTILINE,
)
AS: Final = re.compile(r"\s+as\s+\w+")


class SuiteFiles:
    """Owns what was found for a suite: `files`, and the `roots` from which they import.

    `search` is sys.path of this process, of which what lies in the rootdir counts;
    `ignored` are patterns of folders' names as norecursedirs has them.
    """

    def __init__(
        self,
        rootdir: Path,
        tests: Iterable[Path],
        *,
        import_mode: str = "prepend",
        search: Sequence[str] = (),
        ignored: Iterable[str] = NEVER,
    ) -> None:
        self.rootdir = rootdir
        self.files: set[Path] = set()
        self.namespaces: set[Path] = set()  # folders that are to be packages there
        self._ignored = tuple(ignored)
        self._read: set[Path] = set()
        self._taken: set[Path] = set()  # folders
        files = sorted({file.absolute() for file in tests})
        starts = [*files, *conftests(rootdir, files)]
        of_tests = [self._root_of(file, import_mode) for file in starts]
        self.roots = list(dict.fromkeys([*of_tests, *inside(rootdir, search)]))
        for file in starts:
            self._take_file(file)
            self._take_surroundings(file)
        self._follow_imports()

    def _root_of(self, file: Path, import_mode: str) -> Path:
        top = package_of(file)
        if top is not None:
            return top.parent
        if import_mode != IMPORTLIB or self.rootdir not in file.parents:
            return file.parent
        # As pytest names it: tests.load.test_buy. Another `tests` on the host with
        # an __init__.py would come before one without.
        folders = [file.parent, *file.parent.parents]
        self.namespaces.update(folders[: folders.index(self.rootdir)])
        return self.rootdir

    def _take_surroundings(self, file: Path) -> None:
        folder = package_of(file) or file.parent
        if folder == self.rootdir or folder in self.rootdir.parents:
            return
        self._take_folder(folder)

    def _take_folder(self, folder: Path) -> None:
        if folder not in self._taken:
            self._taken.add(folder)
            self.files.update(self.whole(folder))

    def _take_file(self, file: Path) -> None:
        self.files.add(file)
        folder = file.parent
        while (folder / PACKAGE).is_file():
            self.files.add(folder / PACKAGE)
            folder = folder.parent

    def _follow_imports(self) -> None:
        known: set[str] = set()
        while waiting := {
            each for each in self.files - self._read if each.suffix == ".py"
        }:
            self._read.update(waiting)
            names = {name for each in waiting for name in imports_of(each)} - known
            known.update(names)
            for name in sorted(names):
                if not any(self._take_module(root, name) for root in self.roots):
                    self._take_what_is_known(name)

    def _take_what_is_known(self, name: str) -> None:
        """Take a module of the project's that is installed in place, not by sys.path."""
        home = home_of(name.partition(".")[0])
        for root in inside(self.rootdir, [] if home is None else [str(home)]):
            self.roots.append(root)
            self._take_module(root, name)

    def _take_module(self, root: Path, name: str) -> bool:
        """Take what `name` is below `root`; return whether it is there at all."""
        folder, parts = root, name.split(".")
        for index, part in enumerate(parts):
            module = folder / f"{part}.py"
            folder = folder / part
            if (folder / PACKAGE).is_file():
                self._take_folder(folder)
                return True
            if module.is_file():
                self.files.add(module)
                return True
            if not part or not folder.is_dir():
                return index > 0
        # A namespace: which of its modules is meant stands elsewhere in the line.
        self.files.update(each for each in self.whole(folder) if each.suffix == ".py")
        return True

    def whole(self, top: Path) -> Iterator[Path]:
        """Yield the files in a folder, those of folders that are ignored left out."""
        seen: set[tuple[int, int]] = set()  # a link may lead back up
        for place, folders, names in os.walk(top, followlinks=True):
            here = Path(place)
            known = here.stat()
            if (known.st_dev, known.st_ino) in seen:
                folders.clear()
                continue
            seen.add((known.st_dev, known.st_ino))
            folders[:] = [each for each in sorted(folders) if self._enters(here / each)]
            for name in names:
                file = here / name
                if goes(name) and file.is_file():
                    yield file

    def _enters(self, folder: Path) -> bool:
        if folder.name == CACHES or not goes(folder.name):
            return False  # .git stays even where norecursedirs does not say so
        if (folder / "pyvenv.cfg").is_file():
            return False
        if (folder / PACKAGE).is_file():
            return True  # a package may be called `build`
        return not any(fnmatch(folder.name, each) for each in self._ignored)


def goes(name: str) -> bool:
    """Return whether what has this name goes along; .env and what Python made stay."""
    return not name.startswith(".") and not name.endswith((".pyc", ".pyo"))


def package_of(file: Path) -> Path | None:
    """Return the topmost package that a file is in, None if it is in none."""
    found = None
    for folder in file.parents:
        if not (folder / PACKAGE).is_file():
            break
        found = folder
    return found


def conftests(rootdir: Path, files: Iterable[Path]) -> list[Path]:
    """Return the conftest.py files that hold for tests, up to the rootdir."""
    folders = {folder for file in files for folder in file.parents}
    return [
        folder / CONFTEST
        for folder in sorted(folders)
        if (folder == rootdir or rootdir in folder.parents)
        and (folder / CONFTEST).is_file()
    ]


def inside(rootdir: Path, search: Iterable[str]) -> list[Path]:
    """Return the folders of sys.path that are the project's own."""
    top = rootdir.resolve()  # of which sys.path may have one name, and pytest another
    installed = [Path(each).resolve() for each in {sys.prefix, sys.base_prefix}]
    found = []
    for entry in search:
        folder = Path(entry).resolve()
        if not folder.is_relative_to(top) or any(map(folder.is_relative_to, installed)):
            continue
        if folder.is_dir() and "site-packages" not in folder.parts:
            found.append(rootdir / folder.relative_to(top))
    return found


def home_of(name: str) -> Path | None:
    """Return the folder from which this process imports a module, if there is one."""
    if name in sys.stdlib_module_names:
        return None
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin or not Path(spec.origin).is_file():
        return None
    file = Path(spec.origin)
    return file.parents[1] if file.name == PACKAGE else file.parent


def imports_of(file: Path) -> set[str]:
    """Return the modules that a file names in its imports, those relative to it apart."""
    names: set[str] = set()
    for match in IMPORTED.finditer(file.read_text("utf-8", errors="replace")):
        origin, modules = match.groups()
        listed = [origin] if origin else AS.sub("", modules).split(",")
        names.update(name.strip() for name in listed)
    return {name for name in names if name and not name.startswith(".")}
