"""What is said of the processes that carry a run, one beside the other.

Law: what the controller has told, put into words and reports; nothing is asked.
"""

from collections.abc import Sequence
from typing import Final

from pytest_liveview_load.distribution.parts import Figures, Loss
from pytest_liveview_load.load_profile.profile import Profile
from pytest_liveview_load.reporting.report import RunnerReport
from pytest_liveview_load.units import format_count, format_duration

FEW: Final = 4  # runners that are named in a line


def described(loss: Loss, profile: Profile) -> str:
    """Return which runner was lost, with how much of the load, and where it stood."""
    users = carried(loss.shares, profile)
    where = last_place(loss.stack)
    return (
        f"{loss.who} was lost {format_duration(loss.at)} after the start, with "
        f"{format_count(users)} of {format_count(profile.most_users)} "
        f"users: {loss.why}{where and f'; it stood at {where}'}"
    )


def carried(shares: Sequence[tuple[int, int]], profile: Profile) -> int:
    """Return how many users of a load there are in some shares of it."""
    return sum(profile.shard(*share).most_users for share in shares)


def reports(
    figures: Sequence[Figures], losses: Sequence[Loss], profile: Profile
) -> tuple[RunnerReport, ...]:
    """Return what each process came to."""
    lost = {each.who: each.why for each in losses}
    return tuple(
        RunnerReport(
            name=each.name,
            host=each.host,
            users=carried(each.shares, profile),
            offset=each.offset,
            uncertainty=each.uncertainty,
            skew=each.skew,
            measures=each.measures,
            lost=lost.get(each.name, ""),
            booted_in=each.booted_in,
        )
        for each in figures
    )


def beside(runners: Sequence[Figures]) -> str:
    """Return how many users each runner has, and which is the slowest of them."""
    if len(runners) <= FEW:
        parts = [f"{each.name} {format_count(each.users)}" for each in runners]
    else:
        parts = [f"{len(runners)} runners"]
    lags = [(each.measures.get("p99_lag", 0.0), each.name) for each in runners]
    lag, slowest = max(lags, default=(0.0, ""))
    if lag:
        parts.append(f"lag p99 up to {format_duration(lag)} ({slowest})")
    return ", ".join(parts)


def last_place(stack: str) -> str:
    """Return the last frame of a stack in one line, "" if there is none."""
    lines = [each.strip() for each in stack.splitlines() if each.strip()]
    starts = [number for number, line in enumerate(lines) if line.startswith("File ")]
    return " ".join(lines[starts[-1] :]) if starts else ""
