"""What the bytes of large diffs are spent on, in a sentence for each event.

Law: means, for they add up to the mean diff; small diffs are not worth a word.
"""

from typing import Final

from pytest_liveview_load.metrics.names import PARTED, PARTS
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_bytes, format_percentage

WORTH_A_WORD: Final = 500.0  # bytes of a mean diff
MOST_EVENTS: Final = 5  # those that cost most in total
NOT_WORTH_IT: Final = 0.02  # of the diff
DIGITS: Final = 2  # of a share


def spending(snapshot: Snapshot) -> list[str]:
    """Return 'diffs of save: 4.2kB each: statics 74%, dynamics 20%, …', the dearest first."""
    costs: list[tuple[int, str]] = []
    for label in snapshot.labels(PARTED):
        parts = {part: snapshot.select(PARTED, label, part=part) for part in PARTS}
        measured = {part: found for part, found in parts.items() if found}
        whole = snapshot.select(PARTED, label)
        if whole is None or whole.mean < WORTH_A_WORD or not measured:
            continue
        taken_apart = sum(found.total for found in measured.values())
        shares = {part: found.total / taken_apart for part, found in measured.items()}
        told = [
            f"{part} {format_percentage(share, DIGITS)}"
            for part, share in sorted(shares.items(), key=lambda each: -each[1])
            if share >= NOT_WORTH_IT
        ]
        sentence = (
            f"diffs of {label}: {format_bytes(whole.mean)} each: {', '.join(told)}"
        )
        costs.append((whole.total, sentence))
    return [sentence for _, sentence in sorted(costs, reverse=True)[:MOST_EVENTS]]
