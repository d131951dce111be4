"""What travels to hosts: the modules of a suite, and the plugin itself if that is asked.

The same files always make the same bytes, in whatever session, for hosts keep an archive under
its sha256. It is packed once, and never changes.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import zipfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_liveview_load.errors import HostError
from pytest_liveview_load.hosts.find_files import NEVER, PACKAGE, SuiteFiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from packaging.requirements import Requirement


DISTRIBUTION: Final = "pytest-liveview-load"
NO_EXTRA: Final = {"extra": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What pip is told. `wanted` are pip's requirements, `pins` versions by name.

    `pins` are of all that is needed, directly or not.
    """

    wanted: tuple[str, ...] = ()
    pins: tuple[tuple[str, str], ...] = ()

    @classmethod
    def ours(cls) -> Requirements:
        """Return what the plugin needs, as this process has it."""
        direct = needs_of(DISTRIBUTION)
        pins = all_versions(direct)
        wanted = sorted(pinned(each, pins) for each in direct)
        return cls(wanted=tuple(wanted), pins=tuple(sorted(pins.items())))


def needs_of(name: str) -> list[Requirement]:
    """Return what a distribution requires without extras, for whatever platform."""
    # pytest brings it; who ships nothing never reads it.
    from packaging.requirements import Requirement  # noqa: PLC0415

    listed = [Requirement(each) for each in metadata.requires(name) or ()]
    return [each for each in listed if "extra" not in str(each.marker or "")]


def all_versions(direct: list[Requirement]) -> dict[str, str]:
    """Return the versions of what is required and of what that requires, as it is here."""
    found: dict[str, str] = {}
    waiting = list(direct)
    while waiting:
        each = waiting.pop()
        if each.name in found or not holds_here(each):
            continue
        try:
            found[each.name] = metadata.version(each.name)
        except metadata.PackageNotFoundError:
            continue  # done without here, so pip is to choose there
        waiting += needs_of(each.name)
    return found


def holds_here(requirement: Requirement) -> bool:
    """Return whether a requirement's mark is true in this process."""
    return requirement.marker is None or requirement.marker.evaluate(NO_EXTRA)


def pinned(requirement: Requirement, pins: dict[str, str]) -> str:
    """Return a requirement for exactly the version that is here."""
    version = pins.get(requirement.name)
    wanted = f"=={version}" if version else str(requirement.specifier)
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{wanted}{marker}"


ASKED_BY: Final = "liveview_hosts"
MOST: Final = 64 * 2**20  # bytes of files: more is not code, and goes to every host
LARGEST: Final = 5  # files that an error names
MEGABYTE: Final = 10**6
DAY_ONE: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip file can tell
READABLE: Final = 0o100644 << 16
UNIX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One zip file. Of its `folders` the host imports, "" is its top."""

    what: str
    data: bytes = field(repr=False)
    sha256: str
    folders: tuple[str, ...] = ("",)

    @classmethod
    def of(
        cls, what: str, files: Mapping[str, bytes], folders: Iterable[str] = ("",)
    ) -> Archive:
        """Pack files by their names, whose parts "/" separates."""
        data = packed(files)
        digest = hashlib.sha256(data).hexdigest()
        return cls(what=what, data=data, sha256=digest, folders=tuple(folders))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """All that hosts are to have, in the order in which they import from it.

    There are no `requirements` where hosts have what the plugin needs.
    """

    archives: tuple[Archive, ...]
    requirements: Requirements = Requirements()

    @classmethod
    def of(
        cls,
        rootdir: Path,
        tests: Iterable[Path],
        *,
        with_plugin: bool,
        import_mode: str = "prepend",
        ignored: Iterable[str] = NEVER,
        search: Sequence[str] | None = None,
        most: int = MOST,
    ) -> Shipment:
        """Pack for the tests in these files; once a session.

        `import_mode` is pytest's option importmode, `ignored` its norecursedirs, and
        `search` is sys.path. Raises HostError if there are more than `most` bytes, or a
        file cannot be read.
        """
        search = sys.path if search is None else search
        root = rootdir.absolute()
        try:
            found = SuiteFiles(
                root, tests, import_mode=import_mode, ignored=ignored, search=search
            )
            suite = archive_of(found, most)
        except OSError as error:
            problem = f"{error.filename} is to go to hosts and cannot be read"
            raise HostError(ASKED_BY, problem, str(error.strerror)) from error
        if not with_plugin:
            return cls(archives=(suite,))
        return cls(archives=(plugin_archive(), suite), requirements=Requirements.ours())


# Packing


def archive_of(found: SuiteFiles, most: int) -> Archive:
    """Pack a suite. Raises HostError and OSError."""
    base = Path(os.path.commonpath([found.rootdir, *found.roots, *found.files]))
    check_size(base, found.files, most)
    files = {name_in(base, each): each.read_bytes() for each in found.files}
    for folder in found.namespaces:
        files.setdefault(name_in(base, folder / PACKAGE), b"")
    folders = [name_in(base, root) for root in found.roots]
    return Archive.of("the test modules", files, folders)


def name_in(base: Path, path: Path) -> str:
    """Return a path as a zip file names it, "" for `base` itself."""
    name = path.relative_to(base).as_posix()
    return "" if name == "." else name


def check_size(base: Path, files: Iterable[Path], most: int) -> None:
    """Raise HostError, which names the largest files, if all are more than `most` bytes."""
    sizes = {each: each.stat().st_size for each in files}
    total = sum(sizes.values())
    if total <= most:
        return
    largest = sorted(sizes, key=lambda each: (-sizes[each], each))[:LARGEST]
    named = ", ".join(
        f"{name_in(base, each)} ({sizes[each] / MEGABYTE:.1f} MB)" for each in largest
    )
    raise HostError(
        ASKED_BY,
        f"{len(sizes)} files of {base} are to go to every host, "
        f"{total / MEGABYTE:.1f} MB, and {most / MEGABYTE:.1f} MB are the most; "
        f"the largest are {named}",
        "move large files out of the folders of tests and of the packages that they "
        "import, or name a folder in norecursedirs, which then stays",
    )


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return a zip file that depends on nothing but the files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DAY_ONE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = UNIX
            entry.external_attr = READABLE
            archive.writestr(entry, files[name])
    return target.getvalue()


def plugin_archive() -> Archive:
    """Pack this package as it runs here, under the version that it has here."""
    top = Path(__file__).parents[1]
    whole = SuiteFiles(top.parent, ()).whole(top)
    files = {name_in(top.parent, each): each.read_bytes() for each in whole}
    version = metadata.version(DISTRIBUTION)
    # importlib.metadata reads this much of an installed distribution.
    about = f"{DISTRIBUTION.replace('-', '_')}-{version}.dist-info/METADATA"
    text = f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: {version}\n"
    return Archive.of(f"{DISTRIBUTION} {version}", {**files, about: text.encode()})
