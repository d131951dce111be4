"""A person at Chromium, who does what the recorded sentences say.

The mouse, the keyboard and the file dialog are Chromium's own; only what a
recording did by script is done by script.
"""

import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from benchmarks.chromium import Tab
from tests.replay.steps import FILES

Step = Callable[[Tab, "re.Match[str]", Path], Awaitable[Any]]

_TOLD: Final = "for (const kind of ['input', 'change'])"
_RECONNECT: Final = (
    "new Promise(done => liveSocket.disconnect(() => { liveSocket.connect(); done() }))"
)

_STEPS: Final[dict[str, Step]] = {
    r"open (?P<path>\S+)": lambda tab, said, _: tab.go(said["path"]),
    r"click (?P<selector>.+)": lambda tab, said, _: tab.click(said["selector"]),
    r"type '(?P<text>.*)' into (?P<selector>.+)": lambda tab, said, _: tab.type(
        said["selector"], said["text"]
    ),
    r"key (?P<key>\S+) in window": lambda tab, said, _: tab.press(said["key"]),
    r"key (?P<key>\S+) in (?P<selector>.+)": lambda tab, said, _: tab.press(
        said["key"], said["selector"]
    ),
    r"set (?P<selector>\S+): (?P<script>.+)": lambda tab, said, _: tab.run(
        f"(e => {{ {said['script']}; {_TOLD}"
        " e.dispatchEvent(new Event(kind, {bubbles: true})) })"
        f"(document.querySelector({json.dumps(said['selector'])}))"
    ),
    r"choose (?P<names>.+)": lambda tab, said, folder: tab.choose(
        "input[type=file]", *files(folder, re.findall(r"[\w.-]+", said["names"]))
    ),
    r"history\.back": lambda tab, _, __: tab.run("history.back()"),
    r"history\.forward": lambda tab, _, __: tab.run("history.forward()"),
    r"liveSocket\.disconnect and connect": lambda tab, _, __: tab.run(_RECONNECT),
}


async def perform(tab: Tab, sentence: str, folder: Path) -> None:
    """Do what a recorded sentence says; files to be chosen are made in `folder`."""
    for pattern, step in _STEPS.items():
        if said := re.fullmatch(pattern, sentence):
            await step(tab, said, folder)
            return
    raise NotImplementedError(f"no person at Chromium can {sentence!r}")


def files(folder: Path, names: list[str]) -> list[Path]:
    """Put the recordings' files into the folder."""
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(FILES[path.name])
    return paths
