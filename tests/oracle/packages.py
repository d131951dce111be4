"""The npm packages of `package.json`, installed once per user and machine.

Nothing is installed into the repository; where node, npm or a registry is
missing, whoever asks is told why.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

PACKAGES: Final = Path(__file__).with_name("package.json")
INSTALL_TIMEOUT: Final = 90.0  # seconds
INSTALL: Final = (
    *("npm", "install", "--no-package-lock", "--no-audit", "--no-fund"),
    *("--ignore-scripts", "--fetch-retries=1", "--loglevel=error"),
)


class NoPackages(Exception):
    """The real client cannot be had here; the message says why."""


def installed() -> Path:
    """Return the folder that holds `node_modules`; raises NoPackages."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise NoPackages(f"{program} is not installed")
    wanted = PACKAGES.read_bytes()
    folder = cache() / hashlib.sha256(wanted).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "installed"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of several test processes installs
        if not done.exists():
            (folder / "package.json").write_bytes(wanted)
            install(folder)
            done.touch()
    return folder


def install(folder: Path) -> None:
    """Run npm in the folder."""
    try:
        subprocess.run(
            INSTALL,
            cwd=folder,
            check=True,
            timeout=INSTALL_TIMEOUT,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        raise NoPackages(f"npm did not end within {INSTALL_TIMEOUT:g} s") from None
    except subprocess.CalledProcessError as error:
        lines = [line for line in str(error.stderr).splitlines() if "error" in line]
        reason = lines[0] if lines else f"it ended with {error.returncode}"
        raise NoPackages(f"npm install failed: {reason}") from None


def cache() -> Path:
    """Return the user's cache folder, or one for temporary files."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "pytest-liveview-load"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"pytest-liveview-load-{os.getuid()}"
        folder.mkdir(exist_ok=True)
    return folder
