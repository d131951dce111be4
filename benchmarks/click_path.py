"""Which of our files and functions one click passes, out and back.

    python -m benchmarks.click_path [--path /counter] [--selector "#inc"]

Starts Roost and follows the second click of a user: from `LiveUser.click` until the step
has ended and its number is recorded. Prints each file with the functions called in it, in
the order of their first call, and how many there are. What is nested in a function counts
as part of it.

By default three other users have done the same before. Then the click is what nearly all
clicks of a load are: its states are known in the process, and its page is none of the few
that are sampled, whose diffs are merged at once and compared. (The sampler takes the first
three pages of a view, then one in seven, and stops at 40 pages or 200 diffs.) With
`--users-before 0` it is the click of a load's first user, who is sampled and merges, writes
and parses for all who follow; with `--clicks-before 0` a user's first click, with which
the page is looked at for the first time.
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


async def follow_click(
    url: str, path: str, selector: str, *, clicks_before: int, users_before: int
) -> Passed:
    """Return what a user's click passes, after others of its own and of other users."""
    passed: Passed = {}

    def called(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(PACKAGE):
            file = code.co_filename[len(PACKAGE) + 1 :]
            function = code.co_qualname.partition(".<")[0]
            passed.setdefault(file, {})[function] = None

    recorder = Recorder(time.perf_counter)
    async with Network(ClientSettings(url=url)) as network:
        for number in range(users_before + 1):
            user = LiveUser(network, recorder, rng=random.Random(number), run=Crowd())
            await user.visit(path)
            for _ in range(clicks_before):
                await user.click(selector)
            if number == users_before:
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
    parser.add_argument("--clicks-before", type=int, default=1, help="of the same user")
    parser.add_argument("--users-before", type=int, default=3, help="who do the same")
    given = vars(parser.parse_args())
    with roost() as url:
        passed = asyncio.run(follow_click(url, **given))
    for file, functions in passed.items():
        print(f"{file}: {', '.join(functions)}")
    count = sum(map(len, passed.values()))
    print(f"\n{len(passed)} files, {count} functions")


if __name__ == "__main__":
    main()
