"""What is installed is what the tests believe, and nothing of it is in the repository."""

import json
from pathlib import Path

from tests.oracle.oracle import PACKED
from tests.oracle.packages import PACKAGES


def test_every_version_is_asked_for_exactly() -> None:
    wanted = json.loads(PACKAGES.read_text())["dependencies"]
    clients = {f"lv-{line}": f"npm:phoenix_live_view@{v}" for line, v in PACKED.items()}
    assert clients == {name: wanted[name] for name in clients}
    assert all(
        version[-1].isdigit() and version[0] in "0123456789n"
        for version in wanted.values()
    )


def test_no_lock_file_and_no_modules_are_beside_the_list() -> None:
    beside = {path.name for path in Path(PACKAGES).parent.iterdir()}
    assert not beside & {"package-lock.json", "node_modules"}
