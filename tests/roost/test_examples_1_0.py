"""The example tests hold for LiveView 1.0 too: the same tests, another dialect."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE = 60.0  # seconds
SERVER = "python -m roost --liveview 1.0 --port {port}"

# What 1.0 does otherwise.
OTHERWISE = {
    "test_components.py::test_keyed_entries_move_without_being_sent": (
        "a list that changes is sent whole, keys came with 1.1"
    ),
    "test_uploads.py::test_what_is_refused_is_an_error": (
        "a refused file is told of at the submit"
    ),
}


def test_the_examples_hold_for_1_0() -> None:
    examples = [f"--deselect=example_tests/{each}" for each in OTHERWISE]
    server = ("-o", f"liveview_server={SERVER}")
    options = ("-q", "-p", "no:cacheprovider", "-m", "not load", *server, *examples)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "example_tests"],
        cwd=ROOT,
        # As a person starts it, whatever options started this run.
        env={k: v for k, v in os.environ.items() if not k.startswith("PYTEST")},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )

    assert 0 == run.returncode, run.stdout
