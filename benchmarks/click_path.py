"""Which of our files and functions one click passes, out and back.

    python -m benchmarks.click_path [--path /counter] [--selector "#inc"]

Starts Roost, visits the page, clicks until all is warm, and follows one more click: from
`LiveUser.click` until the step has ended and its number is recorded. Prints each file with
the functions called in it, in the order of their first call, and how many there are.
What is nested in a function counts as part of it.
"""

import argparse
import asyncio
import random
import sys
import time
from pathlib import Path
from types import FrameType
from typing import TypeAlias

import pytest_liveview_load
from benchmarks.contenders.this_plugin import Crowd
from benchmarks.spread_fleet import roost
from pytest_liveview_load.crowd.live_user import LiveUser
from pytest_liveview_load.liveview.client.network import Network
from pytest_liveview_load.liveview.client.settings import ClientSettings
from pytest_liveview_load.metrics.recorder import Recorder

PACKAGE = str(Path(pytest_liveview_load.__file__).parent)

# The functions that were called, by file, each in the order of its first call.
Passed: TypeAlias = dict[str, dict[str, None]]


async def follow_click(url: str, path: str, selector: str, warm_up: int) -> Passed:
    """Return what the click after `warm_up` others passes."""
    passed: Passed = {}

    def called(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE):
            file = code.co_filename[len(PACKAGE) + 1 :]
            function = code.co_qualname.partition(".<")[0]
            passed.setdefault(file, {})[function] = None

    recorder = Recorder(time.perf_counter)
    async with Network(ClientSettings(url=url)) as network:
        user = LiveUser(network, recorder, rng=random.Random(0), run=Crowd())
        await user.visit(path)
        for _ in range(warm_up):
            await user.click(selector)
        sys.setprofile(called)
        try:
            await user.click(selector)
        finally:
            sys.setprofile(None)
        await user.close()
    return passed


def main() -> None:
    """Follow one click, and print what it passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", default="/counter")
    parser.add_argument("--selector", default="#inc")
    parser.add_argument("--warm-up", type=int, default=1, help="clicks before it")
    given = parser.parse_args()
    with roost() as url:
        passed = asyncio.run(
            follow_click(url, given.path, given.selector, given.warm_up)
        )
    for file, functions in passed.items():
        print(f"{file}: {', '.join(functions)}")
    count = sum(map(len, passed.values()))
    print(f"\n{len(passed)} files, {count} functions")


if __name__ == "__main__":
    main()
