"""What the plugin needs installed, in the versions that it has in this process.

Law: read from what is installed, never from a list of ours. A mark like `; sys_platform
!= 'win32'` is kept for the far side's pip, which knows what it is true of there.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from packaging.requirements import Requirement

DISTRIBUTION: Final = "pytest-liveview-load"
NO_EXTRA: Final = {"extra": ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """What pip is told. `wanted` are pip's requirements, `pins` versions by name.

    `pins` are of all that is needed, directly or not.
    """

    wanted: tuple[str, ...]
    pins: tuple[tuple[str, str], ...]

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
