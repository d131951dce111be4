"""A Node process that answers with the real client's own code.

Every question has an answer within DEADLINE, or the process is ended.
"""

import contextlib
import json
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

from pytest_liveview_load.liveview.protocol.versions import Dialect

SCRIPT: Final = Path(__file__).with_name("oracle.js")
DEADLINE: Final = 30.0  # seconds; the first question loads a whole client

# Each line's release in package.json, and the dialect that it speaks.
PACKED: Final = {"1.2": "1.2.12", "1.1": "1.1.32", "1.0": "1.0.19", "0.20": "0.20.1"}
VERSIONS: Final = {line: Dialect.of_version(each) for line, each in PACKED.items()}


class Node:
    """A Node process that answers one JSON line with another."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def ask(self, kind: str, **question: Any) -> Any:
        """Return the answer to a question of this kind."""
        pipes = self._process
        assert pipes.stdin is not None
        assert pipes.stdout is not None
        line = json.dumps({"kind": kind, **question})
        pipes.stdin.write(line + "\n")
        pipes.stdin.flush()
        ready, _, _ = select.select([pipes.stdout], [], [], DEADLINE)
        assert ready, f"no answer within {DEADLINE} s to {line[:400]}"
        answer = json.loads(pipes.stdout.readline())
        assert "is" in answer, f"{answer.get('failed')}\nwhen asked {line[:2000]}"
        return answer["is"]


class Oracle(Node):
    """Knows what the real client would do; every question names its `version`."""


Kind = TypeVar("Kind", bound=Node)


@contextlib.contextmanager
def running(kind: type[Kind], script: Path, folder: Path) -> Iterator[Kind]:
    """Keep a script running, for packages in `folder`, while the block runs."""
    process = subprocess.Popen(
        ["node", str(script), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield kind(process)
    finally:
        process.kill()
        process.wait(DEADLINE)
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
