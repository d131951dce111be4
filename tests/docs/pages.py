"""A page of the docs as a test module: its examples, run as a user would run them.

What runs is what the page shows. Line n of the module is line n of the page, so that a
failure points into it. Only the sizes are the tests': a twentieth of the users, rates and
pauses; a minute of a run passes in half a second, and a budget of one second allows two
minutes, because how fast a busy machine is says nothing about the page.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r'^```(?P<language>\w*)(?: title="(?P<file>[^"]+)")?$')

SCALE = 0.05
# A profile is `scaled` once, when it is about to run.
SHORTER = '''
"""A minute of a load passes in half a second; budgets have all the time in the world."""

from dataclasses import replace

from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.load_profile.rate import RatePlan
from pytest_liveview_load.metrics.budget import Budget
from pytest_liveview_load.metrics.names import Unit
from pytest_liveview_load.units import Between, Exponential, LogNormal

FASTER = 120
BRIEFER = 20
LEAST = 0.5  # seconds, in which a busy machine too finishes an iteration
smaller, holds = Profile.scaled, Budget.holds


def shorter(pause):
    match pause:
        case Between(shortest, longest):
            return Between(shortest / BRIEFER, longest / BRIEFER)
        case Exponential(mean):
            return Exponential(mean / BRIEFER)
        case LogNormal(median, sigma):
            return LogNormal(median / BRIEFER, sigma)
    return pause


def smaller_and_shorter(profile, factor):
    profile = smaller(profile, factor)
    if profile.arrival is not None:
        profile = replace(profile, arrival=RatePlan(tuple(
            replace(each, seconds=each.seconds / FASTER)
            for each in profile.arrival.pieces
        )))
    return replace(
        profile,
        ramp=profile.ramp / FASTER,
        duration=profile.duration and max(profile.duration / FASTER, LEAST),
        warmup=profile.warmup / FASTER,
        stages=tuple(
            replace(each, seconds=each.seconds / FASTER) for each in profile.stages
        ),
        think=shorter(profile.think),
        pacing=shorter(profile.pacing),
    )


def holds_at_leisure(budget, observed):
    is_time = budget.measure.unit is Unit.TIMING
    return holds(budget, observed / FASTER if is_time else observed)


Profile.scaled = smaller_and_shorter
Budget.holds = holds_at_leisure
'''


def blocks(page: str) -> Iterator[tuple[str, str, int, list[str]]]:
    """Yield language, file name, number of its first line and lines of each fenced block."""
    lines = page.splitlines()
    opened: tuple[str, str, int] | None = None
    for number, line in enumerate(lines, start=1):
        fence = FENCE.match(line)
        if fence is None:
            continue
        if opened is None:
            opened = (fence["language"], fence["file"] or "", number + 1)
        else:
            language, file, first = opened
            yield language, file, first, lines[first - 1 : number - 1]
            opened = None


def python_of(page: str) -> str:
    """Return the page's Python, each line where it is on the page."""
    module = [""] * len(page.splitlines())
    for language, _, first, lines in blocks(page):
        if language == "python":
            module[first - 1 : first - 1 + len(lines)] = lines
    return "\n".join(module) + "\n"


def files_of(page: str) -> dict[str, str]:
    """Return the files that the page shows with their names: ```csv users.csv."""
    return {file: "\n".join(lines) + "\n" for _, file, _, lines in blocks(page) if file}


# Running


INI = """
[pytest]
filterwarnings = error
liveview_max_lag = 10s
"""


def run_as_tests(
    pytester: pytest.Pytester, liveview_url: str, monkeypatch: pytest.MonkeyPatch
) -> pytest.RunResult:
    """Run pytest over what is in the folder of `pytester`, with the tests' measures."""
    for variable in os.environ:
        if variable.startswith("PYTEST_LIVEVIEW_") or variable == "PYTEST_ADDOPTS":
            monkeypatch.delenv(variable)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini(INI)
    pytester.makeconftest(SHORTER)
    return pytester.runpytest_subprocess(
        "-p",
        "pytest_liveview_load.plugin.hooks",
        f"--liveview-url={liveview_url}",
        f"--liveview-scale={SCALE}",
        "--durations=5",
        timeout=300,
    )
