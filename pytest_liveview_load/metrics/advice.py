"""What a view sends again and again, and what LiveView offers instead.

Advice has the bytes that it is given for, measured and above the thresholds here, or
it is not given.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_liveview_load.metrics.names import DIFF_BYTES, DIFF_PARTS
from pytest_liveview_load.metrics.snapshot import Snapshot
from pytest_liveview_load.units import format_bytes, format_count, format_percentage

# What is worth a change of a template: a median diff resends so many bytes (with fewer
# than a TCP segment holds, not even a packet is saved), so many diffs were compared, and
# of all that the event sends so large a share is resent.
FEWEST_BYTES: Final = 1460
FEWEST_DIFFS: Final = 5
SMALLEST_SHARE: Final = 0.25
MEDIAN: Final = 50
UNASKED: Final = "*push"

# Part of a diff → what it is in words, what LiveView offers.
OFFERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "resent_statics": (
        "static HTML that the page was sent before",
        (
            (
                "keep a block that comes and goes on the page, and show it with JS.show or "
                "a class instead of :if"
            ),
            (
                "make repeated blocks a LiveComponent: those after the first share its "
                "statics"
            ),
            "put rows into a stream, so that the others are not rendered again",
        ),
    ),
    "resent_keyed": (
        "list entries that the page has already",
        (
            (
                'a stream (phx-update="stream"), which sends only what was inserted or '
                "deleted"
            ),
            (
                ":key on the comprehension (LiveView 1.1), so that entries that only move "
                "are not sent"
            ),
            "a LiveComponent for each entry, which sends only its own changes",
            "temporary_assigns for what is only shown once",
        ),
    ),
    "resent_dynamics": (
        "values that are on the page and did not change",
        (
            (
                "give function components the assigns they need, not all of them, so that "
                "change tracking sees what changed"
            ),
            "assign what is computed in the template, so that it is tracked",
            "move what changes seldom into a LiveComponent or a block of its own",
        ),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One event of a view whose diffs resend what the page has.

    `part` says what, as in `diff_bytes[event].resent_keyed`; `resent` and `whole` are
    bytes of a mean diff, `diffs` how many were compared.
    """

    event: str
    view: str
    part: str
    resent: float
    whole: float
    diffs: int

    @property
    def offers(self) -> tuple[str, ...]:
        """What LiveView has instead, the most likely first."""
        return OFFERS[self.part][1]

    @property
    def finding(self) -> str:
        """What was found, with its bytes."""
        what, _ = OFFERS[self.part]
        of = f"of {self.view}" if self.view else ""
        source = (
            "unasked diffs" if self.event == UNASKED else f"diffs of {self.event!r}"
        )
        return (
            f"{' '.join(filter(None, (source, of)))} resend {what}: "
            f"{format_bytes(self.resent)} of {format_bytes(self.whole)} on average, in "
            f"{format_count(self.diffs)} diffs compared"
        )

    def __str__(self) -> str:
        return f"{self.finding}. LiveView offers: {'; or '.join(self.offers)}"


def advice(snapshot: Snapshot) -> tuple[Advice, ...]:
    """Return what the diffs that were compared give reason to, the dearest first."""
    return tuple(sorted(find_advice(snapshot), key=lambda each: -each.resent))


def find_advice(snapshot: Snapshot) -> Iterator[Advice]:
    """Yield advice for each event and part that reaches the thresholds."""
    for part in OFFERS:
        events = {
            (each.name, each.view)
            for each, _ in snapshot.series_of(DIFF_BYTES, part=part)
        }
        for event, view in sorted(events):
            resent = snapshot.select(DIFF_BYTES, event, view, part=part)
            whole = snapshot.select(DIFF_BYTES, event, view)
            if resent is None or whole is None or resent.count < FEWEST_DIFFS:
                continue
            if (
                resent.percentile(MEDIAN) >= FEWEST_BYTES
                and resent.mean >= SMALLEST_SHARE * whole.mean
            ):
                yield Advice(
                    event=event,
                    view=view,
                    part=part,
                    resent=resent.mean,
                    whole=whole.mean,
                    diffs=resent.count,
                )


# What the bytes of large diffs are spent on, in a sentence for each event.


WORTH_A_WORD: Final = 500.0  # bytes of a mean diff
MOST_EVENTS: Final = 5  # those that cost most in total
NOT_WORTH_IT: Final = 0.02  # of the diff
DIGITS: Final = 2  # of a share


def diff_cost_sentences(snapshot: Snapshot) -> list[str]:
    """Return 'diffs of save: 4.2kB each: statics 74%, dynamics 20%, …', the dearest first."""
    costs: list[tuple[int, str]] = []
    for label in snapshot.labels(DIFF_BYTES):
        parts = {
            part: snapshot.select(DIFF_BYTES, label, part=part) for part in DIFF_PARTS
        }
        measured = {part: found for part, found in parts.items() if found}
        whole = snapshot.select(DIFF_BYTES, label)
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
