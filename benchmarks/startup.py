"""What a suite without load tests pays for having the plugin installed.

    python benchmarks/startup.py [rounds]

Runs a suite of one empty test with and without the plugin, in turns so that a busy
machine is busy for both, and prints the medians of CPU time (the process and the kernel
for it) and of wall time, and what the plugin adds to each.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PLUGIN = ["-p", "pytest_liveview_load.plugin.hooks"]
CASES = {"without": [], "with the plugin": PLUGIN}
ROUNDS = 15


def cost(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Return the CPU and wall seconds of pytest for the suite in `folder`."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    # An installed package has its bytecode; without it this would time the compiler.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_nothing.py").write_text("def test_nothing(): ...\n")
        for arguments in CASES.values():
            cost(folder, arguments)  # writes the bytecode
        for _ in range(rounds):
            for case, arguments in CASES.items():
                taken[case].append(cost(folder, arguments))
    medians = [
        tuple(statistics.median(each) for each in zip(*costs, strict=True))
        for costs in taken.values()
    ]
    added = tuple(loaded - bare for bare, loaded in zip(*medians, strict=True))
    print(f"{'median of ' + str(rounds):<18}{'CPU ms':>8}{'wall ms':>9}")
    for case, (cpu, wall) in zip((*CASES, "added"), (*medians, added), strict=True):
        print(f"{case:<18}{cpu * 1000:8.1f}{wall * 1000:9.1f}")


if __name__ == "__main__":
    main()
